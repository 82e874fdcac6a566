import type { MarketZone } from '../../../schemas/contract/market-time.ts'

const MINUTE = 60_000
const DAY = 86_400_000
/** Every zone changes its offset on a quarter-hour (see `MarketZone`). */
const SLOT = 15 * MINUTE
/** How far apart a year is probed: no zone changed its clock and back within two weeks since 1973. */
const PROBE = 14 * DAY
/** A year's stretches reach this far into its neighbours: a day by the zone's clock lies in two UTC years. */
const MARGIN = 2 * DAY
/** Years kept; a window of ten thousand of them is possible. */
const LIMIT = 400

/** From `start` on, until the next stretch, the zone is `offset` ms east of UTC. */
export interface OffsetStretch {
  readonly start: number
  readonly offset: number
}

const tables = new WeakMap<MarketZone, ZoneOffsets>()

/**
 * A zone's offsets as stretches, a year at a time: some fifty questions to Intl (4 µs each) tell a year, where aggregating it
 * by days would ask three times a day.
 */
export class ZoneOffsets {
  readonly #zone: MarketZone
  readonly #years = new Map<number, readonly OffsetStretch[]>()
  /** The stretch that was asked for last, cut to its year. */
  #from = 0
  #to = 0
  #offset = 0

  private constructor(zone: MarketZone) {
    this.#zone = zone
  }

  /** One table a zone, whoever asks. */
  static of(zone: MarketZone): ZoneOffsets {
    const known = tables.get(zone)
    if (known !== undefined) return known
    const made = new ZoneOffsets(zone)
    tables.set(zone, made)
    return made
  }

  /** Milliseconds east of UTC at an instant. */
  at(instant: number): number {
    if (instant >= this.#from && instant < this.#to) return this.#offset
    const year = new Date(instant).getUTCFullYear()
    // Beyond what a Date can hold there is no calendar; Intl's own answer then.
    if (Number.isNaN(year)) return this.#zone.offsetMinutes(instant) * MINUTE
    const stretches = this.ofYear(year)
    this.#to = startOfYear(year + 1)
    for (let index = stretches.length - 1; index >= 0; index--) {
      const { start, offset } = stretches[index] as OffsetStretch
      if (instant >= start) {
        this.#from = Math.max(start, startOfYear(year))
        this.#offset = offset
        break
      }
      this.#to = start
    }
    return this.#offset
  }

  /** As `MarketZone.instantOfWallClock`: the first of two, and forward by the gap where there is none. */
  instantOfWallClock(wallMillis: number): number {
    const before = this.at(wallMillis - DAY)
    const after = this.at(wallMillis + DAY)
    if (before === after) return wallMillis - before
    const earlier = wallMillis - Math.max(before, after)
    const later = wallMillis - Math.min(before, after)
    if (earlier + this.at(earlier) === wallMillis) return earlier
    if (later + this.at(later) === wallMillis) return later
    return wallMillis - before
  }

  /** The stretches of a UTC year and two days on either side, ascending: what all its aggregation follows from. */
  ofYear(year: number): readonly OffsetStretch[] {
    const known = this.#years.get(year)
    if (known !== undefined) return known
    const end = startOfYear(year + 1) + MARGIN
    let start = startOfYear(year) - MARGIN
    let offset = this.#ask(start)
    const stretches: OffsetStretch[] = [{ start, offset }]
    while (start < end) {
      const next = Math.min(start + PROBE, end)
      const found = this.#ask(next)
      if (found !== offset) stretches.push({ start: this.#change(start, next), offset: found })
      start = next
      offset = found
    }
    if (this.#years.size >= LIMIT) this.#years.clear()
    this.#years.set(year, stretches)
    return stretches
  }

  /** The first instant with the offset of `to`; `from` has another. */
  #change(from: number, to: number): number {
    const offset = this.#ask(to)
    let [low, high] = [Math.floor(from / SLOT), Math.floor(to / SLOT)]
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (this.#ask(middle * SLOT) === offset) high = middle
      else low = middle
    }
    return high * SLOT
  }

  #ask(instant: number): number {
    return this.#zone.offsetMinutes(instant) * MINUTE
  }
}

function startOfYear(year: number): number {
  // Date.UTC takes years below 100 for those of the last century.
  return new Date(0).setUTCFullYear(year, 0, 1)
}
