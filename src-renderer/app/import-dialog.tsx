import { useState } from 'react'
import { useStore } from 'zustand'
import type { JobUpdate } from '../../schemas/contract/jobs.ts'
import { appStore, showOverlay } from '../state/app-store.ts'
import { cancelJob, jobsStore, startJob } from '../state/jobs.ts'
import { Button } from '../ui/button.tsx'
import { Checkbox } from '../ui/checkbox.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { ProgressBar } from '../ui/progress-bar.tsx'
import { Segmented } from '../ui/segmented.tsx'
import { ImportReceipt } from './import-receipt.tsx'
import './import-dialog.css'

type ImportTable = 'candles' | 'object_events'

const TABLES = [
  { value: 'candles', label: 'Candles' },
  { value: 'object_events', label: 'Object events' },
] as const

const EXPLAINED: Readonly<Record<ImportTable, string>> = {
  candles: 'One bar a line: symbol, timeframe, timestamp (or ts), open, high, low, close, volume.',
  object_events:
    'One event of a zone, level, marker or flag a line: action, object_id, type, ts and what changed.',
}

/** Takes in a file of NDJSON: what it holds, how it is to be taken, then the receipt with every rejected line. */
export function ImportDialog() {
  const open = useStore(appStore, (state) => state.overlay === 'import')
  const running = useStore(jobsStore, (state) => state.running.find((job) => job.kind === 'import'))
  const ended = useStore(jobsStore, (state) => state.ended.import)
  // The receipt that was read, so that the form comes back.
  const [seen, setSeen] = useState<JobUpdate>()
  // The native menu starts imports, too, and those are never dry runs.
  const [dryJob, setDryJob] = useState<string | null>(null)
  const close = () => showOverlay(null)
  if (running !== undefined) return <ImportProgress open={open} onClose={close} update={running} />
  if (ended?.result?.kind === 'import' && ended !== seen) {
    return (
      <ImportReceipt
        open={open}
        onClose={() => {
          setSeen(ended)
          close()
        }}
        onAnother={() => setSeen(ended)}
        result={ended.result}
        dryRun={ended.job === dryJob}
        cancelled={ended.state === 'cancelled'}
      />
    )
  }
  return (
    <ImportForm
      open={open}
      onClose={close}
      onDryJob={setDryJob}
      onLastReceipt={seen !== undefined && seen === ended ? () => setSeen(undefined) : null}
    />
  )
}

interface FormProps {
  readonly open: boolean
  readonly onClose: () => void
  /** Told which job only looks. */
  readonly onDryJob: (job: string) => void
  /** Null while there is none. */
  readonly onLastReceipt: (() => void) | null
}

function ImportForm({ open, onClose, onDryJob, onLastReceipt }: FormProps) {
  const [table, setTable] = useState<ImportTable>('candles')
  const [backfill, setBackfill] = useState(false)
  const [dryRun, setDryRun] = useState(false)
  const choose = async () => {
    const request = table === 'candles' ? { table, backfill, dryRun } : { table, dryRun }
    const job = await startJob('importFile', request, 'The file could not be imported')
    if (job !== null && dryRun) onDryJob(job)
  }
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Import NDJSON"
      footer={
        <>
          {onLastReceipt !== null && (
            <>
              <Button tone="quiet" onClick={onLastReceipt}>
                Last receipt
              </Button>
              <span className="bk-topbar-space" />
            </>
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" onClick={() => void choose()}>
            Choose a file…
          </Button>
        </>
      }
    >
      <div className="bk-import-form">
        <Segmented label="What the file holds" value={table} options={TABLES} onChange={setTable} />
        <p className="muted">
          {EXPLAINED[table]} Bad lines are listed with their reason; the good ones are stored.
        </p>
        {table === 'candles' && (
          <Checkbox
            checked={backfill}
            onChange={setBackfill}
            label="Backfill whole past days"
            hint="Writes the days that the file holds straight into their dayfiles and replaces what stands there; the previous files are kept for a while."
          />
        )}
        <Checkbox
          checked={dryRun}
          onChange={setDryRun}
          label="Dry run"
          hint="Only says what would happen. Nothing is written."
        />
      </div>
    </Dialog>
  )
}

interface ProgressProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly update: JobUpdate
}

function ImportProgress({ open, onClose, update: { job, progress } }: ProgressProps) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Importing"
      footer={
        <>
          <Button onClick={() => void cancelJob(job)}>Cancel the import</Button>
          <Button onClick={onClose}>Go on in the background</Button>
        </>
      }
    >
      <div className="bk-import-progress">
        <ProgressBar label="Import" progress={progress} />
        <p className="muted">{progress.step}</p>
      </div>
    </Dialog>
  )
}
