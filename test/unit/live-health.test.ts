import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LiveHealth } from '../../schemas/contract/live.ts'
import { MARKET_ZONE, MarketZone } from '../../schemas/contract/market-time.ts'
import type { CalendarName } from '../../schemas/contract/trading-calendar.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { ClockWatch } from '../../src-main/store/live/clock-watch.ts'
import { feedOf } from '../../src-main/store/live/feed-health.ts'
import { HealthWatch } from '../../src-main/store/live/health-watch.ts'
import { type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

const zone = new MarketZone(MARKET_ZONE)
const at = (text: string): number => Date.parse(`${text}Z`)

function judged(timeframe: string, last: string, now: string, calendar: CalendarName = 'us-equities') {
  const series = { symbol: 'SPY', timeframe, firstTs: 0, lastTs: at(last) }
  const { state, since, nextCloseAt } = feedOf(series, { calendar, zone, now: at(now) })
  const told = (instant: number) => new Date(instant).toISOString().slice(0, 19)
  return [state, told(since), nextCloseAt === null ? null : told(nextCloseAt)]
}

describe('how live a series is', () => {
  it('F50: two intervals after its last bar closed it is stale, since the next one should have closed', () => {
    // 10:30 CST to 10:32; the next is due at 10:34.
    const last = '2024-03-08T16:30:00'
    expect(judged('2m', last, '2024-03-08T16:35:59')).toEqual([
      'live',
      '2024-03-08T16:32:00',
      '2024-03-08T16:36:00',
    ])
    expect(judged('2m', last, '2024-03-08T16:36:00')).toEqual([
      'stale',
      '2024-03-08T16:34:00',
      '2024-03-08T16:38:00',
    ])
  })

  it('F51: out of hours it is closed when its last bar is there, and stays stale when it never came', () => {
    const closed = ['closed', '2024-03-08T21:00:00', null]
    expect(judged('15m', '2024-03-08T20:45:00', '2024-03-08T21:00:00')).toEqual(closed)
    expect(judged('15m', '2024-03-08T20:45:00', '2024-03-11T13:29:59')).toEqual(closed)
    // Monday opens by summer time, an hour earlier in UTC: its first bar is due 15 minutes later, overdue 15 after that.
    expect(judged('15m', '2024-03-08T20:45:00', '2024-03-11T13:59:59')[0]).toBe('live')
    expect(judged('15m', '2024-03-08T20:45:00', '2024-03-11T14:00:00')).toEqual([
      'stale',
      '2024-03-11T13:45:00',
      '2024-03-11T14:15:00',
    ])
    // The last bar of the day is still due for an interval, then it never came.
    expect(judged('15m', '2024-03-08T20:30:00', '2024-03-08T21:14:59')[0]).toBe('live')
    expect(judged('15m', '2024-03-08T20:30:00', '2024-03-10T12:00:00')).toEqual([
      'stale',
      '2024-03-08T21:00:00',
      null,
    ])
  })

  it('F51: bars of a day are due at the close of the next trading day, and overdue at the one after', () => {
    const friday = '2024-03-08T00:00:00'
    expect(judged('1d', friday, '2024-03-11T18:00:00')).toEqual([
      'live',
      '2024-03-09T00:00:00',
      '2024-03-11T20:00:00',
    ])
    expect(judged('1d', friday, '2024-03-11T23:00:00')[0]).toBe('closed')
    expect(judged('1d', friday, '2024-03-12T20:00:00')).toEqual(['stale', '2024-03-11T20:00:00', null])
  })

  it('F51: round the clock there is no close', () => {
    const last = '2024-03-09T23:58:00'
    expect(judged('2m', last, '2024-03-10T00:03:59', '24x7')).toEqual([
      'live',
      '2024-03-10T00:00:00',
      '2024-03-10T00:04:00',
    ])
    expect(judged('2m', last, '2024-03-10T00:04:00', '24x7')[0]).toBe('stale')
  })

  it('F52: a bar of the future is told, and without a calendar nothing is guessed', () => {
    expect(judged('2m', '2024-03-08T17:30:00', '2024-03-08T16:30:00')).toEqual([
      'ahead',
      '2024-03-08T17:30:00',
      null,
    ])
    expect(judged('2m', '2020-03-09T16:30:00', '2024-03-08T16:30:00', 'none')[0]).toBe('unknown')
  })
})

describe('the clock', () => {
  it('F54: a jump is told by how much, slow corrections are not, and one set back is right again', () => {
    let now = at('2024-03-08T16:00:00')
    let monotonic = 5_000
    const clock = new ClockWatch({ now: () => now, monotonic: () => monotonic })
    const pass = (wall: number, real: number) => {
      now += wall
      monotonic += real
      return clock.check()
    }
    expect(pass(2_400, 2_000)).toBe(false)
    expect(clock.state).toEqual({ state: 'right' })
    expect(pass(3_602_000, 2_000)).toBe(true)
    expect(clock.state).toEqual({ state: 'jumped', byMillis: 3_600_000, at: now })
    expect(pass(2_000, 2_000)).toBe(false)
    expect(clock.state.state).toBe('jumped')
    expect(pass(2_000 - 3_600_000, 2_000)).toBe(true)
    expect(clock.state).toEqual({ state: 'right' })
    pass(-60_000, 0)
    expect(clock.state).toEqual({ state: 'jumped', byMillis: -60_000, at: now })
    pass(601_000, 601_000)
    expect(clock.state).toEqual({ state: 'right' })
  })
})

describe('the health of a watched store', () => {
  let store: TemporaryStore
  let now = at('2024-03-08T16:33:00')
  beforeAll(async () => {
    store = await temporaryStore({ env: { ...nodeEnv, now: () => now } })
  })
  afterAll(() => store.close())

  it('F53–F55: is told when time alone changes it, and once', async () => {
    const told: LiveHealth[] = []
    const problems: string[] = []
    let jumps = 0
    let monotonic = 0
    const watch = new HealthWatch({
      context: store.context,
      looked: () => ({
        folder: { state: 'there' },
        watching: { mode: 'events' },
        unreadable: [],
      }),
      onChange: (health) => told.push(health),
      onClockJump: () => {
        jumps += 1
      },
      onProblem: ({ code }) => problems.push(code),
      monotonic: () => monotonic,
    })
    const pass = async (millis: number) => {
      now += millis
      monotonic += millis
      await watch.check()
    }
    const lastTs = at('2024-03-08T16:30:00')
    expect(watch.ask().feeds).toEqual([])
    watch.series([
      { symbol: 'BTC-USD', timeframe: '2m', firstTs: 0, lastTs },
      { symbol: 'SPY', timeframe: '2m', firstTs: 0, lastTs },
    ])
    // Whoever asked before there were series hears of them.
    expect(watch.judge()?.feeds.map(({ state }) => state)).toEqual(['live', 'live'])
    expect(watch.judge()).toBeNull()
    await pass(10_000)
    expect(told).toEqual([])
    await pass(3 * 60_000)
    expect(told.at(-1)?.feeds.map(({ state }) => state)).toEqual(['stale', 'stale'])
    // Whoever is told has the clock that it was judged by.
    expect(told.at(-1)?.lookedAt).toBe(now)

    const count = told.length
    await mkdir(path.join(store.root, '.barkeep'), { recursive: true })
    await writeFile(path.join(store.root, '.barkeep', 'settings.json'), '{"calendars":{"BTC*":"none"}}')
    await pass(0)
    expect(told.slice(count).map(({ feeds }) => feeds.map(({ state }) => state))).toEqual([
      ['unknown', 'stale'],
    ])
    await writeFile(path.join(store.root, '.barkeep', 'settings.json'), '{"calendars":')
    await pass(0)
    await pass(0)
    expect(told.at(-1)?.feeds.map(({ state }) => state)).toEqual(['unknown', 'unknown'])
    expect(problems).toEqual(['BAD_SETTINGS'])

    expect(jumps).toBe(0)
    now += 3_600_000
    await watch.check()
    expect(jumps).toBe(1)
    expect(told.at(-1)?.clock).toEqual({ state: 'jumped', byMillis: 3_600_000, at: now })
    watch.stop()
  })
})
