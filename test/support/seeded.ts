/** A small random source whose whole course follows from its seed (mulberry32). */
export interface Random {
  readonly seed: number
  /** In [0, 1). */
  next(): number
  /** Whole, both ends inclusive. */
  int(min: number, max: number): number
  chance(probability: number): boolean
  pick<T>(items: readonly T[]): T
}

/** A red run of CI must be about the change it was given, not about the clock; other runs go looking for new failures. */
const SEED_IN_CI = 20_240_310

/**
 * Seeded from `BARKEEP_SEED`, else in CI always the same, else from the clock; and printed: a failure is repeated by
 * setting what was printed.
 */
export function seeded(what: string, seed = givenSeed()): Random {
  console.log(`${what}: seed ${seed} (repeat with BARKEEP_SEED=${seed})`)
  return randomFrom(seed)
}

function givenSeed(): number {
  const { BARKEEP_SEED: given, CI: ci } = process.env
  if (given !== undefined) return Number(given)
  return ci === undefined || ci === '' ? Date.now() % 2 ** 31 : SEED_IN_CI
}

export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1))
  return {
    seed,
    next,
    int,
    chance: (probability) => next() < probability,
    pick(items) {
      const item = items[int(0, items.length - 1)]
      if (item === undefined) throw new Error('nothing to pick from')
      return item
    },
  }
}
