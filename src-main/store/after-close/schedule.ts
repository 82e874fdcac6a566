import type { MarketZone } from '../../../schemas/contract/market-time.ts'
import { sessionOf } from '../../../schemas/contract/trading-calendar.ts'
import type { AfterCloseSchedule } from '../../../schemas/generated/requests.ts'

/** Wall clock in the market zone at which a day is compacted, unless the store's settings say otherwise. */
export const DEFAULT_TIME = '15:15'

/**
 * When the run after a trading day's close is due, ms UTC: at the schedule's time of that day, on days that close early
 * as long after the close as on others.
 * @throws RangeError for a day without a session
 */
export function dueAfter(session: string, schedule: AfterCloseSchedule, zone: MarketZone): number {
  const { close } = sessionOf(session, zone)
  const [hours = 15, minutes = 15] = (schedule.time ?? DEFAULT_TIME).split(':').map(Number)
  const usual = 15 * 60
  return close + (hours * 60 + minutes - usual) * 60_000
}
