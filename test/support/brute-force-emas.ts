import { utcDayOf } from '../../schemas/contract/market-time.ts'

/** A bar as far as averages need it. */
export interface Close {
  readonly ts: number
  readonly close: number
}

/**
 * SPEC F35 in the plainest form, written from the rule and not from the engine: for each bar, begin anew at its day's warm-up and walk up
 * to it. NaN where there is no value.
 * @param bars of one series, ascending
 */
export function bruteForceEma(bars: readonly Close[], period: number): number[] {
  const days = bars.map(({ ts }) => utcDayOf(ts))
  return bars.map(({ ts }, place) => {
    const firstOfDay = days.indexOf(utcDayOf(ts))
    const begin = Math.max(0, firstOfDay - 20 * period)
    if (place - begin + 1 < period) return Number.NaN
    let mean = 0
    for (let i = begin; i < begin + period; i++) mean += bars[i]?.close ?? Number.NaN
    let value = mean / period
    for (let i = begin + period; i <= place; i++)
      value = value + (2 / (period + 1)) * ((bars[i]?.close ?? Number.NaN) - value)
    return value
  })
}

/** The average begun once, at the series' first bars: what a definition without days gives. */
export function continuousEma(bars: readonly Close[], period: number): number[] {
  let value = Number.NaN
  return bars.map(({ close }, place) => {
    if (place === period - 1)
      value = bars.slice(0, period).reduce((sum, each) => sum + each.close, 0) / period
    else if (place >= period) value += (2 / (period + 1)) * (close - value)
    return value
  })
}
