/**
 * When US equities trade: whole holidays, special closings, and days that are shorter, by calendar date `YYYY-MM-DD`,
 * for 2000–2035. Sources: NYSE Rule 7.2 (holidays; one on a Saturday is kept on the Friday before unless an accounting
 * period ends there, one on a Sunday on the Monday after), Rule 7.1 and the exchange's yearly announcements (hours,
 * early closes at 13:00 New York), its list "NYSE closings, 1885 to date" (special closings), and SR-NYSE-2021-55
 * (Juneteenth, from 2022).
 */

const DAY = 86_400_000
const MONDAY = 1
const WEDNESDAY = 3
const THURSDAY = 4
const FRIDAY = 5
const SATURDAY = 6

/** Wall-clock minutes in Chicago. */
const OPEN = 8 * 60 + 30
const CLOSE = 15 * 60
const EARLY_CLOSE = 12 * 60

/** Closed for a day's own cause. */
const SPECIAL_CLOSINGS: ReadonlySet<string> = new Set([
  // The attacks of September 11.
  '2001-09-11',
  '2001-09-12',
  '2001-09-13',
  '2001-09-14',
  // Mourning for Presidents Reagan and Ford.
  '2004-06-11',
  '2007-01-02',
  // Hurricane Sandy.
  '2012-10-29',
  '2012-10-30',
  // Mourning for Presidents George H. W. Bush and Carter.
  '2018-12-05',
  '2025-01-09',
])

/** Short by announcement, not by rule. */
const SPECIAL_EARLY_CLOSES: ReadonlySet<string> = new Set(['2003-12-26'])

/** Minutes at which trading began on days that it began hours late: the first anniversary of the attacks. */
const LATE_OPENS: ReadonlyMap<string, number> = new Map([['2002-09-11', 11 * 60]])

/** Wall-clock minutes of a regular session in Chicago. */
export interface SessionMinutes {
  readonly open: number
  /** When the last bar ends. */
  readonly close: number
}

const dateOf = (millis: number): string => new Date(millis).toISOString().slice(0, 10)
const weekdayOf = (millis: number): number => new Date(millis).getUTCDay()

/** The nth given weekday of a month (0 = Sunday, months from 1); n = −1 is the last. */
function nthWeekday(year: number, month: number, weekday: number, n: number): number {
  if (n < 0) {
    const last = Date.UTC(year, month, 0)
    return last - ((weekdayOf(last) - weekday + 7) % 7) * DAY
  }
  const first = Date.UTC(year, month - 1, 1)
  return first + (((weekday - weekdayOf(first) + 7) % 7) + (n - 1) * 7) * DAY
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

function observed(millis: number): number {
  const weekday = weekdayOf(millis)
  return weekday === SATURDAY ? millis - DAY : weekday === 0 ? millis + DAY : millis
}

function holidaysOf(year: number): ReadonlySet<string> {
  const newYear = Date.UTC(year, 0, 1)
  const days = [
    nthWeekday(year, 1, MONDAY, 3),
    nthWeekday(year, 2, MONDAY, 3),
    easter(year) - 2 * DAY,
    nthWeekday(year, 5, MONDAY, -1),
    observed(Date.UTC(year, 6, 4)),
    nthWeekday(year, 9, MONDAY, 1),
    nthWeekday(year, 11, THURSDAY, 4),
    observed(Date.UTC(year, 11, 25)),
  ]
  // A New Year's Day on a Saturday is not made up for: the Friday before ends the year's books.
  if (weekdayOf(newYear) !== SATURDAY) days.push(observed(newYear))
  if (year >= 2022) days.push(observed(Date.UTC(year, 5, 19)))
  return new Set(days.map(dateOf))
}

/** Days that end at noon by rule; those that fall on a holiday or weekend are no trading days at all. */
function earlyClosesOf(year: number): ReadonlySet<string> {
  const days = [nthWeekday(year, 11, THURSDAY, 4) + DAY, Date.UTC(year, 11, 24)]
  const independenceEve = Date.UTC(year, 6, 3)
  // With the holiday on a Thursday it was the Friday after that ended early; since 2013 it is the day before.
  if (weekdayOf(independenceEve) === WEDNESDAY && year < 2013) days.push(Date.UTC(year, 6, 5))
  else if (weekdayOf(independenceEve) < FRIDAY) days.push(independenceEve)
  return new Set(days.map(dateOf))
}

interface Year {
  readonly holidays: ReadonlySet<string>
  readonly earlyCloses: ReadonlySet<string>
}

const years = new Map<number, Year>()

function yearOf(day: string): Year {
  const year = Number(day.slice(0, 4))
  const known = years.get(year)
  if (known !== undefined) return known
  const made = { holidays: holidaysOf(year), earlyCloses: earlyClosesOf(year) }
  years.set(year, made)
  return made
}

/** The regular session of a date; null when US equities don't trade on it. */
export function equitySession(day: string): SessionMinutes | null {
  const weekday = weekdayOf(Date.parse(`${day}T00:00:00Z`))
  if (weekday === 0 || weekday === SATURDAY) return null
  const { holidays, earlyCloses } = yearOf(day)
  if (holidays.has(day) || SPECIAL_CLOSINGS.has(day)) return null
  const early = earlyCloses.has(day) || SPECIAL_EARLY_CLOSES.has(day)
  return { open: LATE_OPENS.get(day) ?? OPEN, close: early ? EARLY_CLOSE : CLOSE }
}
