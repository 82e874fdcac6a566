import { tradingDaysBetween } from '../../../schemas/contract/trading-calendar.ts'
import type { StoreSettings } from '../../../schemas/generated/requests.ts'

const DAY = 86_400_000

/** Whether parts of a UTC day wait longer than they should (SPEC D3). */
export type Overdue = (day: string) => boolean

/**
 * Parts of a day wait for its evening, and those of a Friday over the weekend; once a whole trading day has passed since,
 * somebody forgot them. By the store's default calendar; without one every day counts.
 */
export function overdueBy(now: number, { defaultCalendar = 'us-equities' }: StoreSettings): Overdue {
  const calendar = defaultCalendar === 'none' ? '24x7' : defaultCalendar
  const today = new Date(now).toISOString().slice(0, 10)
  return (day) => {
    // A fortnight holds a trading day of any calendar: no need to count years.
    if (now >= Date.parse(`${day}T00:00:00Z`) + 14 * DAY) return true
    return tradingDaysBetween(calendar, day, today).length > 0
  }
}
