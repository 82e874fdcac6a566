import { utcDayOf } from '../../../schemas/contract/market-time.ts'
import { timeframeMillis } from '../../../schemas/contract/timeframe.ts'
import { firstAtOrAfter, NO_BARS } from '../read/bar-runs.ts'
import type { Level } from '../read/level-of-detail.ts'
import { barsIn, picked } from './bar-differences.ts'
import type { DayChanges } from './day-changes.ts'
import {
  type BarSources,
  type Followed,
  type Increment,
  joined,
  type Stretch,
  type SymbolChanges,
} from './increment.ts'

/** More candles than this are asked for by the window itself. */
const CANDLES_AT_MOST = 64

const DAY = 86_400_000

/** The candle of a level that holds an instant: its bars are those with from ≤ ts ≤ to. */
export function candleAround(level: Level, barMillis: number, instant: number): Stretch {
  const end = level.endOf(instant)
  // Units of the calendar have a usual length; none is twice as long.
  let low = instant - 2 * level.bars * barMillis - 2 * DAY
  let high = instant
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (level.endOf(middle) < end) low = middle + 1
    else high = middle
  }
  return { from: low, to: end - 1 }
}

/**
 * The candles that a change touches, gathered anew from their first bar on (SPEC F13). A candle is known by the open of its
 * first bar: where that may have been another one, which nobody can tell, its time is to be asked for again.
 */
export async function coarseIncrement(
  { viewport }: BarSources,
  days: DayChanges,
  followed: Followed,
  changes: SymbolChanges,
): Promise<Increment> {
  const { symbol, timeframe, level } = followed
  const touched: Stretch[] = []
  for (const open of changes.opens) {
    const last = touched.at(-1)
    if (last === undefined || open > last.to)
      touched.push(candleAround(level, timeframeMillis(timeframe), open))
  }
  const [first, last] = [touched[0], touched.at(-1)]
  if (first === undefined || last === undefined || touched.length > CANDLES_AT_MOST) {
    const whole = first === undefined || last === undefined ? null : { from: first.from, to: last.to }
    return {
      candles: NO_BARS,
      emas: [],
      gone: [],
      stale: widened(level, timeframeMillis(timeframe), joined(changes.stale, whole)),
    }
  }
  const bars: { columns: typeof NO_BARS; place: number }[] = []
  const gone: number[] = []
  let stale = changes.stale
  for (const candle of touched) {
    const { candles } = await viewport({ symbol, timeframe, ...candle, barsPerCandle: level.bars })
    const open = candles.ts[0] ?? null
    if (open !== null) bars.push({ columns: candles, place: 0 })
    const { opens, isSure } = opensOf(candle, open, followed, days, changes)
    gone.push(...opens)
    if (!isSure) stale = joined(stale, candle)
  }
  return {
    candles: picked(bars),
    emas: [],
    gone,
    stale: widened(level, timeframeMillis(timeframe), stale),
  }
}

/** Opens that a candle has been known by since the look before, other than its present one, and whether there can't be more. */
function opensOf(
  candle: Stretch,
  open: number | null,
  { symbol, timeframe }: Followed,
  days: DayChanges,
  changes: SymbolChanges,
): { readonly opens: readonly number[]; readonly isSure: boolean } {
  const opens = new Set<number>()
  let isSame = true
  const read = new Set<string>()
  for (const { day, contents } of changes.days) {
    if (day < utcDayOf(candle.from) || day > utcDayOf(candle.to)) continue
    read.add(day)
    let hasOpen = true
    for (const content of contents) {
      const { ts } = barsIn(content, symbol)
      const place = firstAtOrAfter(ts, candle.from, 0, ts.length)
      const first = place < ts.length && (ts[place] as number) <= candle.to ? (ts[place] as number) : null
      if (first !== null && first !== open) opens.add(first)
      hasOpen &&= first === open
    }
    if (open !== null && utcDayOf(open) === day) isSame = hasOpen
  }
  // The first bar has been the first one all along, or no other day's could have been.
  const isSure =
    isSame ||
    open === null ||
    days.daysBetween(timeframe, utcDayOf(candle.from), utcDayOf(candle.to)).every((day) => read.has(day))
  return { opens: [...opens].sort((a, b) => a - b), isSure }
}

/** To whole candles: a part of one has other values. */
function widened(level: Level, barMillis: number, stale: Stretch | null): Stretch | null {
  if (stale === null) return null
  return {
    from: candleAround(level, barMillis, stale.from).from,
    to: candleAround(level, barMillis, stale.to).to,
  }
}
