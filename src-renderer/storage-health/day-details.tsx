import { useStore } from 'zustand'
import { appStore } from '../state/app-store.ts'
import { TABLE_NAMES } from '../state/table-names.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { formatBytes, formatCount } from '../ui/figures.ts'
import { type DaySeries, isLedger } from './calendar-model.ts'
import { DayActions } from './day-actions.tsx'
import { isMonthfile } from './month-state.ts'
import { dayInMarketTime, statusText } from './status-text.ts'
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
  const file = state?.dayfile?.file ?? ''
  const inMonthfile = isMonthfile(file, day.slice(0, 7))
  return (
    <div className="bk-details">
      <h2>
        {series.table === 'candles' ? `${series.label} candles` : TABLE_NAMES[series.table]}{' '}
        <span>{day}</span>
      </h2>
      <dl>
        <Entry name="State">{statusText(series, day)}</Entry>
        <Entry name="UTC day, in Chicago">{dayInMarketTime(day, zone)}</Entry>
        {state?.problem && <Entry name="Problem">{state.problem}</Entry>}
        {state?.dayfile && (
          <>
            <Entry name={fileText(series, inMonthfile)} copy={state.dayfile.file}>
              <code>{state.dayfile.file}</code>
            </Entry>
            {state.dayfile.files !== undefined && (
              <Entry name="Files">{formatCount(state.dayfile.files)}; the first is named</Entry>
            )}
            <Entry name="Rows">
              {state.dayfile.rows === null ? 'not known' : formatCount(state.dayfile.rows)}
            </Entry>
            <Entry name={inMonthfile ? 'Its share of the size' : 'Size'}>
              {formatBytes(state.dayfile.bytes)}
            </Entry>
            {state.dayfile.sha256 === null ? (
              <Entry name="SHA-256">{unknownSum(state.dayfile.files)}</Entry>
            ) : (
              <Entry name="SHA-256" copy={state.dayfile.sha256}>
                <code title={state.dayfile.sha256}>{state.dayfile.sha256.slice(0, 16)}…</code>
              </Entry>
            )}
          </>
        )}
        {(!isLedger(series) || (state?.partsWaiting ?? 0) > 0) && (
          <Entry name={isLedger(series) ? 'Beside the month’s file' : 'Parts waiting'}>
            {state === undefined || state.partsWaiting === 0
              ? 'none'
              : `${formatCount(state.partsWaiting)} (${formatBytes(state.partBytes)})`}
          </Entry>
        )}
      </dl>
      <DayActions series={series} day={day} />
    </div>
  )
}

function unknownSum(files: number | undefined): string {
  return files === undefined ? 'not on record (written by another program)' : 'one of each file'
}

function fileText(series: DaySeries, inMonthfile: boolean): string {
  if (inMonthfile) return 'In the month’s file'
  return isLedger(series) ? 'Day’s file' : 'Dayfile'
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
