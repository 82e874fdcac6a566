import type { CandleColumns } from '../../schemas/contract/viewport.ts'

const NAMES = ['ts', 'open', 'high', 'low', 'close', 'volume'] as const

/** Index units of the time axis: bar `i` covers i − 0.5 … i + 0.5; fractions and places beyond the ends are legal. */
export interface LogicalSpan {
  readonly from: number
  readonly to: number
}

/** Milliseconds UTC. */
export interface TimeSpan {
  readonly from: number
  readonly to: number
}

export function emptyBars(): CandleColumns {
  return fill(0, () => 0)
}

/** Rows [from, to) as columns of their own. */
export function sliceBars(bars: CandleColumns, from: number, to: number): CandleColumns {
  if (from <= 0 && to >= bars.ts.length) return bars
  const sliced = {} as Record<(typeof NAMES)[number], Float64Array>
  for (const name of NAMES) sliced[name] = bars[name].slice(from, to)
  return sliced
}

/** Both, ascending, each instant once; where both have one, `newer` is right. */
export function mergeBars(older: CandleColumns, newer: CandleColumns): CandleColumns {
  if (older.ts.length === 0) return newer
  if (newer.ts.length === 0) return older
  if ((older.ts.at(-1) ?? 0) < (newer.ts[0] ?? 0)) return joinBars(older, newer)
  if ((newer.ts.at(-1) ?? 0) < (older.ts[0] ?? 0)) return joinBars(newer, older)
  const sources: CandleColumns[] = []
  const rows: number[] = []
  let [i, j] = [0, 0]
  while (i < older.ts.length || j < newer.ts.length) {
    const [a, b] = [older.ts[i] ?? Number.POSITIVE_INFINITY, newer.ts[j] ?? Number.POSITIVE_INFINITY]
    if (a < b) {
      sources.push(older)
      rows.push(i++)
    } else {
      sources.push(newer)
      rows.push(j++)
      if (a === b) i++
    }
  }
  return fill(rows.length, (name, row) => sources[row]?.[name][rows[row] ?? 0] ?? 0)
}

/** Bars without those that open at the given instants. */
export function withoutBars(bars: CandleColumns, opens: Iterable<number>): CandleColumns {
  const gone = new Set(opens)
  const rows: number[] = []
  bars.ts.forEach((ts, row) => {
    if (!gone.has(ts)) rows.push(row)
  })
  return rows.length === bars.ts.length ? bars : pickBars(bars, rows)
}

/** Bars that open in a span of time, both ends included. */
export function barsIn(bars: CandleColumns, { from, to }: TimeSpan): CandleColumns {
  return sliceBars(bars, barAt(bars.ts, from - 1) + 1, barAt(bars.ts, to) + 1)
}

/**
 * The same bars, ascending and each instant once (the last one given wins). The chart library accepts disorder
 * without a word in its production build and draws nonsense, so nothing reaches it unchecked.
 */
export function orderBars(bars: CandleColumns): CandleColumns {
  let ordered = true
  for (let i = 1; i < bars.ts.length && ordered; i++) ordered = (bars.ts[i] ?? 0) > (bars.ts[i - 1] ?? 0)
  if (ordered) return bars
  const last = new Map<number, number>()
  bars.ts.forEach((ts, row) => {
    last.set(ts, row)
  })
  const rows = [...last].sort((a, b) => a[0] - b[0])
  return pickBars(
    bars,
    rows.map(([, row]) => row),
  )
}

/** Whether every value is the same, so that nothing needs drawing anew. */
export function sameBars(a: CandleColumns, b: CandleColumns): boolean {
  if (a === b) return true
  if (a.ts.length !== b.ts.length) return false
  return NAMES.every((name) => a[name].every((value, row) => value === b[name][row]))
}

/** How many leading rows have the same values in both. */
export function commonRows(a: CandleColumns, b: CandleColumns): number {
  const length = Math.min(a.ts.length, b.ts.length)
  let row = 0
  while (row < length && NAMES.every((name) => a[name][row] === b[name][row])) row++
  return row
}

/** The bar that contains an instant: the last that opens at or before it; −1 before the first. */
export function barAt(times: ArrayLike<number>, instant: number): number {
  let [low, high] = [0, times.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] ?? 0) <= instant) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** The bar whose open is nearest; −1 without bars. */
export function nearestBar(times: ArrayLike<number>, instant: number): number {
  const before = barAt(times, instant)
  if (before < 0) return times.length > 0 ? 0 : -1
  const [left, right] = [times[before] ?? 0, times[before + 1]]
  return right !== undefined && right - instant < instant - left ? before + 1 : before
}

/**
 * Place on the axis → instant: straight lines between bar opens (so a weekend is one step wide), and beyond the
 * ends one `step` (the candle's length, ms) a place. Inverse of `placeOf`.
 */
export function instantAt(times: ArrayLike<number>, place: number, step: number): number {
  const last = times.length - 1
  if (last < 0) return place * step
  if (place <= 0) return (times[0] ?? 0) + place * step
  if (place >= last) return (times[last] ?? 0) + (place - last) * step
  const bar = Math.floor(place)
  const open = times[bar] ?? 0
  return open + ((times[bar + 1] ?? open) - open) * (place - bar)
}

/** Instant → place on the axis. Inverse of `instantAt`. */
export function placeOf(times: ArrayLike<number>, instant: number, step: number): number {
  const last = times.length - 1
  if (last < 0) return instant / step
  const [first, end] = [times[0] ?? 0, times[last] ?? 0]
  if (instant <= first) return (instant - first) / step
  if (instant >= end) return last + (instant - end) / step
  const bar = barAt(times, instant)
  const open = times[bar] ?? 0
  return bar + (instant - open) / ((times[bar + 1] ?? open + step) - open)
}

function pickBars(bars: CandleColumns, rows: readonly number[]): CandleColumns {
  return fill(rows.length, (name, row) => bars[name][rows[row] ?? 0] ?? 0)
}

/** One after the other, a copy a column: bars that come at an end are the rule. */
function joinBars(first: CandleColumns, second: CandleColumns): CandleColumns {
  const columns = {} as Record<(typeof NAMES)[number], Float64Array>
  for (const name of NAMES) {
    const column = new Float64Array(first.ts.length + second.ts.length)
    column.set(first[name])
    column.set(second[name], first.ts.length)
    columns[name] = column
  }
  return columns
}

function fill(length: number, value: (name: (typeof NAMES)[number], row: number) => number): CandleColumns {
  const columns = {} as Record<(typeof NAMES)[number], Float64Array>
  for (const name of NAMES) {
    const column = new Float64Array(length)
    for (let row = 0; row < length; row++) column[row] = value(name, row)
    columns[name] = column
  }
  return columns
}
