import type { LiveHealth, SeriesFeed } from '../../schemas/contract/live.ts'
import {
  type FeedGroup,
  groupFeeds,
  isAwaited,
  marketMoment,
  spanText,
} from '../../schemas/contract/live-feeds.ts'
import type { MarketZone } from '../../schemas/contract/market-time.ts'

/** How live the store is, in a few words for the status bar. */
export interface LiveSign {
  /** `alarm`: what is shown is not the present although it should be. */
  readonly tone: 'live' | 'calm' | 'alarm'
  readonly text: string
  readonly hint: string
}

const HINTS = {
  live: 'Bars come as they are due.',
  closed: 'Out of trading hours; the last bars are there.',
  history: 'No bar has come for more than a trading day: what is stored is history.',
  unknown: 'These symbols have no trading calendar (Storage, settings), so nobody knows when a bar is due.',
} as const

/** One sign for all series, the worst that is so: what is alarming comes before what is well. */
export function liveSign({ feeds, folder }: LiveHealth, now: number, zone: MarketZone): LiveSign {
  const moment = (instant: number) => marketMoment(instant, now, zone)
  if (folder.state === 'gone') {
    return {
      tone: 'alarm',
      text: `Folder gone since ${moment(folder.since)}`,
      hint: `${folder.error.message} It is looked for every few seconds.`,
    }
  }
  const awaited = feeds.filter((feed) => isAwaited(feed, now, zone))
  const of = (state: SeriesFeed['state']) => awaited.filter((feed) => feed.state === state)
  const ahead = of('ahead')
  if (ahead.length > 0) {
    const by = Math.max(...ahead.map(({ lastTs }) => lastTs - now))
    return { tone: 'alarm', text: `Ahead by ${spanText(by)}: ${seriesText(ahead)}`, hint: AHEAD }
  }
  const stale = of('stale')
  if (stale.length > 0) {
    const since = Math.min(...stale.map((feed) => feed.since))
    return {
      tone: 'alarm',
      text: `Stale since ${moment(since)}: ${stale.length === awaited.length && stale.length > 3 ? 'all series' : seriesText(stale)}`,
      hint: groupFeeds(stale)
        .map((group) => `${groupText(group)}: no bar since ${moment(group.since)}`)
        .join('. '),
    }
  }
  if (of('live').length > 0) return { tone: 'live', text: 'Live', hint: HINTS.live }
  if (of('closed').length > 0) return { tone: 'calm', text: 'Closed', hint: HINTS.closed }
  return feeds.some(({ state }) => state === 'stale') || feeds.length === 0
    ? { tone: 'calm', text: 'Not live', hint: HINTS.history }
    : { tone: 'calm', text: 'No calendar', hint: HINTS.unknown }
}

export const AHEAD =
  'The last bar lies in the future: this computer’s clock or the bot’s is wrong. Compare both with the time of day.'

/** So many symbols are named. */
const NAMED = 2

/** `SPY 2m, 5m`, `SPY 2m, 5m; QQQ 2m`, `SPY 2m, 5m; QQQ 2m and 3 more symbols`. */
export function seriesText(feeds: readonly SeriesFeed[]): string {
  const groups = groupFeeds(feeds)
  const named = groups.slice(0, NAMED).map(groupText).join('; ')
  const more = groups.length - NAMED
  return more > 0 ? `${named} and ${more} more symbol${more === 1 ? '' : 's'}` : named
}

function groupText({ symbol, timeframes }: FeedGroup): string {
  return `${symbol} ${timeframes.join(', ')}`
}

/** A warning over the view, and what can be done about it. */
export interface LiveWarning {
  readonly kind: 'folder' | 'clock' | 'ahead' | 'stale'
  readonly title: string
  readonly text: string
}

/** @param shown the series of the chart; null where no chart is in front */
export function liveWarnings(
  health: LiveHealth,
  shown: { readonly symbol: string; readonly timeframe: string } | null,
  now: number,
  zone: MarketZone,
): readonly LiveWarning[] {
  const { folder, clock, feeds } = health
  const moment = (instant: number) => marketMoment(instant, now, zone)
  const warnings: LiveWarning[] = []
  if (folder.state === 'gone') {
    warnings.push({
      kind: 'folder',
      title: `The store’s folder is gone since ${moment(folder.since)}`,
      text: 'What is shown is from before. Put it back, or connect its drive; Barkeep goes on by itself.',
    })
  }
  if (clock.state === 'jumped') {
    const by = `${spanText(clock.byMillis)} ${clock.byMillis > 0 ? 'forward' : 'back'}`
    warnings.push({
      kind: 'clock',
      title: `The clock went ${by} at ${moment(clock.at)}`,
      text:
        clock.byMillis > 0
          ? 'It was set, or the computer slept: everything was looked at again.'
          : 'It was set: everything was looked at again. Check that it is right now.',
    })
  }
  const feed = feeds.find((one) => one.symbol === shown?.symbol && one.timeframe === shown.timeframe)
  if (feed === undefined || folder.state === 'gone') return warnings
  const name = `${feed.symbol} ${feed.timeframe}`
  if (feed.state === 'ahead')
    warnings.push({ kind: 'ahead', title: `${name} is ahead by ${spanText(feed.lastTs - now)}`, text: AHEAD })
  if (feed.state === 'stale' && isAwaited(feed, now, zone)) {
    warnings.push({
      kind: 'stale',
      title: `${name}: no bar since ${moment(feed.since)}`,
      text: `for ${spanText(now - feed.since)}. The chart is not the present. Check that the bot runs and writes to this store.`,
    })
  }
  return warnings
}
