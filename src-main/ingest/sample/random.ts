/**
 * Random numbers that a seed repeats: mulberry32 over a hash of the seed's text, so that each symbol and day has a
 * stream of its own and none shifts when another is added.
 */
export class SeededRandom {
  #state: number

  constructor(seed: string) {
    // FNV-1a.
    let hash = 0x811c9dc5
    for (let at = 0; at < seed.length; at++) hash = Math.imul(hash ^ seed.charCodeAt(at), 0x01000193)
    this.#state = hash >>> 0
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next()
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** Mean 0, deviation 1 (Box and Muller), cut at ±4 so that no single tick can leave the day's range. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()))
    return Math.max(-4, Math.min(4, radius * Math.cos(2 * Math.PI * this.next())))
  }
}
