import { rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LiveBars } from '../../schemas/contract/live.ts'
import { utcDayOf } from '../../schemas/contract/market-time.ts'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import type { Env } from '../../src-main/store/fs/env.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { ALL } from '../../src-main/store/live/hints.ts'
import { decision } from '../support/ledger-store.ts'
import { type OpenTails, openTails } from '../support/live-tails.ts'
import {
  candle,
  candles,
  foreignBars,
  type OpenedStore,
  openedStore,
  zoneEvent,
} from '../support/store-fixture.ts'

/** 08:30 in Chicago, 2024-03-08. */
const OPEN = Date.parse('2024-03-08T14:30:00Z')
const STEP = 120_000
const DAY = 86_400_000

let store: OpenedStore
/** As another process sees it: what the store writes is found by looking. */
let live: OpenTails
/** Called when the tails ask for a window. */
let asking: () => void
/** A folder whose listing fails while it is named here. */
let broken: string | null = null

const env: Env = {
  ...nodeEnv,
  readDir: async (folder) => {
    if (broken !== null && folder.endsWith(broken)) throw new Error(`no listing of ${broken}`)
    return nodeEnv.readDir(folder)
  },
}

beforeEach(async () => {
  broken = null
  store = await openedStore()
  asking = () => {}
  live = await openTails(store.root, { env }, () => asking())
})
afterEach(async () => {
  await live.close()
  await store.remove()
})

async function barsTold(): Promise<LiveBars | null> {
  return (await live.look())?.bars ?? null
}

function opens(bars: LiveBars | null): readonly number[] {
  return [...(bars?.candles.ts ?? [])]
}

const append = (rows: readonly CandleRow[]): Promise<unknown> => store.writer.appendCandles(rows)

/** Writes another program's part in one step, also over one that stands there. */
async function foreignPart(name: string, rows: readonly CandleRow[]): Promise<void> {
  const staged = await foreignBars(store.root, 'foreign.tmp', rows)
  const [first] = rows
  const folder = path.join(store.root, 'data', first?.timeframe ?? '', utcDayOf(first?.ts ?? 0))
  await rename(path.join(store.root, staged), path.join(folder, name))
}

describe('bars of the followed series', () => {
  it('F12: an empty store, then its first bar, its next ones, another value, and none any more', async () => {
    await live.look()
    live.tails.follow({ symbol: 'SPY', timeframe: '2m' })
    expect(await barsTold()).toBe(null)
    await append(candles(1, OPEN))
    const first = await barsTold()
    expect(first).toMatchObject({ symbol: 'SPY', timeframe: '2m', barsPerCandle: 1, emas: [], stale: null })
    expect([opens(first), [...(first?.candles.close ?? [])]]).toEqual([[OPEN], [100.5]])
    await append([
      candle({ ts: OPEN + STEP }),
      candle({ ts: OPEN, symbol: 'QQQ' }),
      candle({ ts: OPEN, timeframe: '15m' }),
    ])
    expect(opens(await barsTold())).toEqual([OPEN + STEP])
    expect(await barsTold()).toBe(null)
    await append([candle({ ts: OPEN, close: 11.5 })])
    const other = await barsTold()
    expect([opens(other), [...(other?.candles.close ?? [])]]).toEqual([[OPEN], [11.5]])
    await store.compactor.compact({})
    expect(await barsTold()).toBe(null)
    await rm(path.join(store.root, 'data', '2m', '2024-03-08.parquet'))
    const none = await barsTold()
    expect([opens(none), [...(none?.gone ?? [])]]).toEqual([[], [OPEN, OPEN + STEP]])
  })

  it('F12: bars of a session that a UTC midnight cuts are told whatever partition they stand in', async () => {
    await live.look()
    live.tails.follow({ symbol: 'BTC/USD', timeframe: '15m' })
    const midnight = Date.parse('2024-03-11T00:00:00Z')
    const bars = candles(4, midnight - 1_800_000, { symbol: 'BTC/USD', timeframe: '15m', step: 900_000 })
    await append(bars)
    expect(opens(await barsTold())).toEqual(bars.map(({ ts }) => ts))
  })

  it('F12: over 2,000 bars are a time to ask for again; so is a day of which nobody knows what it held', async () => {
    await append(candles(10, OPEN, { symbol: 'SPY' }))
    await store.compactor.compact({})
    await live.look()
    live.tails.follow({ symbol: 'SPY', timeframe: '1m' })
    const start = Date.parse('2024-03-04T00:00:00Z')
    await store.writer.backfillCandles(candles(2 * 1440, start, { timeframe: '1m', step: 60_000 }))
    const many = await barsTold()
    expect([opens(many), many?.stale]).toEqual([[], { from: start, to: start + 2 * DAY - 60_000 }])
    live.tails.follow({ symbol: 'SPY', timeframe: '2m' })
    await store.writer.backfillCandles([candle({ ts: OPEN, close: 11.5 })])
    const start2m = Date.parse('2024-03-08T00:00:00Z')
    const unread = await barsTold()
    expect([opens(unread), unread?.stale]).toEqual([[], { from: start2m, to: start2m + DAY - 1 }])
    await store.writer.backfillCandles([candle({ ts: OPEN, close: 11.75 }), candle({ ts: OPEN + STEP })])
    const read = await barsTold()
    expect([opens(read), read?.stale]).toEqual([[OPEN, OPEN + STEP], null])
  })

  it('F12: with averages a late bar tells every bar from it on, and before the first look all of it is asked for again', async () => {
    const bars = candles(30, OPEN)
    live.tails.follow({ symbol: 'SPY', timeframe: '2m', emas: [3, 5] })
    expect((await barsTold())?.stale).toEqual({ from: -8.64e15, to: 8.64e15 })
    await append(bars.filter((_, index) => index !== 10))
    await live.look()
    await append(bars.slice(10, 11))
    const late = await barsTold()
    const fresh = await store.reader.viewport({
      ...{ symbol: 'SPY', timeframe: '2m', from: OPEN + 10 * STEP, to: OPEN + DAY, emas: [3, 5] },
    })
    expect(late?.candles).toEqual(fresh.candles)
    expect(late?.emas).toEqual(fresh.emas)
    expect(late?.emas.map(({ period, values }) => [period, values.length])).toEqual([
      [3, 20],
      [5, 20],
    ])
  })

  it('F11: a value that changed and changed back is told when a window was answered with it meanwhile', async () => {
    await append(candles(3, OPEN))
    await live.look()
    live.tails.follow({ symbol: 'SPY', timeframe: '2m' })
    const window = { symbol: 'SPY', timeframe: '2m', from: OPEN, to: OPEN + DAY }
    await live.viewport(window)
    await foreignPart('z.parquet', [candle({ ts: OPEN, close: 11.75 })])
    expect((await live.viewport(window)).candles.close[0]).toBe(11.75)
    await rm(path.join(store.root, 'data', '2m', '2024-03-08', 'z.parquet'))
    const bars = await barsTold()
    expect([opens(bars), [...(bars?.candles.close ?? [])]]).toEqual([[OPEN], [100.5]])
  })

  it('F11: so is a bar of a day that came and went as a whole', async () => {
    await append(candles(3, OPEN))
    await live.look()
    live.tails.follow({ symbol: 'SPY', timeframe: '2m' })
    const file = await foreignBars(store.root, 'data/2m/2024-03-11/bot.parquet', [
      candle({ ts: OPEN + 3 * DAY }),
    ])
    const window = { symbol: 'SPY', timeframe: '2m', from: OPEN, to: OPEN + 4 * DAY }
    expect((await live.viewport(window)).candles.ts.length).toBe(4)
    await rm(path.join(store.root, file))
    expect([...((await barsTold())?.gone ?? [])]).toEqual([OPEN + 3 * DAY])
    expect(await live.look()).toBe(null)
  })

  it('F11: a part that another program writes again under its name is read again', async () => {
    await append(candles(1, OPEN))
    await foreignPart('bot.parquet', [candle({ ts: OPEN + STEP })])
    await live.look()
    live.tails.follow({ symbol: 'SPY', timeframe: '2m' })
    await foreignPart('bot.parquet', [
      candle({ ts: OPEN + STEP, close: 11.5 }),
      candle({ ts: OPEN + 2 * STEP }),
    ])
    expect(opens(await barsTold())).toEqual([OPEN + STEP, OPEN + 2 * STEP])
  })

  it('F10: what can’t be listed is told later, and keeps nothing else from being told', async () => {
    await live.look()
    live.tails.follow({ symbol: 'SPY', timeframe: '2m' })
    broken = 'decisions'
    await store.writer.appendLedger('decisions', [decision('d1', '2024-03-08T15:00')])
    await append(candles(1, OPEN))
    expect(opens(await barsTold())).toEqual([OPEN])
    expect(String(live.tails.failure)).toContain('no listing of decisions')
    broken = '2024-03-08'
    await append(candles(1, OPEN + STEP))
    await store.writer.appendEvents([zoneEvent({ ts: OPEN })])
    expect((await live.look())?.tables).toEqual(['object_events', 'decisions'])
    await expect(live.look()).rejects.toThrow('no listing of 2024-03-08')
    broken = null
    expect(opens(await barsTold())).toEqual([OPEN + STEP])
    expect(live.tails.failure).toBe(null)
  })

  it('F10: what was found and never told, as when the folder went meanwhile, is found again', async () => {
    await live.look()
    live.tails.follow({ symbol: 'SPY', timeframe: '2m' })
    await append(candles(2, OPEN))
    await store.writer.appendEvents([zoneEvent({ ts: OPEN })])
    const found = await live.tails.look([ALL])
    // Who follows another series now is not told of it.
    expect(live.tails.isUntold).toBe(true)
    const again = await live.tails.look([ALL])
    expect(again).toEqual(found)
    expect([opens(again?.bars ?? null), again?.objects?.changed.length]).toEqual([[OPEN, OPEN + STEP], 1])
    live.tails.told()
    expect(live.tails.isUntold).toBe(false)
    expect(await live.look()).toBe(null)
  })

  it('F10: who follows in the middle of a look is told what that look finds', async () => {
    await append(candles(1, OPEN, { symbol: 'QQQ' }))
    await live.look()
    live.tails.follow({ symbol: 'SPY', timeframe: '2m' })
    await live.viewport({ symbol: 'QQQ', timeframe: '2m', from: OPEN, to: OPEN + DAY })
    await append(candles(1, OPEN + STEP, { symbol: 'QQQ' }))
    live.tails.follow({ symbol: 'SPY', timeframe: '2m', emas: [2] })
    await append(candles(1, OPEN + STEP, { symbol: 'SPY' }))
    asking = () => live.tails.follow({ symbol: 'QQQ', timeframe: '2m' })
    const bars = await barsTold()
    expect([bars?.symbol, opens(bars)]).toEqual(['QQQ', [OPEN + STEP]])
    await append(candles(1, OPEN + 2 * STEP, { symbol: 'QQQ' }))
    live.tails.follow({ symbol: 'SPY', timeframe: '2m' })
    live.tails.follow({ symbol: 'QQQ', timeframe: '2m' })
    expect(opens(await barsTold())).toEqual([OPEN + 2 * STEP])
  })
})
