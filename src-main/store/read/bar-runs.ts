import type { CandleColumns } from '../../../schemas/contract/viewport.ts'

/** A stretch of bars inside larger columns, `start` inclusive, `end` exclusive: a slice without a copy. */
export interface BarRun {
  readonly columns: CandleColumns
  readonly start: number
  readonly end: number
}

const COLUMN_NAMES = ['ts', 'open', 'high', 'low', 'close', 'volume'] as const

export const NO_BARS: CandleColumns = emptyColumns(0)

/** Columns of a length, all zero: to be filled. Each has its own buffer, for whoever clones one clones all of its buffer. */
export function emptyColumns(length: number): CandleColumns {
  return {
    ts: new Float64Array(length),
    open: new Float64Array(length),
    high: new Float64Array(length),
    low: new Float64Array(length),
    close: new Float64Array(length),
    volume: new Float64Array(length),
  }
}

/**
 * The first index in [start, end) whose time is at least `instant`; `end` when there is none. Gallops before it
 * halves, so that a near answer costs little whatever the length.
 */
export function firstAtOrAfter(ts: Float64Array, instant: number, start: number, end: number): number {
  let low = start
  let step = 1
  while (low < end && (ts[low] as number) < instant) {
    start = low + 1
    low += step
    step *= 2
  }
  let high = Math.min(low, end)
  low = start
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ts[middle] as number) < instant) low = middle + 1
    else high = middle
  }
  return low
}

/** The bars of sorted columns with from ≤ ts ≤ to. */
export function runBetween(columns: CandleColumns, from: number, to: number): BarRun {
  const { ts } = columns
  const start = firstAtOrAfter(ts, from, 0, ts.length)
  // Stored times are whole; a bound need not be.
  const end = firstAtOrAfter(ts, Math.floor(to) + 1, start, ts.length)
  return { columns, start, end }
}

export function countBars(runs: readonly BarRun[]): number {
  let total = 0
  for (const { start, end } of runs) total += end - start
  return total
}

/** Runs one after another as columns of their own. */
export function joinRuns(runs: readonly BarRun[]): CandleColumns {
  const joined = emptyColumns(countBars(runs))
  let offset = 0
  for (const { columns, start, end } of runs) {
    const isWhole = start === 0 && end === columns.ts.length
    for (const name of COLUMN_NAMES)
      joined[name].set(isWhole ? columns[name] : columns[name].subarray(start, end), offset)
    offset += end - start
  }
  return joined
}
