import type { SeriesFeed } from './live.ts'
import { type MarketZone, utcDayOf } from './market-time.ts'
import { sessionOf, tradingDaysUpTo } from './trading-calendar.ts'

/**
 * Whether anybody waits for this series' bars: it is not stale, or became so on this trading day or the one before. One
 * that has had no bar for longer is history, or another bot's past: it is told in words and raises no alarm (SPEC F56).
 */
export function isAwaited({ state, since }: SeriesFeed, now: number, zone: MarketZone): boolean {
  if (state === 'unknown') return false
  if (state !== 'stale') return true
  return since >= openBefore(now, zone)
}

/** When the trading day before the present one (or the last one) opened. */
function openBefore(now: number, zone: MarketZone): number {
  const opens = tradingDaysUpTo(utcDayOf(now), 3).map((day) => sessionOf(day, zone).open)
  const [before = now] = opens.filter((open) => open <= now).slice(-2)
  return before
}

/** Series of one symbol that share a state. */
export interface FeedGroup {
  readonly symbol: string
  /** In the order given. */
  readonly timeframes: readonly string[]
  /** The earliest of theirs, ms UTC. */
  readonly since: number
}

/** Series by symbol, in the order given. */
export function groupFeeds(feeds: readonly SeriesFeed[]): readonly FeedGroup[] {
  const groups = new Map<string, { symbol: string; timeframes: string[]; since: number }>()
  for (const { symbol, timeframe, since } of feeds) {
    const group = groups.get(symbol)
    if (group === undefined) groups.set(symbol, { symbol, timeframes: [timeframe], since })
    else {
      group.timeframes.push(timeframe)
      group.since = Math.min(group.since, since)
    }
  }
  return [...groups.values()]
}

/** `10:32 CDT` on the market's date of `now`, else `2024-03-08 10:32 CST`. */
export function marketMoment(instant: number, now: number, zone: MarketZone): string {
  const { hour, minute } = zone.wallClock(instant)
  const clock = `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')} ${zone.abbreviation(instant)}`
  const date = zone.dateOf(instant)
  return date === zone.dateOf(now) ? clock : `${date} ${clock}`
}

/** A length of time in words: `45 s`, `12 min`, `1 h 5 min`, `3 d`. */
export function spanText(millis: number): string {
  const seconds = Math.round(Math.abs(millis) / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours >= 48) return `${Math.floor(hours / 24)} d`
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
}
