import type { MarketZone } from '../../../schemas/contract/market-time.ts'
import { ZoneOffsets } from './zone-offsets.ts'

const DAY = 86_400_000
const MINUTE = 60_000

/** When the regular session opens in the market zone: 08:30 (SPEC R6). */
const SESSION_OPEN = (8 * 60 + 30) * MINUTE

/** A calendar day as instants: [start, end), and its session's open. */
export interface CalendarDay {
  readonly start: number
  readonly end: number
  readonly sessionOpen: number
  /** The date's midnight read as if it were UTC: for calendar arithmetic. */
  readonly wallMidnight: number
}

/** How instants fall into days: by the market's clock, or by UTC date. */
export interface Calendar {
  /** The day that holds an instant. */
  dayAt(instant: number): CalendarDay
  /** The instant at which a date begins, given as its midnight read as if it were UTC. */
  startOf(wallMidnight: number): number
}

/**
 * Days by a zone's clock; those of daylight-saving changes have 23 or 25 hours. A day whose ends have one offset (all but
 * two a year) is derived from it alone.
 */
export function zoneCalendar(zone: MarketZone): Calendar {
  const offsets = ZoneOffsets.of(zone)
  let latest: CalendarDay = { start: 0, end: 0, sessionOpen: 0, wallMidnight: 0 }
  return {
    dayAt(instant) {
      if (instant >= latest.start && instant < latest.end) return latest
      const offset = offsets.at(instant)
      const wallMidnight = Math.floor((instant + offset) / DAY) * DAY
      const start = wallMidnight - offset
      const end = start + DAY
      const steady = offsets.at(start) === offset && offsets.at(end) === offset
      latest = steady
        ? { start, end, sessionOpen: start + SESSION_OPEN, wallMidnight }
        : {
            start: offsets.instantOfWallClock(wallMidnight),
            end: offsets.instantOfWallClock(wallMidnight + DAY),
            sessionOpen: offsets.instantOfWallClock(wallMidnight + SESSION_OPEN),
            wallMidnight,
          }
      return latest
    },
    startOf: (wallMidnight) => offsets.instantOfWallClock(wallMidnight),
  }
}

/** Days by UTC date: the calendar of bars of a day or longer, which carry a trading date and no clock time. */
export const UTC_CALENDAR: Calendar = {
  dayAt(instant) {
    const start = Math.floor(instant / DAY) * DAY
    return { start, end: start + DAY, sessionOpen: start + SESSION_OPEN, wallMidnight: start }
  },
  startOf: (wallMidnight) => wallMidnight,
}
