import type { DayState, StorageOverview, TableState } from '../../schemas/contract/health.ts'
import { timeframeMillis } from '../../schemas/contract/timeframe.ts'
import type { Timeframe } from '../../schemas/contract/units.ts'
import { LEDGER_TABLES } from '../../schemas/tables/index.ts'
import { TABLE_NAMES } from '../state/table-names.ts'

/** What stands on disk for a day: its cell's look. `gap`: nothing, though the market was open (see `missing`). */
export type DayStatus = 'compacted' | 'waiting' | 'both' | 'problem' | 'gap' | 'empty'

/** One table, for candles in one timeframe, with its days by name. */
export interface DaySeries {
  /** `15m`, or `object_events`: names the series in the filter and in preferences. */
  readonly key: string
  readonly label: string
  readonly table: TableState['table']
  readonly timeframe: string | null
  readonly days: ReadonlyMap<string, DayState>
  /** Days without anything on which there should be bars. */
  readonly missing: ReadonlySet<string>
  /** First and last day with anything, `YYYY-MM-DD`. */
  readonly first: string
  readonly last: string
  /** The largest dayfile's rows: what a full cell means. */
  readonly maxRows: number
}

/** One line of the calendar: a month of a series. */
export interface CalendarRow {
  readonly key: string
  /** `YYYY-MM` */
  readonly month: string
  readonly series: DaySeries
  /** Days that the month has: 28 to 31. */
  readonly length: number
  readonly totals: Totals
  /** Opens a month's group: the month's name stands here. */
  readonly firstOfMonth: boolean
}

export interface Totals {
  readonly days: number
  /** Of dayfiles, and one for each part that waits: one that repeats a row counts until it is merged. */
  readonly rows: number
  readonly bytes: number
  readonly partsWaiting: number
  readonly daysWaiting: number
  readonly problems: number
}

const TABLE_ORDER: readonly TableState['table'][] = ['candles', 'object_events', ...LEDGER_TABLES]

function compareLengths(a: TableState, b: TableState): number {
  if (a.timeframe === null || b.timeframe === null) return 0
  return timeframeMillis(a.timeframe as Timeframe) - timeframeMillis(b.timeframe as Timeframe)
}

/** What a line of the calendar or of a receipt is called: a timeframe of candles, else its table. */
export function seriesLabel({ table, timeframe }: Pick<TableState, 'table' | 'timeframe'>): string {
  return timeframe ?? (table === 'object_events' ? 'Objects' : TABLE_NAMES[table])
}

/** Whether a series is of the ledger: it has a file a day from the start, and no parts. */
export function isLedger({ table }: Pick<TableState, 'table'>): boolean {
  return table !== 'candles' && table !== 'object_events'
}

/**
 * The series of an overview: candles by timeframe, shorter bars first, then object events and the ledger's tables. Those
 * without days are left out.
 */
export function daySeries(overview: StorageOverview): readonly DaySeries[] {
  return overview.tables
    .filter((state) => state.days.length > 0)
    .sort((a, b) => TABLE_ORDER.indexOf(a.table) - TABLE_ORDER.indexOf(b.table) || compareLengths(a, b))
    .map((state) => {
      const names = state.days.map((day) => day.day).sort()
      return {
        key: state.timeframe ?? state.table,
        label: seriesLabel(state),
        table: state.table,
        timeframe: state.timeframe,
        days: new Map(state.days.map((day) => [day.day, day])),
        missing: new Set(state.missing),
        first: names[0] ?? '',
        last: names.at(-1) ?? '',
        maxRows: state.days.reduce((most, day) => Math.max(most, rowsOf(day)), 1),
      }
    })
}

/** Months from the newest to the oldest, in each a line for every series that spans it. */
export function calendarRows(series: readonly DaySeries[]): readonly CalendarRow[] {
  const last = series.reduce((latest, one) => (one.last > latest ? one.last : latest), '').slice(0, 7)
  const first = series
    .reduce((earliest, one) => (one.first < earliest ? one.first : earliest), '9')
    .slice(0, 7)
  const rows: CalendarRow[] = []
  for (let month = last; month !== '' && month >= first; month = monthBefore(month)) {
    const spanning = series.filter((one) => one.first.slice(0, 7) <= month && month <= one.last.slice(0, 7))
    for (const [index, one] of spanning.entries()) {
      const length = monthLength(month)
      const days = dayNames(month, length).flatMap((day) => one.days.get(day) ?? [])
      rows.push({
        key: `${month} ${one.key}`,
        month,
        series: one,
        length,
        totals: totalsOf(days, isLedger(one) ? 0 : 1),
        firstOfMonth: index === 0,
      })
    }
  }
  return rows
}

/**
 * Sums over days. @param partRows what one that waits counts: a part is one row, a ledger's day file beside its month's is a
 * file whose rows nobody has counted
 */
export function totalsOf(days: readonly DayState[], partRows: 0 | 1 = 1): Totals {
  let rows = 0
  let bytes = 0
  let partsWaiting = 0
  let daysWaiting = 0
  let problems = 0
  for (const day of days) {
    rows += (day.dayfile?.rows ?? 0) + day.partsWaiting * partRows
    bytes += (day.dayfile?.bytes ?? 0) + day.partBytes
    partsWaiting += day.partsWaiting
    if (day.partsWaiting > 0) daysWaiting++
    if (day.problem !== null) problems++
  }
  return { days: days.length, rows, bytes, partsWaiting, daysWaiting, problems }
}

/** What a day's cell shows. */
export function dayStatus(series: DaySeries, day: string): DayStatus {
  const state = series.days.get(day)
  if (state === undefined) return series.missing.has(day) ? 'gap' : 'empty'
  if (state.problem !== null) return 'problem'
  if (state.dayfile === null) return state.partsWaiting > 0 ? 'waiting' : 'empty'
  return state.partsWaiting > 0 ? 'both' : 'compacted'
}

/** How full a day is against the series' fullest, in four steps: half days and torn days stand out at a glance. */
export function fillStep(series: DaySeries, day: string): 1 | 2 | 3 | 4 {
  const state = series.days.get(day)
  const share = state === undefined ? 0 : rowsOf(state) / series.maxRows
  return share > 0.75 ? 4 : share > 0.5 ? 3 : share > 0.25 ? 2 : 1
}

/** `2024-03`, 8 → `2024-03-08`. */
export function dayOfMonth(month: string, day: number): string {
  return `${month}-${String(day).padStart(2, '0')}`
}

/** The day so many days later (or earlier): `2024-03-01`, −1 → `2024-02-29`. */
export function shiftDay(day: string, by: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + by * 86_400_000).toISOString().slice(0, 10)
}

export function monthLength(month: string): number {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number, 0)).getUTCDate()
}

/** A waiting part is one row; beside a dayfile it may as well be a row that is there already. */
function rowsOf({ dayfile, partsWaiting }: DayState): number {
  return dayfile === null ? partsWaiting : (dayfile.rows ?? 0)
}

function dayNames(month: string, length: number): readonly string[] {
  return Array.from({ length }, (_, index) => dayOfMonth(month, index + 1))
}

function monthBefore(month: string): string {
  return shiftDay(`${month}-01`, -1).slice(0, 7)
}
