import type { Series } from '../../schemas/contract/health.ts'
import { compareTimeframes, parseTimeframe } from '../../schemas/contract/timeframe.ts'

export function symbolsOf(series: readonly Series[]): readonly string[] {
  return [...new Set(series.map(({ symbol }) => symbol))].sort()
}

/** Of a symbol, shorter bars first. */
export function timeframesOf(series: readonly Series[], symbol: string): readonly string[] {
  return series
    .filter((one) => one.symbol === symbol)
    .map(({ timeframe }) => timeframe)
    .sort((a, b) => compareTimeframes(parseTimeframe(a), parseTimeframe(b)))
}

/** The series to open with: the one last looked at, else what is nearest to it. Null without any. */
export function firstSeries(
  series: readonly Series[],
  symbol: string | undefined,
  timeframe: string | undefined,
): Series | null {
  const ofSymbol = series.filter((one) => one.symbol === symbol)
  const candidates = ofSymbol.length > 0 ? ofSymbol : series
  const wanted = candidates.find((one) => one.timeframe === timeframe)
  if (wanted !== undefined) return wanted
  const [first] = candidates.toSorted(
    (a, b) =>
      (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0) ||
      compareTimeframes(parseTimeframe(a.timeframe), parseTimeframe(b.timeframe)),
  )
  return first ?? null
}
