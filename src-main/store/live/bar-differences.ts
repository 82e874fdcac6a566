import type { CandleColumns } from '../../../schemas/contract/viewport.ts'
import { emptyColumns, firstAtOrAfter, NO_BARS } from '../read/bar-runs.ts'
import { barsFor } from '../read/day-block.ts'
import type { DayContent } from './day-changes.ts'

/** A symbol's bars in a day's content. */
export function barsIn(content: DayContent, symbol: string): CandleColumns {
  return content === null ? NO_BARS : barsFor(content, symbol)
}

/** Opens of bars that two contents of a day don't both hold with the same values, added to `found`. */
export function addDifferences(a: CandleColumns, b: CandleColumns, found: Set<number>): void {
  if (a === b) return
  let [left, right] = [0, 0]
  while (left < a.ts.length || right < b.ts.length) {
    const [one, other] = [a.ts[left] ?? Number.POSITIVE_INFINITY, b.ts[right] ?? Number.POSITIVE_INFINITY]
    if (one === other) {
      if (!sameBar(a, left++, b, right++)) found.add(one)
    } else if (one < other) {
      found.add(one)
      left++
    } else {
      found.add(other)
      right++
    }
  }
}

function sameBar(a: CandleColumns, left: number, b: CandleColumns, right: number): boolean {
  return (
    a.close[left] === b.close[right] &&
    a.volume[left] === b.volume[right] &&
    a.open[left] === b.open[right] &&
    a.high[left] === b.high[right] &&
    a.low[left] === b.low[right]
  )
}

/** Place of the bar that opens at an instant; -1 where there is none. */
export function placeOf({ ts }: CandleColumns, instant: number): number {
  const place = firstAtOrAfter(ts, instant, 0, ts.length)
  return ts[place] === instant ? place : -1
}

/** Bars of some columns by their places, as columns of their own. */
export function picked(
  bars: readonly { readonly columns: CandleColumns; readonly place: number }[],
): CandleColumns {
  const candles = emptyColumns(bars.length)
  for (const [index, { columns, place }] of bars.entries()) {
    candles.ts[index] = columns.ts[place] as number
    candles.open[index] = columns.open[place] as number
    candles.high[index] = columns.high[place] as number
    candles.low[index] = columns.low[place] as number
    candles.close[index] = columns.close[place] as number
    candles.volume[index] = columns.volume[place] as number
  }
  return candles
}
