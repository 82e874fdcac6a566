import { type BarRun, countBars } from '../bar-runs.ts'
import { countCandles, type Level } from '../level-of-detail.ts'
import type { SymbolYear } from './symbol-year.ts'

/** Some of a window's bars, one after another: never none. */
export interface Stretch {
  readonly firstTs: number
  readonly lastTs: number
  /** Candles that they make at a step by themselves; beyond the limit any number above it. */
  count(step: number, limit: number): number
  /** Runs that a step from the base on aggregates to what the bars themselves would make. */
  runs(step: number): readonly BarRun[]
}

/** Bars as they are stored. */
export function storedStretch(run: BarRun, ladder: readonly Level[]): Stretch {
  const { ts } = run.columns
  return {
    firstTs: ts[run.start] as number,
    lastTs: ts[run.end - 1] as number,
    count: (step, limit) =>
      step === 0 ? countBars([run]) : countCandles([run], ladder[step] as Level, limit),
    runs: () => [run],
  }
}

/** @param first place of the symbol's first day, `last` of its last, inclusive */
export function tierStretch(year: SymbolYear, first: number, last: number): Stretch {
  const { firstTs, lastTs } = year.columns
  return {
    firstTs: firstTs[first] as number,
    lastTs: lastTs[last] as number,
    count: (step) => year.count(step, first, last),
    runs: (step) => year.runs(step, first, last),
  }
}

/** Candles of all stretches together: one that goes on from a stretch to the next counts once. */
export function countOver(
  stretches: readonly Stretch[],
  ladder: readonly Level[],
  step: number,
  limit: number,
): number {
  const level = ladder[step] as Level
  // Each seam can take one away; until then it is no use looking.
  const enough = limit + stretches.length
  let count = 0
  for (const stretch of stretches) {
    count += stretch.count(step, enough)
    if (count > enough) return count
  }
  for (const [index, { firstTs }] of stretches.entries()) {
    const before = stretches[index - 1]
    if (before !== undefined && level.endOf(before.lastTs) > firstTs) count--
  }
  return count
}
