import type { Series } from '../../schemas/contract/health.ts'
import type { Preferences } from '../../schemas/generated/requests.ts'
import type { TimeSpan } from './bar-columns.ts'
import type { FeedState } from './feed-state.ts'

/**
 * What is kept of where one looks, so that it survives another view and a restart.
 * @param bounds of the series
 */
export function rangeToKeep(
  visible: TimeSpan,
  { bars, atEnd }: Pick<FeedState, 'bars' | 'atEnd'>,
  bounds: TimeSpan | null,
): Preferences {
  // The last candle of a coarse level opens before the last bar.
  const showsLast = atEnd && visible.to >= (bars.ts.at(-1) ?? Number.POSITIVE_INFINITY)
  return {
    rangeFrom: Math.round(visible.from),
    rangeTo: Math.round(visible.to),
    rangeEnd: showsLast ? (bounds?.to ?? 0) : 0,
  }
}

/**
 * Where to open a series: the time that was in view, or null for its end. Who looked at the last bar looks at the last
 * bar again, not at what was the last one then.
 */
export function keptRange(kept: Preferences, { firstTs, lastTs }: Series): TimeSpan | null {
  const { rangeFrom: from, rangeTo: to, rangeEnd: end = 0 } = kept
  if (from === undefined || to === undefined || from >= to) return null
  if (to < firstTs || from > lastTs || (end > 0 && lastTs > end)) return null
  return { from, to }
}
