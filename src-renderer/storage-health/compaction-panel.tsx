import { useStore } from 'zustand'
import type { CompactedDay } from '../../schemas/contract/jobs.ts'
import { runCommand } from '../state/commands.ts'
import { compactionStore, discardCompaction, planCompaction, runPlan } from '../state/compaction.ts'
import { cancelJob, jobsStore } from '../state/jobs.ts'
import { Button } from '../ui/button.tsx'
import { DataTable } from '../ui/data-table.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { formatCount } from '../ui/figures.ts'
import { ProgressBar } from '../ui/progress-bar.tsx'
import { PLAN_COLUMNS, RECEIPT_COLUMNS, receiptKey } from './receipt-columns.tsx'

/** From plan to receipt: what would be merged, how far it is, what became of each day. */
export function CompactionPanel({ partsWaiting }: { readonly partsWaiting: number }) {
  const { phase, days, end } = useStore(compactionStore)
  switch (phase) {
    case 'idle':
      return <Idle partsWaiting={partsWaiting} />
    case 'planning':
      return <Working label="Looking for what waits" />
    case 'running':
      return <Working label="Compacting" />
    case 'planned':
      return days.length === 0 ? <NothingToDo /> : <Plan days={days} />
    case 'ended':
      return <Receipt days={days} cancelled={end === 'cancelled'} />
  }
}

function Idle({ partsWaiting }: { readonly partsWaiting: number }) {
  if (partsWaiting === 0) {
    return (
      <EmptyState title="Nothing waits">
        Every day stands in its own file. New bars and events will show here.
      </EmptyState>
    )
  }
  return (
    <EmptyState
      title={`${formatCount(partsWaiting, 'part')} waiting`}
      actions={
        <>
          <Button onClick={() => void planCompaction({})}>Compact everything…</Button>
          <Button onClick={() => runCommand('compact-range')}>A range of days…</Button>
        </>
      }
    >
      Compaction merges a day’s parts into one file and checks it by reading it back. The plan comes first;
      the parts stay in recovery as long as retention says (a week unless set).
    </EmptyState>
  )
}

function NothingToDo() {
  return (
    <EmptyState title="Nothing to compact" actions={<Button onClick={discardCompaction}>Close</Button>}>
      No parts wait there: the days stand in their files already.
    </EmptyState>
  )
}

function Working({ label }: { readonly label: string }) {
  const update = useStore(jobsStore, (state) => state.running.find((job) => job.kind === 'compact'))
  const progress = update?.progress ?? { done: 0, total: null, step: '' }
  return (
    <div className="bk-panel-working">
      <ProgressBar label={label} progress={progress} />
      <span>
        {label} {progress.total !== null && `${formatCount(progress.done)} of ${formatCount(progress.total)}`}{' '}
        <span className="muted">{progress.step}</span>
      </span>
      {update !== undefined && <Button onClick={() => void cancelJob(update.job)}>Cancel</Button>}
    </div>
  )
}

function Plan({ days }: { readonly days: readonly CompactedDay[] }) {
  return (
    <>
      <div className="bk-panel-bar">
        <span>
          Plan: {mergedOf(days)} into {filesOf(days)}. <span className="muted">Nothing was written yet.</span>
        </span>
        <span className="bk-topbar-space" />
        <Button onClick={discardCompaction}>Discard the plan</Button>
        <Button tone="primary" onClick={() => void runPlan()}>
          Compact {formatCount(days.length, isOfMonths(days) ? 'file' : 'day')}
        </Button>
      </div>
      <DataTable label="Plan of the compaction" columns={PLAN_COLUMNS} rows={days} rowKey={receiptKey} />
    </>
  )
}

function Receipt({
  days,
  cancelled,
}: {
  readonly days: readonly CompactedDay[]
  readonly cancelled: boolean
}) {
  const done = days.filter((day) => day.skipped === null)
  const failed = days.filter((day) => day.skipped === 'failed').length
  return (
    <>
      <div className="bk-panel-bar">
        <span>
          {cancelled ? 'Cancelled. ' : ''}Compacted {mergedOf(done)} into {filesOf(done)}
          {failed > 0 && (
            <span className="bk-problem-text">
              , {formatCount(failed, 'day')} failed and {failed === 1 ? 'is' : 'are'} as before
            </span>
          )}
          .
        </span>
        <span className="bk-topbar-space" />
        <Button onClick={discardCompaction}>Put the receipt away</Button>
      </div>
      <DataTable
        label="Receipt of the compaction"
        columns={RECEIPT_COLUMNS}
        rows={days}
        rowKey={receiptKey}
      />
    </>
  )
}

/** A month's file is no dayfile, and takes the place of some. */
function isOfMonths(days: readonly CompactedDay[]): boolean {
  return days.some(({ dayfiles }) => dayfiles !== undefined)
}

function filesOf(days: readonly CompactedDay[]): string {
  return formatCount(days.length, isOfMonths(days) ? 'file' : 'dayfile')
}

/** Parts, and of months day files; a ledger has no parts. */
function mergedOf(days: readonly CompactedDay[]): string {
  const parts = days.reduce((sum, day) => sum + day.parts, 0)
  const dayfiles = days.reduce((sum, day) => sum + (day.dayfiles ?? 0), 0)
  if (dayfiles === 0) return formatCount(parts, 'part')
  const replaced = formatCount(dayfiles, 'dayfile')
  return parts === 0 ? replaced : `${formatCount(parts, 'part')} and ${replaced}`
}
