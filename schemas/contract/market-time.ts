import { BarkeepError } from './errors.ts'
import type { UtcDay, UtcMillis, UtcMonth } from './units.ts'

/** The zone of wall-clock bounds and of everything a person reads (store.md §3). */
export const MARKET_ZONE = 'America/Chicago'

const DAY = 86_400_000
const MINUTE = 60_000
/** Offsets are looked up once an hour-slot and kept: Intl costs ~1 µs a call, a chart asks 30,000 times. */
const SLOT = 900_000

/** A wall-clock reading: what a clock in the zone shows. Months 1–12. */
export interface WallClock {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millis: number
  /** Minutes east of UTC: −360 in Chicago's winter, −300 in its summer. */
  readonly offsetMinutes: number
}

/**
 * A time zone with its offsets cached by quarter-hour slot, so that a lookup is one map read. Every zone
 * changes its offset on a quarter-hour, which is what makes the slots exact.
 */
export class MarketZone {
  readonly name: string
  readonly #format: Intl.DateTimeFormat
  readonly #offsets = new Map<number, number>()

  /** @throws BAD_REQUEST for a zone that the ICU data doesn't know. */
  constructor(name: string = MARKET_ZONE) {
    this.name = name
    try {
      this.#format = new Intl.DateTimeFormat('en-US', {
        timeZone: name,
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      })
    } catch (cause) {
      throw new BarkeepError(
        'BAD_REQUEST',
        `"${name}" is not a time zone. Use an IANA name: America/Chicago.`,
        {
          cause,
        },
      )
    }
  }

  /** Minutes east of UTC at an instant. */
  offsetMinutes(instant: number): number {
    const slot = Math.floor(instant / SLOT)
    const known = this.#offsets.get(slot)
    if (known !== undefined) return known
    // `9/13/2020, 07:26:40`: a third of what taking it apart by formatToParts costs.
    const [month = 1, day = 1, year = 0, hour = 0, minute = 0, second = 0] = (
      this.#format.format(slot * SLOT).match(/\d+/g) ?? []
    ).map(Number)
    const offset = Math.round((Date.UTC(year, month - 1, day, hour, minute, second) - slot * SLOT) / MINUTE)
    // Bounded: 100,000 slots are almost three years of every quarter-hour.
    if (this.#offsets.size > 100_000) this.#offsets.clear()
    this.#offsets.set(slot, offset)
    return offset
  }

  /** What a clock in the zone shows at an instant. */
  wallClock(instant: number): WallClock {
    const offsetMinutes = this.offsetMinutes(instant)
    const shifted = new Date(instant + offsetMinutes * MINUTE)
    return {
      year: shifted.getUTCFullYear(),
      month: shifted.getUTCMonth() + 1,
      day: shifted.getUTCDate(),
      hour: shifted.getUTCHours(),
      minute: shifted.getUTCMinutes(),
      second: shifted.getUTCSeconds(),
      millis: shifted.getUTCMilliseconds(),
      offsetMinutes,
    }
  }

  /** The zone's calendar date at an instant, `YYYY-MM-DD`. */
  dateOf(instant: number): string {
    return new Date(instant + this.offsetMinutes(instant) * MINUTE).toISOString().slice(0, 10)
  }

  /**
   * The instant of a wall-clock time given as "milliseconds as if it were UTC". A time that happens twice means
   * its first occurrence; one that does not exist moves forward by the gap (02:30 → 03:30).
   */
  instantOfWallClock(wallMillis: number): UtcMillis {
    // The offsets in force a day before and a day after bracket any change; the earlier-clock reading
    // (the larger offset) gives the first occurrence, and the offset before a gap moves a time forward.
    const before = this.offsetMinutes(wallMillis - DAY)
    const after = this.offsetMinutes(wallMillis + DAY)
    const candidates = [wallMillis - before * MINUTE, wallMillis - after * MINUTE].sort((a, b) => a - b)
    for (const candidate of candidates) {
      if (candidate + this.offsetMinutes(candidate) * MINUTE === wallMillis) return candidate as UtcMillis
    }
    return (wallMillis - before * MINUTE) as UtcMillis
  }

  /** `CST` or `CDT`, or an offset where the zone has no such name. */
  abbreviation(instant: number): string {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: this.name, timeZoneName: 'short' })
    return format.formatToParts(instant).find((part) => part.type === 'timeZoneName')?.value ?? this.name
  }
}

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)? ?(Z|z|[+-]\d{2}(?::?\d{2})?)?$/

/** How `parseInstant` reads a date without a time: its first or its last millisecond. */
export type DateOnly = 'start' | 'end'

/**
 * An ISO 8601 time, with or without an offset, to its instant. Without one it is wall-clock time in the zone.
 * Digits beyond the millisecond are cut off. A date alone means the zone's midnight, or with `dateOnly: 'end'` the
 * day's last millisecond, which is what an inclusive upper bound means by it.
 * @throws BAD_REQUEST naming the text, for anything else and for dates no calendar has (2024-02-30).
 */
export function parseInstant(text: string, zone: MarketZone, dateOnly: DateOnly = 'start'): UtcMillis {
  const match = ISO.exec(text.trim())
  const [, year, month, day, hour, minute, second, fraction, offset] = match ?? []
  const wall = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour ?? 0),
    Number(minute ?? 0),
    Number(second ?? 0),
    Number((fraction ?? '').padEnd(3, '0').slice(0, 3)),
  )
  const exists =
    match !== null &&
    new Date(wall).toISOString().slice(0, 10) === `${year}-${month}-${day}` &&
    Number(hour ?? 0) < 24 &&
    Number(minute ?? 0) < 60 &&
    Number(second ?? 0) < 60
  if (!exists) {
    throw new BarkeepError(
      'BAD_REQUEST',
      `"${text}" is not a time. Write ISO 8601, for example 2024-03-08T08:30:00 (${zone.name}) or 2024-03-08T14:30:00Z.`,
    )
  }
  if (offset !== undefined) return (wall - offsetOf(offset, text) * MINUTE) as UtcMillis
  if (hour === undefined && dateOnly === 'end') return (zone.instantOfWallClock(wall + DAY) - 1) as UtcMillis
  return zone.instantOfWallClock(wall)
}

function offsetOf(offset: string, text: string): number {
  if (offset === 'Z' || offset === 'z') return 0
  const sign = offset.startsWith('-') ? -1 : 1
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0')
  const hours = Number(digits.slice(0, 2))
  const minutes = Number(digits.slice(2, 4))
  if (hours > 18 || minutes > 59)
    throw new BarkeepError('BAD_REQUEST', `"${text}" has an offset no zone has.`)
  return sign * (hours * 60 + minutes)
}

/** Fixed-width UTC text that sorts as time does: `2025-10-22T13:30:00.000+00:00`. */
export function formatUtcIso(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 23)}+00:00`
}

/** The UTC day that a row of this instant belongs to. */
export function utcDayOf(instant: number): UtcDay {
  const index = Math.floor(instant / DAY_MILLIS)
  if (index !== lastDay.index)
    lastDay = { index, day: new Date(instant).toISOString().slice(0, 10) as UtcDay }
  return lastDay.day
}

const DAY_MILLIS = 86_400_000
/** Rows come by the day: its text is made once. */
let lastDay = { index: Number.NaN, day: '' as UtcDay }

export function utcMonthOf(instant: number): UtcMonth {
  return new Date(instant).toISOString().slice(0, 7) as UtcMonth
}

/** @throws BAD_REQUEST unless the text is a day of the calendar, `YYYY-MM-DD`. */
export function parseUtcDay(text: string): UtcDay {
  const instant = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(instant) || utcDayOf(instant) !== text) {
    throw new BarkeepError('BAD_REQUEST', `"${text}" is not a day. Write YYYY-MM-DD (UTC).`)
  }
  return text as UtcDay
}

/** @throws BAD_REQUEST unless the text is a month, `YYYY-MM`. */
export function parseUtcMonth(text: string): UtcMonth {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) {
    throw new BarkeepError('BAD_REQUEST', `"${text}" is not a month. Write YYYY-MM (UTC).`)
  }
  return text as UtcMonth
}

/** First millisecond of a UTC day. */
export function utcDayStart(day: UtcDay): UtcMillis {
  return Date.parse(`${day}T00:00:00Z`) as UtcMillis
}
