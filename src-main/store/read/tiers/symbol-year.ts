import type { CandleColumns } from '../../../../schemas/contract/viewport.ts'
import { type BarRun, firstAtOrAfter } from '../bar-runs.ts'
import { aggregate, type Level } from '../level-of-detail.ts'

/** One symbol's columns of a tier file; `n` days that hold the symbol, ascending. */
export interface SymbolColumns {
  readonly symbol: string
  /** Which of the year's days, n of them. */
  readonly days: Float64Array
  readonly bars: Float64Array
  readonly firstTs: Float64Array
  readonly lastTs: Float64Array
  /** For each step between the bars and the base, n each. */
  readonly counts: readonly Float64Array[]
  /** Where each day's base candles begin; n + 1 of them. */
  readonly starts: Float64Array
  /** At the base step, all days together. */
  readonly candles: CandleColumns
}

/** Where the candles of a step begin, day by day. */
interface StepDays {
  /** Candles that began before each day, n + 1 of them. */
  readonly before: Float64Array
  /** 1 where a day's first bar belongs to a candle that an earlier day began. */
  readonly continues: Uint8Array
}

/**
 * A year of one symbol and timeframe. What a step makes of it is worked out once and kept: a question that is asked again,
 * or beside the last one, costs the candles that it answers with.
 */
export class SymbolYear {
  readonly columns: SymbolColumns
  readonly #ladder: readonly Level[]
  readonly #base: number
  readonly #stepDays = new Map<number, StepDays>()
  readonly #candles = new Map<number, CandleColumns>()
  readonly #places = new Map<number, number>()

  constructor(columns: SymbolColumns, ladder: readonly Level[], base: number) {
    this.columns = columns
    this.#ladder = ladder
    this.#base = base
    for (const [place, day] of columns.days.entries()) this.#places.set(day, place)
  }

  /** The symbol's place of one of the year's days, or undefined when it has no bar there. */
  placeOf(day: number): number | undefined {
    return this.#places.get(day)
  }

  /** Candles of a step that the bars of the places from `first` to `last` (inclusive) make by themselves. */
  count(step: number, first: number, last: number): number {
    const { before, continues } = this.#daysAt(step)
    return (before[last + 1] as number) - (before[first] as number) + (continues[first] as number)
  }

  /**
   * The bars of some places, gathered as far as may be: runs that a step (the base or coarser) aggregates to what the bars
   * themselves would make. In between they are its candles already; at both ends base candles, where one is cut off.
   */
  runs(step: number, first: number, last: number): readonly BarRun[] {
    const { candles, starts } = this.columns
    const start = starts[first] as number
    const end = starts[last + 1] as number
    if (step === 0) return [{ columns: candles, start, end }]
    const { before, continues } = this.#daysAt(step)
    const from = before[first] as number
    // The last candle is left out where a later day goes on with it.
    const to = (before[last + 1] as number) - (continues[last + 1] ?? 0)
    if (to <= from) return [{ columns: candles, start, end }]
    const gathered = this.#candlesAt(step)
    const head = firstAtOrAfter(candles.ts, gathered.ts[from] as number, start, end)
    const next = gathered.ts[to]
    const tail = next === undefined ? end : firstAtOrAfter(candles.ts, next, head, end)
    return [
      { columns: candles, start, end: head },
      { columns: gathered, start: from, end: to },
      { columns: candles, start: tail, end },
    ].filter((run) => run.start < run.end)
  }

  #daysAt(step: number): StepDays {
    let known = this.#stepDays.get(step)
    if (known === undefined) {
      known = step < this.#base || step === 0 ? this.#fineDays(step) : this.#coarseDays(step)
      this.#stepDays.set(step, known)
    }
    return known
  }

  /** From the counts that are kept of each day: a candle on both sides of a day's end is counted twice there. */
  #fineDays(step: number): StepDays {
    const { bars, counts, firstTs, lastTs } = this.columns
    const level = this.#ladder[step] as Level
    const ofDay = step === 0 ? bars : (counts[step - 1] as Float64Array)
    const before = new Float64Array(ofDay.length + 1)
    const continues = new Uint8Array(ofDay.length)
    for (let place = 0; place < ofDay.length; place++) {
      if (place > 0 && level.endOf(lastTs[place - 1] as number) > (firstTs[place] as number))
        continues[place] = 1
      before[place + 1] = (before[place] as number) + (ofDay[place] as number) - (continues[place] as number)
    }
    return { before, continues }
  }

  #coarseDays(step: number): StepDays {
    const { candles, starts } = this.columns
    const level = this.#ladder[step] as Level
    const days = starts.length - 1
    const before = new Float64Array(days + 1)
    const continues = new Uint8Array(days)
    let begun = 0
    let end = Number.NEGATIVE_INFINITY
    for (let place = 0; place < days; place++) {
      const stop = starts[place + 1] as number
      let candle = starts[place] as number
      if ((candles.ts[candle] as number) < end) continues[place] = 1
      for (candle = firstAtOrAfter(candles.ts, end, candle, stop); candle < stop; ) {
        begun++
        end = level.endOf(candles.ts[candle] as number)
        candle = firstAtOrAfter(candles.ts, end, candle + 1, stop)
      }
      before[place + 1] = begun
    }
    return { before, continues }
  }

  /** The whole year at a step. */
  #candlesAt(step: number): CandleColumns {
    let known = this.#candles.get(step)
    if (known === undefined) {
      const { candles } = this.columns
      const all = { columns: candles, start: 0, end: candles.ts.length }
      known = aggregate([all], this.#ladder[step] as Level)
      this.#candles.set(step, known)
    }
    return known
  }
}
