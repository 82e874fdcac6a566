import { useStore } from 'zustand'
import { appStore } from '../state/app-store.ts'
import { compactionStore, planCompaction } from '../state/compaction.ts'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { formatBytes, formatCount } from '../ui/figures.ts'
import { Kbd } from '../ui/kbd.tsx'
import { type DaySeries, dayStatus } from './calendar-model.ts'
import { canCompactMonth } from './month-state.ts'
import { dayInMarketTime, STATUS_TEXT } from './status-text.ts'
import './day-details.css'

export interface DayDetailsProps {
  readonly series: DaySeries | null
  readonly day: string | null
}

/** The selected day: its files with their size and checksum, and what can be done with it. */
export function DayDetails({ series, day }: DayDetailsProps) {
  const zone = useStore(appStore, (state) => state.store?.marketZone ?? 'America/Chicago')
  if (series === null || day === null) {
    return <EmptyState title="No day selected">Choose one in the calendar to see its files.</EmptyState>
  }
  const state = series.days.get(day)
  const isOwnFile = state?.dayfile?.file.endsWith(`/${day}.parquet`) === true
  return (
    <div className="bk-details">
      <h2>
        {series.table === 'candles' ? `${series.label} candles` : 'Object events'} <span>{day}</span>
      </h2>
      <dl>
        <Entry name="State">{STATUS_TEXT[dayStatus(series, day)]}</Entry>
        <Entry name="UTC day, in Chicago">{dayInMarketTime(day, zone)}</Entry>
        {state?.problem && <Entry name="Problem">{state.problem}</Entry>}
        {state?.dayfile && (
          <>
            <Entry name={isOwnFile ? 'Dayfile' : 'In the month’s file'} copy={state.dayfile.file}>
              <code>{state.dayfile.file}</code>
            </Entry>
            <Entry name="Rows">
              {state.dayfile.rows === null ? 'not known' : formatCount(state.dayfile.rows)}
            </Entry>
            <Entry name={isOwnFile ? 'Size' : 'Its share of the size'}>
              {formatBytes(state.dayfile.bytes)}
            </Entry>
            {state.dayfile.sha256 === null ? (
              <Entry name="SHA-256">not on record (written by another program)</Entry>
            ) : (
              <Entry name="SHA-256" copy={state.dayfile.sha256}>
                <code title={state.dayfile.sha256}>{state.dayfile.sha256.slice(0, 16)}…</code>
              </Entry>
            )}
          </>
        )}
        <Entry name="Parts waiting">
          {state === undefined || state.partsWaiting === 0
            ? 'none'
            : `${formatCount(state.partsWaiting)} (${formatBytes(state.partBytes)})`}
        </Entry>
      </dl>
      <CompactDay series={series} day={day} parts={state?.partsWaiting ?? 0} />
      <CompactMonth series={series} month={day.slice(0, 7)} />
    </div>
  )
}

interface EntryProps {
  readonly name: string
  readonly children: React.ReactNode
  /** The full text that the button beside it copies. */
  readonly copy?: string
}

function Entry({ name, children, copy }: EntryProps) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <span>{children}</span>
        {copy !== undefined && <CopyButton text={copy} label={`Copy: ${name}`} />}
      </dd>
    </>
  )
}

function CompactDay({ series, day, parts }: { series: DaySeries; day: string; parts: number }) {
  const busy = useStore(compactionStore, ({ phase }) => phase === 'planning' || phase === 'running')
  if (parts === 0) return <p className="muted">Nothing waits here: there is nothing to compact.</p>
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

/** Only events have month files, and only of months that are over. */
function CompactMonth({ series, month }: { readonly series: DaySeries; readonly month: string }) {
  const busy = useStore(compactionStore, ({ phase }) => phase === 'planning' || phase === 'running')
  if (!canCompactMonth(series, month, Date.now())) return null
  return (
    <div className="bk-details-actions">
      <Button disabled={busy} onClick={() => void compactMonth(month)}>
        Compact {month} into one file…
      </Button>
      <p className="muted">
        Merges the month’s day files and parts. You see the plan before anything is written; the day files are
        kept in recovery for a week.
      </p>
    </div>
  )
}

/** Plans one file of a month of object events. */
export function compactMonth(month: string): Promise<void> {
  return planCompaction({ table: 'object_events', month })
}

/** Plans the compaction of one day of one series. */
export function compactDay({ table, timeframe }: DaySeries, day: string): Promise<void> {
  // Policies are one file of versions, and have no days to compact.
  if (table === 'policies') return Promise.resolve()
  return planCompaction(timeframe === null ? { table, day } : { table, timeframe, day })
}
