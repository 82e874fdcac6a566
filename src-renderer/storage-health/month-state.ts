import type { DaySeries } from './calendar-model.ts'

/** A month of events can be one file a day after its end (SPEC C19). */
const CLOSES_AFTER_MILLIS = 86_400_000

/**
 * Whether something of a month of object events isn't in its month's file yet, and it may be.
 * @param month `2024-03`, UTC
 * @param now ms UTC
 */
export function canCompactMonth(
  { table, days }: Pick<DaySeries, 'table' | 'days'>,
  month: string,
  now: number,
): boolean {
  if (table !== 'object_events') return false
  const [year = 0, number = 0] = month.split('-').map(Number)
  if (now < Date.UTC(year, number) + CLOSES_AFTER_MILLIS) return false
  const monthfile = `/${month}.parquet`
  for (const { day, dayfile, partsWaiting } of days.values()) {
    if (!day.startsWith(`${month}-`)) continue
    if (partsWaiting > 0 || (dayfile !== null && !dayfile.file.endsWith(monthfile))) return true
  }
  return false
}
