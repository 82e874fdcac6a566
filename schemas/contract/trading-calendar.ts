import type { StoreSettings } from '../generated/requests.ts'
import type { MarketZone } from './market-time.ts'
import { equitySession } from './us-equities.ts'

/** When an instrument trades. `none`: nobody knows, so that nothing of it is ever a gap. */
export type CalendarName = NonNullable<StoreSettings['defaultCalendar']>

/** The regular session of one trading day, ms UTC; `close` is when the last bar ends. */
export interface Session {
  /** `YYYY-MM-DD`: the market zone's date, which for both calendars is the session's UTC day too. */
  readonly date: string
  readonly open: number
  readonly close: number
}

const DAY = 86_400_000
const MINUTE = 60_000

/** Whether US equities trade on a calendar date. */
export function isTradingDay(day: string): boolean {
  return equitySession(day) !== null
}

/** The regular session of US equities on a trading day. @throws RangeError for a day without one */
export function sessionOf(day: string, zone: MarketZone): Session {
  const session = sessionIn('us-equities', day, zone)
  if (session === null) throw new RangeError(`US equities don't trade on ${day}.`)
  return session
}

/**
 * What a calendar demands of a day: null when it is closed. Round the clock a session is a UTC day, the unit of files;
 * both kinds of session lie inside the UTC day of their date.
 */
export function sessionIn(calendar: CalendarName, day: string, zone: MarketZone): Session | null {
  const midnight = Date.parse(`${day}T00:00:00Z`)
  if (calendar === 'none') return null
  if (calendar === '24x7') return { date: day, open: midnight, close: midnight + DAY }
  const minutes = equitySession(day)
  if (minutes === null) return null
  return {
    date: day,
    open: zone.instantOfWallClock(midnight + minutes.open * MINUTE),
    close: zone.instantOfWallClock(midnight + minutes.close * MINUTE),
  }
}

/** Trading days strictly between two dates, oldest first. */
export function tradingDaysBetween(calendar: CalendarName, after: string, before: string): readonly string[] {
  if (calendar === 'none') return []
  const days: string[] = []
  const end = Date.parse(`${before}T00:00:00Z`)
  for (let at = Date.parse(`${after}T00:00:00Z`) + DAY; at < end; at += DAY) {
    const day = new Date(at).toISOString().slice(0, 10)
    if (calendar === '24x7' || isTradingDay(day)) days.push(day)
  }
  return days
}

/** The given number of trading days of US equities up to and including the last one not after `end`, oldest first. */
export function tradingDaysUpTo(end: string, count: number): readonly string[] {
  const days: string[] = []
  for (let at = Date.parse(`${end}T00:00:00Z`); days.length < count; at -= DAY) {
    const day = new Date(at).toISOString().slice(0, 10)
    if (isTradingDay(day)) days.push(day)
  }
  return days.reverse()
}

/**
 * The calendar of a symbol: its own entry, else that of the longest pattern (`BTC*`) that fits, else the default, which is
 * that of US equities unless the settings say otherwise.
 */
export function calendarOf(symbol: string, { calendars = {}, defaultCalendar }: StoreSettings): CalendarName {
  if (Object.hasOwn(calendars, symbol) && calendars[symbol] !== undefined) return calendars[symbol]
  let found: CalendarName = defaultCalendar ?? 'us-equities'
  let length = -1
  for (const [pattern, calendar] of Object.entries(calendars)) {
    const prefix = pattern.slice(0, -1)
    if (!pattern.endsWith('*') || !symbol.startsWith(prefix) || prefix.length <= length) continue
    found = calendar
    length = prefix.length
  }
  return found
}
