import type { MarketZone } from '../../schemas/contract/market-time.ts'

const MINUTE = 60_000
const SLOT = 900_000
/** No zone changes its offset twice within eight days, so two probes a block find every change. */
const BLOCK = 8 * 86_400_000
/** Further than any change moves a clock, so that a probe this far away is on the other side of it. */
const BEYOND_CHANGE = 3 * 3_600_000

interface Block {
  /** First instant with the offset `after`; the block's end when nothing changes in it. */
  readonly change: number
  readonly before: number
  readonly after: number
}

/**
 * Offsets of a zone from a table that is built block by block out of two Intl probes each, so that a chart of
 * 30,000 bars asks Intl a few hundred times once and never per bar.
 */
export class ZoneOffsets {
  readonly zone: MarketZone
  readonly #blocks = new Map<number, Block>()

  constructor(zone: MarketZone) {
    this.zone = zone
  }

  /** Minutes east of UTC at an instant (ms UTC). */
  minutesAt(instant: number): number {
    const number = Math.floor(instant / BLOCK)
    let block = this.#blocks.get(number)
    if (block === undefined) {
      block = this.#build(number)
      this.#blocks.set(number, block)
    }
    return instant < block.change ? block.before : block.after
  }

  /** The zone's wall clock at an instant as "milliseconds as if it were UTC": floor and compare it freely. */
  wallMillis(instant: number): number {
    return instant + this.minutesAt(instant) * MINUTE
  }

  /** Whether the clock shows this time twice (the hour after summer time ends), so that a label must say which. */
  isAmbiguous(instant: number): boolean {
    const now = this.minutesAt(instant)
    const lost = now - this.minutesAt(instant + BEYOND_CHANGE)
    if (lost > 0 && this.minutesAt(instant + lost * MINUTE) === now - lost) return true
    const gained = this.minutesAt(instant - BEYOND_CHANGE) - now
    return gained > 0 && this.minutesAt(instant - gained * MINUTE) === now + gained
  }

  #build(number: number): Block {
    const start = number * BLOCK
    const end = start + BLOCK
    const before = this.zone.offsetMinutes(start)
    const after = this.zone.offsetMinutes(end - SLOT)
    if (before === after) return { change: end, before, after }
    let low = 0
    let high = BLOCK / SLOT - 1
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (this.zone.offsetMinutes(start + middle * SLOT) === before) low = middle
      else high = middle
    }
    return { change: start + high * SLOT, before, after }
  }
}
