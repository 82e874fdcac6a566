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

/**
 * The series to open with: the one last looked at, else what is nearest to it: the shortest bars of that symbol, or
 * of the symbol with the longest history. Null without any.
 */
export function firstSeries(
  series: readonly Series[],
  symbol: string | undefined,
  timeframe: string | undefined,
): Series | null {
  const known = symbol !== undefined && series.some((one) => one.symbol === symbol)
  const wanted = known ? symbol : longestHistory(series)
  const candidates = series.filter((one) => one.symbol === wanted)
  const [shortest] = candidates.toSorted((a, b) =>
    compareTimeframes(parseTimeframe(a.timeframe), parseTimeframe(b.timeframe)),
  )
  return candidates.find((one) => one.timeframe === timeframe) ?? shortest ?? null
}

function longestHistory(series: readonly Series[]): string | undefined {
  const [first] = series.toSorted(
    (a, b) => b.lastTs - b.firstTs - (a.lastTs - a.firstTs) || (a.symbol < b.symbol ? -1 : 1),
  )
  return first?.symbol
}
