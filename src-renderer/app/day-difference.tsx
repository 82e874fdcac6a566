import type { BackfilledDay } from '../../schemas/contract/jobs.ts'
import { TABLE_NAMES } from '../state/table-names.ts'
import { DataTable, type TableColumn } from '../ui/data-table.tsx'
import { formatCount } from '../ui/figures.ts'
import './day-difference.css'

export interface DayDifferenceProps {
  readonly label: string
  readonly days: readonly BackfilledDay[]
  /** Nothing was written yet: files are not named, and days say what would be. */
  readonly planned: boolean
  /** What can be done about a day. */
  readonly action?: ((day: BackfilledDay) => React.ReactNode) | undefined
}

/** Each day that is replaced, against what stands there: rows that come, change, go and stay. */
export function DayDifference({ label, days, planned, action }: DayDifferenceProps) {
  const columns = columnsFor(planned, action)
  return (
    // As high as its rows, until they would crowd out what stands around them.
    <div
      className="bk-difference"
      style={{ height: `min(320px, 36vh, ${(days.length + 1) * ROW_PX + 4}px)` }}
    >
      <DataTable label={label} columns={columns} rows={days} rowKey={dayKey} />
    </div>
  )
}

const ROW_PX = 29

/** Rows that stay as they are. */
export function unchangedRows({ rows, added, changed }: BackfilledDay): number {
  return rows - added - changed
}

/** Whether a day is exactly as it was. */
export function isUnchanged({ added, changed, removed }: BackfilledDay): boolean {
  return added + changed + removed === 0
}

/** Sums of a difference, and how many days differ at all. */
export function differenceTotals(days: readonly BackfilledDay[]) {
  const differing = days.filter((day) => !isUnchanged(day))
  const sum = (of: (day: BackfilledDay) => number) => days.reduce((total, day) => total + of(day), 0)
  return {
    days: differing.length,
    added: sum((day) => day.added),
    changed: sum((day) => day.changed),
    removed: sum((day) => day.removed),
    unchanged: sum(unchangedRows),
  }
}

function columnsFor(
  planned: boolean,
  action: DayDifferenceProps['action'],
): readonly TableColumn<BackfilledDay>[] {
  const count = (
    id: string,
    name: string,
    value: (day: BackfilledDay) => number,
  ): TableColumn<BackfilledDay> => ({
    id,
    name,
    width: '84px',
    numeric: true,
    value,
    show: (day) => <span className={value(day) === 0 ? 'muted' : undefined}>{formatCount(value(day))}</span>,
  })
  return [
    { id: 'table', name: 'Table', width: '88px', value: tableText },
    { id: 'day', name: 'Day (UTC)', width: '112px', value: ({ day }) => day },
    count('added', 'Added', ({ added }) => added),
    count('changed', 'Changed', ({ changed }) => changed),
    count('removed', 'Removed', ({ removed }) => removed),
    count('unchanged', 'Unchanged', unchangedRows),
    {
      id: 'outcome',
      name: planned ? 'What happens' : 'File',
      width: 'minmax(140px, 1fr)',
      value: (day) => outcomeText(day, planned),
      show: (day) =>
        !planned && day.file !== null ? <code title={day.file}>{day.file}</code> : outcomeText(day, planned),
    },
    ...(action === undefined
      ? []
      : [{ id: 'action', name: 'Undo', width: '112px', value: () => '', show: action }]),
  ]
}

function tableText({ table, timeframe }: BackfilledDay): string {
  return timeframe ?? TABLE_NAMES[table]
}

function outcomeText(day: BackfilledDay, planned: boolean): string {
  if (isUnchanged(day)) return 'unchanged: stays as it is'
  if (!planned) return day.file ?? 'unchanged'
  return day.rows === 0 ? 'the day would be empty' : `would hold ${formatCount(day.rows, 'row')}`
}

function dayKey({ table, timeframe, day }: BackfilledDay): string {
  return `${table} ${timeframe} ${day}`
}
