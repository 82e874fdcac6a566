import { timeframeMillis } from '../../../schemas/contract/timeframe.ts'
import type { Timeframe } from '../../../schemas/contract/units.ts'
import type { CandleColumns, Problem } from '../../../schemas/contract/viewport.ts'
import type { Asking } from '../api.ts'
import type { LedgerSources } from './sources.ts'

const BEFORE = 40
const AFTER = 20
/** A night, a weekend and a holiday lie between two bars at most, of those that are shown small. */
const LONGEST_GAP = 5 * 86_400_000

export interface BarsAround {
  readonly candles: CandleColumns
  /** Open of the bar that contains the moment; null where no bar does, or none that had closed by asOf. */
  readonly barTs: number | null
  readonly problems: readonly Problem[]
}

/**
 * The forty bars before a moment and the twenty after it, whatever gaps lie between, none that closed after `asOf`
 * (SPEC Q20).
 * @throws CANCELLED
 */
export async function barsAround(
  { viewport }: LedgerSources,
  moment: {
    readonly symbol: string
    readonly timeframe: Timeframe
    readonly ts: number
    readonly asOf?: number
  },
  { signal }: Asking,
): Promise<BarsAround> {
  const { symbol, timeframe, ts, asOf } = moment
  const step = timeframeMillis(timeframe)
  const ask = (from: number, to: number) =>
    viewport({ symbol, timeframe, from, to, ...(asOf === undefined ? {} : { asOf }) }, signal)
  // Within a session the bars follow each other; only near its ends one has to look further.
  let { candles, problems } = await ask(ts - BEFORE * step, ts + AFTER * step)
  const at = lastAt(candles.ts, ts)
  if (at + 1 < BEFORE || candles.ts.length - at <= AFTER)
    ({ candles, problems } = await ask(ts - BEFORE * step - LONGEST_GAP, ts + AFTER * step + LONGEST_GAP))
  const bar = lastAt(candles.ts, ts)
  const open = candles.ts[bar]
  return {
    candles: slice(candles, Math.max(0, bar - BEFORE), bar + AFTER + 1),
    barTs: open !== undefined && ts < open + step ? open : null,
    problems,
  }
}

/** Index of the last open at or before an instant; −1 for none. */
function lastAt(opens: Float64Array, instant: number): number {
  let at = opens.length - 1
  while (at >= 0 && (opens[at] ?? 0) > instant) at--
  return at
}

function slice(candles: CandleColumns, from: number, to: number): CandleColumns {
  return {
    ts: candles.ts.slice(from, to),
    open: candles.open.slice(from, to),
    high: candles.high.slice(from, to),
    low: candles.low.slice(from, to),
    close: candles.close.slice(from, to),
    volume: candles.volume.slice(from, to),
  }
}
