import type { UtcDay } from '../../../../schemas/contract/units.ts'
import type { CandleColumns } from '../../../../schemas/contract/viewport.ts'
import type { FileStat } from '../../fs/env.ts'
import { aggregate, countCandles, type Level } from '../level-of-detail.ts'

/** What a tier holds of one symbol in one dayfile. */
export interface SymbolFacts {
  readonly symbol: string
  /** Each bar once; never 0. */
  readonly bars: number
  readonly firstTs: number
  readonly lastTs: number
  /** Candles at each step of the ladder between the bars and the base, finest first. */
  readonly counts: readonly number[]
  /** The bars gathered at the base step: what every coarser step can be made of. */
  readonly candles: CandleColumns
}

/** What is kept of one dayfile. */
export interface DayFacts {
  readonly day: UtcDay
  /** The very file that this was read of. */
  readonly stat: FileStat
  /** All rows of the file, unusable ones too. */
  readonly rows: number
  readonly sha256: string
  /** False when a row of it is left out or breaks its schema: then a question has to see and name that. */
  readonly sound: boolean
  /** By symbol. */
  readonly symbols: readonly SymbolFacts[]
}

/**
 * A dayfile's bars as a tier keeps them.
 * @param base the step of the ladder that tiers are made of
 * @param bars by symbol, ascending, each once
 */
export function gatherSymbols(
  ladder: readonly Level[],
  base: number,
  bars: ReadonlyMap<string, CandleColumns>,
): readonly SymbolFacts[] {
  const fine = ladder.slice(1, Math.max(1, base))
  const facts: SymbolFacts[] = []
  for (const [symbol, columns] of bars) {
    const { ts } = columns
    if (ts.length === 0) continue
    const runs = [{ columns, start: 0, end: ts.length }]
    facts.push({
      symbol,
      bars: ts.length,
      firstTs: ts[0] as number,
      lastTs: ts.at(-1) as number,
      counts: fine.map((level) => countCandles(runs, level, Number.POSITIVE_INFINITY)),
      candles: aggregate(runs, ladder[base] as Level),
    })
  }
  return facts.sort((a, b) => (a.symbol < b.symbol ? -1 : 1))
}
