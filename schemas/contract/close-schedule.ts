import type { StoreSettings } from '../generated/requests.ts'
import { BarkeepError } from './errors.ts'
import type { MarketZone } from './market-time.ts'
import { type CalendarName, sessionIn, tradingDaysBetween } from './trading-calendar.ts'

/** Wall clock in the market zone at which a day is compacted, unless the store's settings say otherwise. */
export const DEFAULT_TIME = '15:15'

const MINUTE = 60_000
const DAY = 86_400_000
/** Minutes of the market's clock at which US equities close on an ordinary day. */
const USUAL_CLOSE = 15 * 60
/** What a store that trades round the clock waits after the end of a UTC day. */
const USUAL_DELAY = 15 * MINUTE
/** No calendar has a fortnight without a session. */
const SEARCH_DAYS = 14

/** When a store is compacted by itself, as its settings mean it (SPEC F20). */
export interface Schedule {
  readonly on: boolean
  /** A person said so, on or off; else it is what a store does that nobody asked (SPEC F24). */
  readonly isChosen: boolean
  /** Wall clock in the market zone, `15:15`. */
  readonly time: string
  /** Whose trading days: of the settings' default calendar; a store of no calendar is looked after each day. */
  readonly calendar: Exclude<CalendarName, 'none'>
  /** So long after its close a day is due, ms. */
  readonly delay: number
}

/** A run: the trading day whose close it follows, and when it is due, ms UTC. */
export interface DueRun {
  readonly session: string
  readonly at: number
}

/** @throws BAD_SETTINGS for a time before the close of an ordinary trading day: bars would come after the run */
export function scheduleOf({ afterClose, defaultCalendar = 'us-equities' }: StoreSettings): Schedule {
  const time = afterClose?.time ?? DEFAULT_TIME
  const calendar = defaultCalendar === 'none' ? '24x7' : defaultCalendar
  if (calendar === 'us-equities' && minutesOf(time) < USUAL_CLOSE) {
    throw new BarkeepError(
      'BAD_SETTINGS',
      `The run after the close can't be at ${time}: US equities trade until 15:00 in Chicago. Choose 15:00 or later.`,
    )
  }
  return {
    on: afterClose?.on ?? true,
    isChosen: afterClose !== undefined,
    time,
    calendar,
    delay: calendar === 'us-equities' ? (minutesOf(time) - USUAL_CLOSE) * MINUTE : USUAL_DELAY,
  }
}

/**
 * When the run of a trading day is due, ms UTC: at the schedule's time, on days that close early as long after the close
 * as on others. Round the clock it is at that time of each date.
 * @throws RangeError for a day without a session
 */
export function dueAfter(session: string, schedule: Schedule, zone: MarketZone): number {
  if (schedule.calendar === '24x7') {
    const midnight = Date.parse(`${session}T00:00:00Z`)
    return zone.instantOfWallClock(midnight + minutesOf(schedule.time) * MINUTE)
  }
  const found = sessionIn(schedule.calendar, session, zone)
  if (found === null) throw new RangeError(`There is no trading on ${session}.`)
  return found.close + schedule.delay
}

/** The first run that is due after an instant. */
export function nextRun(after: number, schedule: Schedule, zone: MarketZone): DueRun {
  const found = runsAround(after, schedule, zone).find(({ at }) => at > after)
  if (found === undefined) throw new RangeError('A calendar without a session in a fortnight.')
  return found
}

/** The last run that was due at an instant or before it. */
export function lastRun(now: number, schedule: Schedule, zone: MarketZone): DueRun {
  const found = runsAround(now, schedule, zone).findLast(({ at }) => at <= now)
  if (found === undefined) throw new RangeError('A calendar without a session in a fortnight.')
  return found
}

/**
 * Trading days whose run was due by now and that come after the last one that was run, oldest first; of a long absence
 * all, for one run makes up for all of them and says so.
 * @param lastDone null: no run is known, so that the last one due is missed
 */
export function missedRuns(
  lastDone: string | null,
  now: number,
  schedule: Schedule,
  zone: MarketZone,
): readonly DueRun[] {
  const last = lastRun(now, schedule, zone)
  if (lastDone === null) return [last]
  if (lastDone >= last.session) return []
  const between = tradingDaysBetween(schedule.calendar, lastDone, last.session)
  return [...between.map((session) => ({ session, at: dueAfter(session, schedule, zone) })), last]
}

/** When bars of a symbol on a UTC day are all there: after its session, without one at the end of the day. ms UTC. */
export function closeOf(calendar: CalendarName, day: string, zone: MarketZone): number {
  return (sessionIn(calendar, day, zone) ?? { close: Date.parse(`${day}T00:00:00Z`) + DAY }).close
}

function runsAround(instant: number, schedule: Schedule, zone: MarketZone): readonly DueRun[] {
  const dateAt = (days: number): string => zone.dateOf(instant + days * DAY)
  const days = tradingDaysBetween(schedule.calendar, dateAt(-SEARCH_DAYS), dateAt(SEARCH_DAYS))
  return days.map((session) => ({ session, at: dueAfter(session, schedule, zone) }))
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}
