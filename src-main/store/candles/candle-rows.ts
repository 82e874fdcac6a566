import { formatUtcIso, utcDayOf } from '../../../schemas/contract/market-time.ts'
import type { Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { CandleRow } from '../../../schemas/generated/rows.ts'
import { CANDLES } from '../../../schemas/tables/index.ts'
import { canonicalRow } from '../layout/digest.ts'
import { rowChecker } from '../write/validate.ts'

/** A stored row as a bar, and what is wrong with it. A row that can't be shown is no bar. */
export interface ReadCandle {
  readonly row: CandleRow | null
  readonly breach: { readonly code: 'BAD_ROW' | 'WRONG_PLACE'; readonly reason: string } | null
}

const check = rowChecker(CANDLES)
const PRICES = ['open', 'high', 'low', 'close'] as const

/**
 * A bar from a file of any writer, by the file's place (SPEC R7, R8): `ts_iso` is derived, the timeframe compared
 * without case and taken from the folder when the file has none. A row without a usable key or price, or that belongs
 * elsewhere, is no bar; one that only breaks its schema is kept and named. A volume that is no number is NaN.
 * @param stored a row as `rowsOf` gives it
 * @param day null where the file may hold any day
 */
export function candleOf(
  stored: Readonly<Record<string, unknown>>,
  timeframe: Timeframe,
  day: UtcDay | null,
): ReadCandle {
  const { ts, symbol } = stored
  if (typeof symbol !== 'string' || symbol === '') return unusable('has no symbol')
  if (typeof ts !== 'number' || !Number.isSafeInteger(ts) || Math.abs(ts) > 8.64e15)
    return unusable('has no usable ts')
  const price = PRICES.find((name) => typeof stored[name] !== 'number')
  if (price !== undefined) return unusable(`${symbol} at ts ${ts} has no usable ${price}`)
  const own = typeof stored.timeframe === 'string' ? stored.timeframe.toLowerCase() : timeframe
  if (own !== timeframe)
    return misplaced(`${symbol} at ts ${ts} is a ${own} bar in the folder of ${timeframe}`)
  if (day !== null && utcDayOf(ts) !== day) {
    return misplaced(`${symbol} at ts ${ts} belongs to ${utcDayOf(ts)}, not to ${day}`)
  }
  const { volume, global_x: number } = stored
  const row: CandleRow = {
    symbol,
    timeframe,
    ts,
    ts_iso: formatUtcIso(ts),
    open: positiveZero(stored.open as number),
    high: positiveZero(stored.high as number),
    low: positiveZero(stored.low as number),
    close: positiveZero(stored.close as number),
    volume: typeof volume === 'number' ? positiveZero(volume) : Number.NaN,
    global_x: typeof number === 'number' && Number.isSafeInteger(number) ? number : null,
  }
  const rejection = check(row)
  return { row, breach: rejection === null ? null : { code: 'BAD_ROW', reason: rejection.reason } }
}

function unusable(reason: string): ReadCandle {
  return { row: null, breach: { code: 'BAD_ROW', reason } }
}

function misplaced(reason: string): ReadCandle {
  return { row: null, breach: { code: 'WRONG_PLACE', reason } }
}

function positiveZero(value: number): number {
  return value + 0
}

const COMPARED = CANDLES.columns.filter(({ name }) => name !== 'global_x')

/** Which bar a row is, within its timeframe: bars of one key are one bar. */
export function candleKey({ symbol, ts }: Pick<CandleRow, 'symbol' | 'ts'>): string {
  return `${ts} ${symbol}`
}

/** All values that a writer gives: two bars of a key are the same exactly when their lines are. No number (V9). */
export function candleLine(row: CandleRow): string {
  return canonicalRow(COMPARED, { ...row })
}
