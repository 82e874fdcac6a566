import type { DaySeries } from './calendar-model.ts'

/** A month of events or of a ledger can be one file a day after its end (SPEC C19, E21). */
const CLOSES_AFTER_MILLIS = 86_400_000

/** Tables whose months become one file each: all that have a file a day but for candles (SPEC C19). */
export type MonthTable = 'object_events' | 'decisions' | 'audits' | 'stats'

export function hasMonths(table: DaySeries['table']): table is MonthTable {
  return table !== 'candles' && table !== 'policies'
}

/**
 * Whether something of a month isn't in its month's file yet, and it may be.
 * @param month `2024-03`, UTC
 * @param now ms UTC
 */
export function canCompactMonth(
  { table, days }: Pick<DaySeries, 'table' | 'days'>,
  month: string,
  now: number,
): boolean {
  if (!hasMonths(table)) return false
  const [year = 0, number = 0] = month.split('-').map(Number)
  if (now < Date.UTC(year, number) + CLOSES_AFTER_MILLIS) return false
  for (const { day, dayfile, partsWaiting } of days.values()) {
    if (!day.startsWith(`${month}-`)) continue
    if (partsWaiting > 0 || (dayfile !== null && !isMonthfile(dayfile.file, month))) return true
  }
  return false
}

/** Whether a file is a month's: `2024-03.parquet` of events, `decisions_202403.parquet` of a ledger. */
export function isMonthfile(file: string, month: string): boolean {
  return file.endsWith(`/${month}.parquet`) || file.endsWith(`_${month.replace('-', '')}.parquet`)
}
