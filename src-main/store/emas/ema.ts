/** Periods that are drawn and stored unless the store's settings say otherwise, in bars (store.md §1). */
export const DEFAULT_PERIODS: readonly number[] = [13, 48, 200]

/** How many periods of bars before a day its values are worked out from. */
const WARM_UP = 20

/** So many bars before a day's first one tell all of its values, with its own. */
export function barsBefore(period: number): number {
  return WARM_UP * period
}

/**
 * The exponential moving average of closes (SPEC F35):
 *
 *   EMA_t = EMA_(t−1) + 2 / (n + 1) × (close_t − EMA_(t−1))
 *
 * with the smoothing 2 / (n + 1) of R. G. Brown's exponential smoothing for a mean age of (n − 1) / 2 bars, begun with the
 * simple mean of n closes, as charts usually do (e.g. J. Murphy, Technical Analysis of the Financial Markets, ch. 9).
 *
 * Each UTC day is worked out by itself, from the 20 × n bars before its first one: the mean of the first n of them, then
 * 19 × n steps. So a day's values depend on these bars and nothing stored, and two programs that know the bars get the
 * same bits. What the average would be had it begun at the series' first bar differs from it by at most
 * (1 − 2/(n+1))^(19n) < e^(−38) of the difference between the two at the beginning: less than half a unit in the last
 * place of a double. Where fewer bars precede the day, it begins with the series; before its n-th bar there is no value (NaN).
 *
 * @param before closes of the bars before the day, ascending; of more than are needed the last count
 * @param closes of the day, ascending
 * @param from the place of the first bar whose value isn't in `values` yet; those before it must be this function's own
 * @param values as long as the closes; filled in from that place on
 */
export function fillDay(
  period: number,
  before: Float64Array,
  closes: Float64Array,
  values: Float64Array,
  from = 0,
): void {
  const known = from > 0 ? (values[from - 1] as number) : Number.NaN
  if (!Number.isNaN(known)) {
    stepThrough(period, known, closes, values, from)
    return
  }
  const needed = barsBefore(period)
  const history = before.length > needed ? before.subarray(before.length - needed) : before
  if (history.length >= period) {
    let average = meanOf(history, period)
    const smoothing = 2 / (period + 1)
    for (let index = period; index < history.length; index++)
      average += smoothing * ((history[index] as number) - average)
    stepThrough(period, average, closes, values, 0)
    return
  }
  // The series has its n-th bar on this day, if at all.
  const missing = period - history.length
  values.fill(Number.NaN, 0, Math.min(missing, closes.length))
  if (closes.length < missing) return
  const first = new Float64Array(period)
  first.set(history)
  first.set(closes.subarray(0, missing), history.length)
  const average = meanOf(first, period)
  values[missing - 1] = average
  stepThrough(period, average, closes, values, missing)
}

function meanOf(closes: Float64Array, count: number): number {
  let sum = 0
  for (let index = 0; index < count; index++) sum += closes[index] as number
  return sum / count
}

/** @param average of the bar before `from` */
function stepThrough(
  period: number,
  average: number,
  closes: Float64Array,
  values: Float64Array,
  from: number,
): void {
  const smoothing = 2 / (period + 1)
  for (let index = from; index < closes.length; index++) {
    average += smoothing * ((closes[index] as number) - average)
    values[index] = average
  }
}
