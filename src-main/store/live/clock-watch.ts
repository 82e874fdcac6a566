import type { ClockState } from '../../../schemas/contract/live.ts'

/** A clock is set by more than this when it is told: what a time service corrects on the way is no jump. */
const JUMP = 5_000
/** So long after a jump it is still said. */
const TOLD_FOR = 10 * 60_000

export interface ClockSources {
  /** The wall clock, ms UTC: it can be set. */
  readonly now: () => number
  /** A clock that nobody sets, ms from anywhere; it stands still while the computer sleeps. */
  readonly monotonic: () => number
}

/**
 * Notices that the computer's clock was set, or that the computer slept (SPEC F54): from one check to the next both clocks
 * should have moved by the same. A clock that is set back to what it was is right again.
 */
export class ClockWatch {
  readonly #sources: ClockSources
  #ahead: number
  #byMillis = 0
  #at = 0
  #toldAt = 0

  constructor(sources: ClockSources) {
    this.#sources = sources
    this.#ahead = sources.now() - sources.monotonic()
  }

  get state(): ClockState {
    if (this.#byMillis === 0) return { state: 'right' }
    return { state: 'jumped', byMillis: this.#byMillis, at: this.#at }
  }

  /** @returns whether the clock jumped since the check before: then whatever waits for a time looks again. */
  check(): boolean {
    const monotonic = this.#sources.monotonic()
    const now = this.#sources.now()
    const moved = now - monotonic - this.#ahead
    this.#ahead = now - monotonic
    if (Math.abs(moved) < JUMP) {
      if (monotonic - this.#toldAt > TOLD_FOR) this.#byMillis = 0
      return false
    }
    const since = this.#byMillis + moved
    this.#byMillis = Math.abs(since) < JUMP ? 0 : Math.round(since)
    this.#at = now
    this.#toldAt = monotonic
    return true
  }
}
