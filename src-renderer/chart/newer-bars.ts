import { barAt } from './bar-columns.ts'

/**
 * Counts the bars that came while one looked elsewhere: those after the last bar that was in sight, or that was there
 * when the series was opened. Each is counted once, however often it is told.
 */
export class NewerBars {
  #seen = Number.NEGATIVE_INFINITY
  #latest = Number.NEGATIVE_INFINITY
  #opens = new Set<number>()

  get count(): number {
    return this.#opens.size
  }

  /** Open of the last bar that was heard of, ms UTC; −∞ before any. */
  get latest(): number {
    return this.#latest
  }

  /** Another series, which ends there. */
  start(last: number | null): void {
    this.#seen = last ?? Number.NEGATIVE_INFINITY
    this.#latest = this.#seen
    this.#opens = new Set()
  }

  came(opens: Iterable<number>): void {
    for (const open of opens) {
      this.#latest = Math.max(this.#latest, open)
      if (open > this.#seen) this.#opens.add(open)
    }
  }

  gone(opens: Iterable<number>): void {
    for (const open of opens) this.#opens.delete(open)
  }

  /** The last bar of all is in sight. */
  saw(last: number): void {
    this.#seen = Math.max(this.#seen, last)
    this.#latest = Math.max(this.#latest, last)
    if (this.#opens.size > 0) this.#opens = new Set()
  }

  /** The series is loaded to its end, at this level of detail: counted are its candles. */
  recount(times: Float64Array): void {
    this.#opens = new Set(times.subarray(barAt(times, this.#seen) + 1))
    this.#latest = Math.max(this.#latest, times.at(-1) ?? this.#latest)
  }
}
