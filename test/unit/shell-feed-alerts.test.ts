import { describe, expect, it } from 'vitest'
import type { LiveHealth, SeriesFeed } from '../../schemas/contract/live.ts'
import { MARKET_ZONE, MarketZone } from '../../schemas/contract/market-time.ts'
import { FeedAlerts } from '../../src-main/shell/feed-alerts.ts'
import { liveSign, liveWarnings } from '../../src-renderer/app/live-words.ts'

const zone = new MarketZone(MARKET_ZONE)
const at = (text: string): number => Date.parse(`${text}Z`)
/** A Friday at 10:40 in Chicago. */
const NOW = at('2024-06-07T15:40:00')

function feed(symbol: string, timeframe: string, state: SeriesFeed['state'], since = NOW): SeriesFeed {
  return { symbol, timeframe, state, since, lastTs: since - 120_000, nextCloseAt: NOW + 60_000 }
}

function health(feeds: readonly SeriesFeed[], change: Partial<LiveHealth> = {}): LiveHealth {
  return {
    feeds,
    clock: { state: 'right' },
    folder: { state: 'there' },
    watching: { mode: 'events' },
    unreadable: [],
    lookedAt: NOW,
    ...change,
  }
}

const GONE: LiveHealth['folder'] = {
  state: 'gone',
  since: NOW,
  error: { code: 'NO_STORE', message: 'There is no folder /x.' },
}

function alerts() {
  let now = NOW
  const said: string[] = []
  const made = new FeedAlerts({
    notify: ({ title, body }) => said.push(`${title} | ${body}`),
    zone,
    now: () => now,
  })
  return { take: (one: LiveHealth) => made.take(one), made, said, pass: (millis: number) => (now += millis) }
}

const due = at('2024-06-07T15:32:00')

describe('notifications', () => {
  it('F59: series that go stale are told once, by symbol, and that bars come again', () => {
    const { take, said } = alerts()
    const live = [feed('QQQ', '2m', 'live'), feed('SPY', '15m', 'live'), feed('SPY', '2m', 'live')]
    take(health(live))
    expect(said).toEqual([])
    const two = [feed('QQQ', '2m', 'stale', due), feed('SPY', '15m', 'live'), feed('SPY', '2m', 'stale', due)]
    take(health(two))
    take(health(two))
    expect(said).toEqual(['No new bars | QQQ 2m: no bar since 10:32 CDT\nSPY 2m: no bar since 10:32 CDT'])
    // The same bot's slower bars don't come either: nobody needs to hear it again.
    take(health([two[0], feed('SPY', '15m', 'stale', due), two[2]].filter((one) => one !== undefined)))
    expect(said).toHaveLength(1)
    take(
      health([feed('QQQ', '2m', 'stale', due), feed('SPY', '15m', 'stale', due), feed('SPY', '2m', 'live')]),
    )
    expect(said.slice(1)).toEqual(['Bars come again | SPY'])
    // What was told of it stays told until it comes, and a second fall is news.
    take(
      health([feed('QQQ', '2m', 'stale', due), feed('SPY', '15m', 'live'), feed('SPY', '2m', 'stale', due)]),
    )
    expect(said.slice(2)).toEqual(['No new bars | SPY 2m: no bar since 10:32 CDT'])
  })

  it('F59: history raises no alarm, nor at the start what is overdue out of hours', () => {
    const { take, said } = alerts()
    take(
      health([
        feed('OLD', '2m', 'stale', at('2024-06-05T15:00:00')),
        { ...feed('SPY', '2m', 'stale', at('2024-06-06T20:00:00')), nextCloseAt: null },
        feed('NONE', '2m', 'unknown'),
      ]),
    )
    expect(said).toEqual([])
  })

  it('F59: at the start of the app what should come now and does not is told', () => {
    const { take, said } = alerts()
    // Asked before the first look: nothing is known yet.
    take(health([]))
    take(health([feed('SPY', '2m', 'stale', at('2024-06-06T19:00:00'))]))
    expect(said).toEqual(['No new bars | SPY 2m: no bar since 2024-06-06 14:00 CDT'])
  })

  it('F59: a folder that goes and comes back, a clock that is set, bars of the future and a full disk', () => {
    const { take, made, said, pass } = alerts()
    const live = [feed('SPY', '2m', 'live')]
    take(health(live))
    take(health([feed('SPY', '2m', 'stale', due)], { folder: GONE }))
    take(health([feed('SPY', '2m', 'stale', due)], { folder: GONE }))
    take(health(live))
    expect(said.splice(0)).toEqual([
      'The store’s folder is gone | There is no folder /x.',
      'The store’s folder is back | Barkeep goes on with it.',
    ])
    const clock = { state: 'jumped', byMillis: -3_600_000, at: NOW } as const
    take(health(live, { clock }))
    take(health(live, { clock }))
    take(health(live, { clock: { ...clock, byMillis: 6_000, at: NOW + 1 } }))
    expect(said.splice(0)).toEqual([
      'The clock was set | It went 1 h back, or the computer slept. The store was looked at again.',
    ])
    take(health([{ ...feed('SPY', '2m', 'ahead'), lastTs: NOW + 300_000 }]))
    expect(said.splice(0)).toEqual([
      'Bars from the future | SPY 2m: 5 min ahead. This computer’s clock or the bot’s is wrong.',
    ])
    for (const code of ['NO_SPACE', 'IO', 'NO_SPACE'] as const) made.problem({ code, message: 'Full.' })
    pass(600_000)
    made.problem({ code: 'NO_SPACE', message: 'Full.' })
    expect(said).toEqual(['The disk is full | Full.', 'The disk is full | Full.'])
  })
})

describe('the words of the window', () => {
  const sign = (feeds: readonly SeriesFeed[], change: Partial<LiveHealth> = {}) => {
    const { tone, text } = liveSign(health(feeds, change), NOW, zone)
    return `${tone}: ${text}`
  }

  it('F56: the worst that is so is said, in words', () => {
    const live = feed('QQQ', '2m', 'live')
    const old = feed('OLD', '2m', 'stale', at('2023-06-05T15:00:00'))
    expect(sign([live, old])).toBe('live: Live')
    expect(sign([old])).toBe('calm: Not live')
    expect(sign([feed('SPY', '2m', 'closed'), old])).toBe('calm: Closed')
    expect(sign([feed('SPY', '2m', 'unknown')])).toBe('calm: No calendar')
    expect(sign([live, feed('SPY', '2m', 'stale', due), feed('SPY', '5m', 'stale', due + 1)])).toBe(
      'alarm: Stale since 10:32 CDT: SPY 2m, 5m',
    )
    expect(sign([live, { ...feed('SPY', '2m', 'ahead'), lastTs: NOW + 3_900_000 }])).toBe(
      'alarm: Ahead by 1 h 5 min: SPY 2m',
    )
    expect(sign([live], { folder: GONE })).toBe('alarm: Folder gone since 10:40 CDT')
  })

  it('F56: the strip is about the series of the chart, folder and clock about all views', () => {
    const feeds = [feed('SPY', '2m', 'stale', due), feed('QQQ', '2m', 'live')]
    const kinds = (shown: { symbol: string; timeframe: string } | null, change: Partial<LiveHealth> = {}) =>
      liveWarnings(health(feeds, change), shown, NOW, zone).map(({ title }) => title)
    expect(kinds({ symbol: 'SPY', timeframe: '2m' })).toEqual(['SPY 2m: no bar since 10:32 CDT'])
    expect(kinds({ symbol: 'QQQ', timeframe: '2m' })).toEqual([])
    expect(kinds(null)).toEqual([])
    expect(kinds({ symbol: 'SPY', timeframe: '2m' }, { folder: GONE })).toEqual([
      'The store’s folder is gone since 10:40 CDT',
    ])
    expect(kinds(null, { clock: { state: 'jumped', byMillis: 3_600_000, at: NOW } })).toEqual([
      'The clock went 1 h forward at 10:40 CDT',
    ])
  })
})
