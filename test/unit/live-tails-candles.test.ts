import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LiveBars } from '../../schemas/contract/live.ts'
import { candleAround } from '../../src-main/store/live/coarse-candles.ts'
import { levelOf } from '../../src-main/store/read/level-of-detail.ts'
import { type OpenTails, openTails } from '../support/live-tails.ts'
import { candle, candles, type OpenedStore, openedStore } from '../support/store-fixture.ts'

/** 08:30 in Chicago, on a Tuesday. */
const OPEN = Date.parse('2024-11-05T14:30:00Z')
const STEP = 120_000
const HOUR = 3_600_000
const DAY = 86_400_000
const WHOLE = { from: Date.parse('2020-01-01'), to: Date.parse('2030-01-01') }

let store: OpenedStore
let live: OpenTails

beforeEach(async () => {
  store = await openedStore()
  live = await openTails(store.root)
})
afterEach(async () => {
  await live.close()
  await store.remove()
})

async function told(): Promise<LiveBars | null> {
  return (await live.look())?.bars ?? null
}

const SERIES = { symbol: 'SPY', timeframe: '2m' }

describe('candles of several bars', () => {
  it('F13: a new bar tells its candle whole, from the first bar on, and a late one that is earlier what it was known by', async () => {
    await live.look()
    live.tails.follow({ ...SERIES, barsPerCandle: 30 })
    await store.writer.appendCandles(candles(40, OPEN + 2 * STEP))
    const both = await told()
    expect([...(both?.candles.ts ?? [])]).toEqual([OPEN + 2 * STEP, OPEN + HOUR])
    await store.writer.appendCandles([candle({ ts: OPEN + 42 * STEP, high: 500, volume: 7 })])
    const [one, fresh] = [await told(), await live.viewport({ ...SERIES, ...WHOLE, barsPerCandle: 30 })]
    expect([...(one?.candles.ts ?? [])]).toEqual([OPEN + HOUR])
    expect(one?.candles.high[0]).toBe(500)
    expect(one?.candles.volume[0]).toBe(fresh.candles.volume[1])
    expect([one?.barsPerCandle, one?.gone.length, one?.stale]).toEqual([30, 0, null])
    await store.writer.appendCandles([candle({ ts: OPEN })])
    const late = await told()
    expect([[...(late?.candles.ts ?? [])], [...(late?.gone ?? [])], late?.stale]).toEqual([
      ...[[OPEN], [OPEN + 2 * STEP]],
      null,
    ])
  })

  it('F13: where a candle of several days may have been known by another day’s bar, it is to be asked for again', async () => {
    const tuesday = candles(3, OPEN)
    await store.writer.backfillCandles(tuesday)
    await live.look()
    const level = 5040
    live.tails.follow({ ...SERIES, barsPerCandle: level })
    await store.writer.appendCandles([candle({ ts: OPEN + DAY })])
    const next = await told()
    expect([[...(next?.candles.ts ?? [])], next?.stale]).toEqual([[OPEN], null])
    await store.writer.appendCandles([candle({ ts: OPEN - DAY })])
    const monday = await told()
    const week = { from: Date.parse('2024-11-04T06:00:00Z'), to: Date.parse('2024-11-11T06:00:00Z') - 1 }
    expect(monday?.stale).toEqual(week)
  })

  it('F13: an instant’s candle is found on either side of both clock changes, at midnights and at ends of units', () => {
    const { zone } = live.context
    const found: string[] = []
    for (const [timeframe, bars] of [
      ...(['2m'] as const).flatMap((each) =>
        [2, 30, 120, 360, 720, 5040, 21_600].map((count) => [each, count] as const),
      ),
      ...([
        ['15m', 48],
        ['1d', 7],
        ['1d', 30],
        ['1d', 365],
      ] as const),
    ]) {
      const level = levelOf(timeframe as never, zone, bars)
      const barMillis = { '2m': STEP, '15m': 900_000, '1d': DAY }[timeframe]
      for (const day of ['2024-03-10', '2024-11-03', '2024-11-04', '2024-12-31', '2024-02-29'])
        for (const hour of [0, 5, 5.999, 6, 6.5, 7, 13.5, 14.5, 23.99]) {
          const instant = Date.parse(day) + Math.floor(hour * HOUR)
          const { from, to } = candleAround(level, barMillis, instant)
          const isRight =
            from <= instant &&
            instant <= to &&
            level.endOf(from) === to + 1 &&
            level.endOf(to) === to + 1 &&
            level.endOf(from - 1) === from
          if (!isRight) found.push(`${timeframe} × ${bars} at ${new Date(instant).toISOString()}`)
        }
    }
    expect(found).toEqual([])
  })
})

describe('a window at a level of detail', () => {
  it('F15: equals what maxBars chose, from bars and from tiers; a level that the ladder lacks is refused', async () => {
    const days = Array.from({ length: 25 }, (_, day) =>
      candles(30, OPEN - (day + 3) * DAY, { step: 15 * 60_000, timeframe: '15m' }),
    )
    await store.writer.backfillCandles(days.flat())
    const window = { symbol: 'SPY', timeframe: '15m', ...WHOLE }
    const levels = new Set<number>()
    for (const maxBars of [750, 400, 200, 110, 60, 30, 5, 2]) {
      const chosen = await live.viewport({ ...window, maxBars })
      levels.add(chosen.barsPerCandle)
      const asked = { ...window, barsPerCandle: chosen.barsPerCandle }
      expect(await live.viewport(asked)).toEqual(chosen)
      expect(await live.viewport({ ...asked, maxBars: 1 })).toEqual(chosen)
      const short = { ...asked, from: OPEN - 10 * DAY }
      const some = await live.viewport(short)
      expect(some.level).toEqual(chosen.level)
    }
    expect([...levels]).toEqual([1, 2, 4, 12, 24, 48, 672, 2880])
    await expect(live.viewport({ ...window, barsPerCandle: 5 })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
    expect(() => live.tails.follow({ symbol: 'SPY', timeframe: '15m', barsPerCandle: 5 })).toThrow(
      'No candles of 15m hold 5 bars',
    )
  })
})
