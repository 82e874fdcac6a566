import type { MarketZone } from '../../schemas/contract/market-time.ts'

/** The regular session of one trading day, ms UTC; `close` is when the last bar ends. */
export interface Session {
  /** The market's calendar date, `YYYY-MM-DD`. */
  readonly date: string
  readonly open: number
  readonly close: number
}

const DAY = 86_400_000
const MINUTE = 60_000
/** US equities in Chicago's wall-clock time. */
const OPEN_MINUTE = 8 * 60 + 30
const CLOSE_MINUTE = 15 * 60
const EARLY_CLOSE_MINUTE = 12 * 60

const date = (millis: number) => new Date(millis).toISOString().slice(0, 10)

/** The nth given weekday of a month (0 = Sunday); n = −1 is the last. */
function nthWeekday(year: number, month: number, weekday: number, n: number): number {
  if (n < 0) {
    const last = Date.UTC(year, month, 0)
    return last - ((new Date(last).getUTCDay() - weekday + 7) % 7) * DAY
  }
  const first = Date.UTC(year, month - 1, 1)
  return first + (((weekday - new Date(first).getUTCDay() + 7) % 7) + (n - 1) * 7) * DAY
}

/** Gregorian Easter Sunday, by the anonymous algorithm (Meeus, Astronomical Algorithms, ch. 8). */
function easter(year: number): number {
  const a = year % 19
  const b = Math.floor(year / 100)
  const c = year % 100
  const d = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30
  const e = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - d - (c % 4)) % 7
  const f = Math.floor((a + 11 * d + 22 * e) / 451)
  const month = Math.floor((d + e - 7 * f + 114) / 31)
  return Date.UTC(year, month - 1, ((d + e - 7 * f + 114) % 31) + 1)
}

/** A fixed holiday is kept on the Friday before when it falls on a Saturday, on the Monday after a Sunday. */
function observed(millis: number): number {
  const weekday = new Date(millis).getUTCDay()
  return weekday === 6 ? millis - DAY : weekday === 0 ? millis + DAY : millis
}

function holidaysOf(year: number): ReadonlySet<string> {
  const newYear = Date.UTC(year, 0, 1)
  const days = [
    nthWeekday(year, 1, 1, 3),
    nthWeekday(year, 2, 1, 3),
    easter(year) - 2 * DAY,
    nthWeekday(year, 5, 1, -1),
    observed(Date.UTC(year, 6, 4)),
    nthWeekday(year, 9, 1, 1),
    nthWeekday(year, 11, 4, 4),
    observed(Date.UTC(year, 11, 25)),
  ]
  // A New Year's Day on a Saturday is not made up for: the last day of a year closes the books.
  if (new Date(newYear).getUTCDay() !== 6) days.push(observed(newYear))
  if (year >= 2022) days.push(observed(Date.UTC(year, 5, 19)))
  return new Set(days.map(date))
}

function earlyClosesOf(year: number): ReadonlySet<string> {
  return new Set(
    [nthWeekday(year, 11, 4, 4) + DAY, Date.UTC(year, 11, 24), Date.UTC(year, 6, 3)]
      .map(date)
      .filter(isTradingDay),
  )
}

/** Whether US equities trade on a calendar date, by the exchange's standing rules; closings for a day's cause are not known. */
export function isTradingDay(day: string): boolean {
  const millis = Date.parse(`${day}T00:00:00Z`)
  const weekday = new Date(millis).getUTCDay()
  return weekday !== 0 && weekday !== 6 && !holidaysOf(new Date(millis).getUTCFullYear()).has(day)
}

/** The regular session of a trading day: 08:30–15:00 in Chicago, to 12:00 on the days before holidays. */
export function sessionOf(day: string, zone: MarketZone): Session {
  const midnight = Date.parse(`${day}T00:00:00Z`)
  const early = earlyClosesOf(Number(day.slice(0, 4))).has(day)
  const closeMinute = early ? EARLY_CLOSE_MINUTE : CLOSE_MINUTE
  return {
    date: day,
    open: zone.instantOfWallClock(midnight + OPEN_MINUTE * MINUTE),
    close: zone.instantOfWallClock(midnight + closeMinute * MINUTE),
  }
}

/** The given number of trading days up to and including the last one not after `end`, oldest first. */
export function tradingDaysUpTo(end: string, count: number): readonly string[] {
  const days: string[] = []
  for (let at = Date.parse(`${end}T00:00:00Z`); days.length < count; at -= DAY) {
    const day = date(at)
    if (isTradingDay(day)) days.push(day)
  }
  return days.reverse()
}
