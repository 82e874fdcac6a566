import { useStore } from 'zustand'
import type { UndoReceipt } from '../../schemas/contract/jobs.ts'
import { showOverlay } from '../state/app-store.ts'
import { importStore } from '../state/import.ts'
import { cancelJob, jobsStore } from '../state/jobs.ts'
import { TABLE_NAMES } from '../state/table-names.ts'
import { discardUndo, runUndo, type UndoneDay, undoStore } from '../state/undo.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { formatCount } from '../ui/figures.ts'
import { ProgressBar } from '../ui/progress-bar.tsx'
import { DayDifference, differenceTotals } from './day-difference.tsx'

/** Takes a day's backfill back: the row difference first, then progress, then what came back. */
export function UndoDialog() {
  const { phase, day, receipt } = useStore(undoStore)
  if (phase === 'idle' || day === null) return null
  if (receipt === null || phase === 'planning' || phase === 'running') {
    return <Working day={day} planning={phase === 'planning'} />
  }
  return phase === 'ended' ? <Ended day={day} receipt={receipt} /> : <Plan day={day} receipt={receipt} />
}

const WIDTH = 800

/** Back to the receipt of the import that the undo came from; it stays until it was read. */
function close(): void {
  discardUndo()
  if (undoStore.getState().phase === 'idle' && importStore.getState().phase === 'ended') showOverlay('import')
}

function Working({ day, planning }: { readonly day: UndoneDay; readonly planning: boolean }) {
  const update = useStore(jobsStore, (state) => state.running.find((job) => job.kind === 'undo'))
  const progress = update?.progress ?? { done: 0, total: null, step: '' }
  const title = planning ? `Looking at what ${nameOf(day)} held before` : `Bringing ${nameOf(day)} back`
  return (
    <Dialog
      open
      onClose={close}
      title={title}
      width={WIDTH}
      footer={
        <Button disabled={update === undefined} onClick={() => update && void cancelJob(update.job)}>
          Cancel
        </Button>
      }
    >
      <div className="bk-import-progress">
        <ProgressBar label={title} progress={progress} />
        <p className="muted">{progress.step}</p>
      </div>
    </Dialog>
  )
}

interface ReceiptProps {
  readonly day: UndoneDay
  readonly receipt: UndoReceipt
}

function Plan({ day, receipt: { days } }: ReceiptProps) {
  const totals = differenceTotals(days)
  return (
    <Dialog
      open
      onClose={close}
      title={`Undo the backfill of ${nameOf(day)}`}
      width={WIDTH}
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button tone="primary" onClick={() => void runUndo()}>
            Bring back what stood there
          </Button>
        </>
      }
    >
      <div className="bk-import-form">
        <p>
          <strong>
            {formatCount(totals.added)} would come back, {formatCount(totals.changed)} would change back,{' '}
            {formatCount(totals.removed)} would go
          </strong>
          , {formatCount(totals.unchanged)} stay.{' '}
          <span className="muted">
            Nothing was written yet. The rows are those that the day held before its last backfill.
          </span>
        </p>
        <DayDifference label="What the undo changes" days={days} planned />
      </div>
    </Dialog>
  )
}

function Ended({ day, receipt: { days } }: ReceiptProps) {
  const totals = differenceTotals(days)
  return (
    <Dialog
      open
      onClose={close}
      title={`Undone: ${nameOf(day)}`}
      width={WIDTH}
      footer={
        <Button tone="primary" onClick={close}>
          Done
        </Button>
      }
    >
      <div className="bk-import-form">
        <p>
          {formatCount(totals.added)} came back, {formatCount(totals.changed)} changed back,{' '}
          {formatCount(totals.removed)} went, {formatCount(totals.unchanged)} stayed.
        </p>
        <DayDifference label="What the undo changed" days={days} planned={false} />
      </div>
    </Dialog>
  )
}

function nameOf({ table, day }: UndoneDay): string {
  return `${TABLE_NAMES[table].toLowerCase()} of ${day}`
}
