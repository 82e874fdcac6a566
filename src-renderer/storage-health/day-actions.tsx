import { useStore } from 'zustand'
import { showOverlay } from '../state/app-store.ts'
import { compactionStore, planCompaction } from '../state/compaction.ts'
import { chooseImport, hasBackfill, newImport } from '../state/import.ts'
import { openPartition } from '../state/partition.ts'
import { planUndo, undoStore } from '../state/undo.ts'
import { Button } from '../ui/button.tsx'
import { Kbd } from '../ui/kbd.tsx'
import { type DaySeries, isLedger } from './calendar-model.ts'
import { canCompactMonth, hasMonths } from './month-state.ts'

export interface DayActionsProps {
  readonly series: DaySeries
  readonly day: string
}

/** What can be done about a day; each shows what it would do before it does. */
export function DayActions({ series, day }: DayActionsProps) {
  return (
    <>
      {!isLedger(series) && <CompactDay series={series} day={day} />}
      <UndoDay series={series} day={day} />
      {hasBackfill(series.table) && (
        <div className="bk-details-actions">
          <Button onClick={() => backfill(series)}>
            Backfill from a file… <Kbd keys="B" />
          </Button>
          <p className="muted">
            Replaces the whole days that a file holds. You see the rows added, changed and removed first.
          </p>
        </div>
      )}
      <CompactMonth series={series} month={day.slice(0, 7)} />
      {series.table === 'decisions' && (
        <div className="bk-details-actions">
          <Button onClick={() => void openPartition()}>Partition decisions…</Button>
          <p className="muted">Splits days to come by symbol, regime or timeframe, once more into folders.</p>
        </div>
      )}
    </>
  )
}

function CompactDay({ series, day }: DayActionsProps) {
  const busy = useStore(compactionStore, ({ phase }) => phase === 'planning' || phase === 'running')
  if ((series.days.get(day)?.partsWaiting ?? 0) === 0) {
    return <p className="muted">Nothing waits here: there is nothing to compact.</p>
  }
  return (
    <div className="bk-details-actions">
      <Button disabled={busy} onClick={() => void compactDay(series, day)}>
        Compact this day… <Kbd keys="C" />
      </Button>
      <p className="muted">
        Merges the parts into the day’s file. You see the plan before anything is written.
      </p>
    </div>
  )
}

/** While what a ledger's backfill replaced is kept. */
function UndoDay({ series, day }: DayActionsProps) {
  const busy = useStore(undoStore, ({ phase }) => phase === 'planning' || phase === 'running')
  if (!canUndoDay(series, day)) return null
  return (
    <div className="bk-details-actions">
      <Button disabled={busy} onClick={() => void undoDay(series, day)}>
        Undo the backfill… <Kbd keys="U" />
      </Button>
      <p className="muted">
        Brings back what stood there before the day’s last backfill, or before it was undone. You see the row
        difference first.
      </p>
    </div>
  )
}

/** Events and the ledger have month files, and only of months that are over. */
function CompactMonth({ series, month }: { readonly series: DaySeries; readonly month: string }) {
  const busy = useStore(compactionStore, ({ phase }) => phase === 'planning' || phase === 'running')
  if (!canCompactMonth(series, month, Date.now())) return null
  return (
    <div className="bk-details-actions">
      <Button disabled={busy} onClick={() => void compactMonth(series, month)}>
        Compact {month} into one file…
      </Button>
      <p className="muted">
        Merges the month’s day files{isLedger(series) ? '' : ' and parts'}. You see the plan before anything
        is written; the day files stay in recovery as long as retention says.
      </p>
    </div>
  )
}

export function canUndoDay({ table, days }: DaySeries, day: string): boolean {
  return hasMonths(table) && table !== 'object_events' && days.get(day)?.canUndo === true
}

/** Shows what bringing back a ledger's day would change. */
export function undoDay({ table }: DaySeries, day: string): Promise<void> {
  if (!hasMonths(table) || table === 'object_events') return Promise.resolve()
  return planUndo({ table, day })
}

/** Plans one file of a month. */
export function compactMonth({ table }: DaySeries, month: string): Promise<void> {
  return hasMonths(table) ? planCompaction({ table, month }) : Promise.resolve()
}

/** Plans the compaction of one day of one series. */
export function compactDay({ table, timeframe }: DaySeries, day: string): Promise<void> {
  // A ledger's day is one file from the start: it has nothing to compact.
  if (table !== 'candles' && table !== 'object_events') return Promise.resolve()
  return planCompaction(timeframe === null ? { table, day } : { table, timeframe, day })
}

/** Asks for a file whose days replace those of the table; its difference is shown before anything is. */
export function backfill({ table }: Pick<DaySeries, 'table'>): void {
  newImport(table)
  chooseImport({ backfill: true })
  showOverlay('import')
}
