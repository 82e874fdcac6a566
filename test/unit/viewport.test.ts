import { rename, truncate, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseInstant, utcDayOf } from '../../schemas/contract/market-time.ts'
import type { Viewport } from '../../schemas/contract/viewport.ts'
import type { ViewportRequest } from '../../schemas/generated/requests.ts'
import { at } from '../../src-main/store/context.ts'
import { DayBlocks } from '../../src-main/store/read/day-blocks.ts'
import { viewport } from '../../src-main/store/read/viewport.ts'
import {
  candle,
  candles,
  foreignBars,
  foreignDayfile,
  foreignFile,
  PANDAS_FORMS,
  type PandasForm,
  type TemporaryStore,
  temporaryStore,
  writePart,
  writeParts,
} from '../support/store-fixture.ts'

const OPEN = Date.parse('2024-03-08T14:30:00Z')
const DAY = 86_400_000

let store: TemporaryStore
let blocks: DayBlocks

beforeEach(async () => {
  store = await temporaryStore()
  blocks = new DayBlocks(store.context)
})
afterEach(() => store.close())

function ask(request: Partial<ViewportRequest> = {}, signal?: AbortSignal): Promise<Viewport> {
  const objectsAt = async () => ({ objects: [], problems: [] })
  const plain = { symbol: 'SPY', timeframe: '2m', from: OPEN - 5 * DAY, to: OPEN + 5 * DAY }
  return viewport({ context: store.context, blocks, objectsAt }, { ...plain, ...request }, signal)
}

function codes({ problems }: Viewport): string[] {
  return problems.map(({ code, file }) => `${code} ${file.split('/').at(-1)}`)
}

describe('viewport', () => {
  it('R1: bars of parts and dayfiles, ascending, of one symbol and timeframe, bounds inclusive', async () => {
    await foreignDayfile(store.root, candles(5, OPEN))
    await writeParts(store.context, [
      candle({ ts: OPEN + DAY }),
      candle({ ts: OPEN + DAY, symbol: 'QQQ' }),
      candle({ ts: OPEN + DAY, timeframe: '15m' }),
    ])
    const all = await ask()
    expect([...all.candles.ts]).toEqual([0, 1, 2, 3, 4].map((n) => OPEN + n * 120_000).concat(OPEN + DAY))
    expect([...all.candles.volume]).toEqual([0, 1, 2, 3, 4, 100])
    expect(all).toMatchObject({
      symbol: 'SPY',
      timeframe: '2m',
      barsPerCandle: 1,
      level: { bars: 1, label: '2m' },
    })
    expect(all.problems).toEqual([])
    const some = await ask({ from: OPEN + 120_000, to: OPEN + 360_000, timeframe: '2M' })
    expect([...some.candles.volume]).toEqual([1, 2, 3])
    expect((await ask({ symbol: 'spy' })).candles.ts.length).toBe(0)
    expect((await ask({ from: OPEN + 1, to: OPEN })).candles.ts.length).toBe(0)
    expect((await ask({ from: -8.64e15, to: 8.64e15 })).candles.ts.length).toBe(6)
    expect((await ask({ timeframe: '1h' })).candles.ts.length).toBe(0)
  })

  it('C1 R1: the dayfile wins over a part, of parts the last by name, of one file the last row', async () => {
    await writeParts(store.context, [candle({ ts: OPEN, close: 10 }), candle({ ts: OPEN, close: 10.5 })])
    expect([...(await ask()).candles.close]).toEqual([10.5])
    await foreignDayfile(store.root, [candle({ ts: OPEN, close: 9.5 }), candle({ ts: OPEN, close: 9.75 })])
    expect([...(await ask()).candles.close]).toEqual([9.75])
  })

  it('C1 R1: a dayfile of another program may hold its bars in any order, and one more than once', async () => {
    const [a, b, c] = candles(3, OPEN)
    if (a === undefined || b === undefined || c === undefined) throw new Error('three bars')
    const other = candle({ ts: OPEN, symbol: 'QQQ' })
    await foreignDayfile(store.root, [c, { ...a, close: 99.25 }, other, b, a])
    const found = await ask()
    expect([...found.candles.ts]).toEqual([a.ts, b.ts, c.ts])
    expect(found.candles.close[0]).toBe(a.close)
    await foreignDayfile(store.root, [a, { ...a, close: 99.25 }, b])
    expect([...(await ask()).candles.close]).toEqual([99.25, b.close])
  })

  it('R2: files outside the window are not opened, and not named', async () => {
    await writeFile(at(store.context, await foreignDayfile(store.root, candles(3, OPEN - DAY))), 'damaged')
    await foreignDayfile(store.root, candles(3, OPEN))
    const found = await ask({ from: OPEN, to: OPEN + DAY })
    expect(found.candles.ts.length).toBe(3)
    expect(found.problems).toEqual([])
    expect(codes(await ask())).toEqual(['UNREADABLE 2024-03-07.parquet'])
  })

  it('R5: asOf shows only bars that had closed by then', async () => {
    await foreignDayfile(store.root, candles(5, OPEN))
    const seen = async (asOf: number): Promise<number> => (await ask({ asOf })).candles.ts.length
    expect(await seen(OPEN + 119_999)).toBe(0)
    expect(await seen(OPEN + 120_000)).toBe(1)
    expect(await seen(OPEN + 5 * 120_000)).toBe(5)
    expect(await seen(-8.64e15)).toBe(0)
  })

  it('R6: maxBars aggregates the bars of the window alone', async () => {
    await foreignDayfile(store.root, candles(195, OPEN))
    const coarse = await ask({ from: OPEN + 120_000, maxBars: 100 })
    expect(coarse.level).toEqual({ bars: 2, label: '4m' })
    expect(coarse.barsPerCandle).toBe(2)
    expect([...coarse.candles.ts.slice(0, 2)]).toEqual([OPEN + 120_000, OPEN + 240_000])
    expect([...coarse.candles.volume.slice(0, 2)]).toEqual([1, 5])
    expect((await ask({ maxBars: 195 })).barsPerCandle).toBe(1)
  })

  it('R7: zero-byte, truncated, text and foreign files cost only themselves, and are named', async () => {
    const good = await writeParts(store.context, candles(20, OPEN))
    const folder = path.dirname(at(store.context, good[0] ?? ('' as never)))
    await writeFile(path.join(folder, 'part-20240308_143000.000000-00000000.parquet'), '')
    await writeFile(path.join(folder, 'note.parquet'), 'just text, long enough to be more than a footer')
    const torn = await foreignBars(store.root, 'data/2m/2024-03-08/torn.parquet', candles(9, OPEN))
    await truncate(at(store.context, torn), 300)
    await foreignFile(store.root, 'data/2m/2024-03-08/other.parquet', 'SELECT 1 AS a')
    const found = await ask()
    expect(found.candles.ts.length).toBe(20)
    expect(codes(found).sort()).toEqual([
      'BAD_COLUMNS other.parquet',
      'UNREADABLE note.parquet',
      'UNREADABLE part-20240308_143000.000000-00000000.parquet',
      'UNREADABLE torn.parquet',
    ])
  })

  it('R7: rows of another day or timeframe are left out and named', async () => {
    await foreignDayfile(store.root, [
      candle({ ts: OPEN }),
      candle({ ts: OPEN + DAY }),
      candle({ ts: OPEN + 120_000, timeframe: '5m' }),
      candle({ ts: OPEN - DAY }),
    ])
    const found = await ask()
    expect([...found.candles.ts]).toEqual([OPEN])
    expect(codes(found)).toEqual(['WRONG_PLACE 2024-03-08.parquet'])
    expect(found.problems[0]?.detail).toContain('3 rows in all')
  })

  it('R8: a row without a key or price is left out, one that only breaks V4 is shown; both are named', async () => {
    const columns = 'symbol, timeframe, ts, open, high, low, close, volume'
    await foreignFile(
      store.root,
      'data/2m/2024-03-08.parquet',
      `SELECT * FROM (VALUES ('SPY', '2m', ${OPEN}, 1.0, 2.0, 0.5, NULL, 1.0), (NULL, '2m', ${OPEN}, 1.0, 2.0, 0.5, 1.5, 1.0),
       ('SPY', '2m', NULL, 1.0, 2.0, 0.5, 1.5, 1.0), ('SPY', '2m', ${OPEN + 120_000}, 1.0, 0.25, 0.5, 1.5, 1.0),
       ('SPY', '2m', ${OPEN + 240_000}, 1.0, 2.0, 0.5, 1.5, NULL), ('SPY', NULL, ${OPEN + 360_000}, -0.0, 2.0, -1.0, 1.5, 1.0))
       AS t(${columns})`,
    )
    const found = await ask()
    expect([...found.candles.ts]).toEqual([1, 2, 3].map((n) => OPEN + n * 120_000))
    expect([...found.candles.high]).toEqual([0.25, 2, 2])
    expect([...found.candles.volume]).toEqual([1, 0, 1])
    expect(Object.is(found.candles.open[2], 0)).toBe(true)
    expect(found.problems.map(({ code, detail }) => `${code} ${detail.slice(0, 14)}`).sort()).toEqual([
      'BAD_ROW left out: row ',
      'BAD_ROW shown as it is',
    ])
  })

  it.each(Object.keys(PANDAS_FORMS) as PandasForm[])(
    'R8: a %s file of pandas shows like ours',
    async (form) => {
      const rows = candles(30, OPEN)
      await foreignDayfile(store.root, rows, form)
      await foreignBars(store.root, `data/2m/2024-03-11/${form}.parquet`, candles(30, OPEN + 3 * DAY), form)
      const found = await ask()
      expect(found.problems).toEqual([])
      expect([...found.candles.ts]).toEqual([...rows, ...candles(30, OPEN + 3 * DAY)].map(({ ts }) => ts))
      expect([...found.candles.close].slice(0, 30)).toEqual(rows.map(({ close }) => close))
    },
  )

  it('R3: a new part, a replaced dayfile and a rewritten foreign part are seen by the next call', async () => {
    await foreignDayfile(store.root, candles(2, OPEN))
    expect((await ask()).candles.ts.length).toBe(2)
    await writePart(store.context, candle({ ts: OPEN + 240_000 }))
    expect((await ask()).candles.ts.length).toBe(3)
    const next = await foreignBars(store.root, 'next.parquet', candles(5, OPEN))
    await rename(at(store.context, next), path.join(store.root, 'data/2m/2024-03-08.parquet'))
    expect([...(await ask()).candles.volume]).toEqual([0, 1, 2, 3, 4])
    const live = await foreignBars(store.root, 'data/2m/2024-03-11/live.parquet', candles(1, OPEN + 3 * DAY))
    expect((await ask()).candles.ts.length).toBe(6)
    await foreignBars(store.root, live, candles(2, OPEN + 3 * DAY))
    expect((await ask()).candles.ts.length).toBe(7)
  })

  it('R7: a part that was half written when first read is shown once it is whole', async () => {
    const whole = await foreignBars(store.root, 'whole.parquet', candles(1, OPEN))
    const name = 'data/2m/2024-03-08/part-20240308_143000.000000-00000000.parquet'
    await foreignBars(store.root, name, candles(2, OPEN + DAY))
    await writeFile(path.join(store.root, name), 'PAR1')
    for (const _ of [1, 2, 3]) expect(codes(await ask())).toEqual([`UNREADABLE ${path.basename(name)}`])
    await rename(at(store.context, whole), path.join(store.root, name))
    const found = await ask()
    expect(found.problems).toEqual([])
    expect(found.candles.ts.length).toBe(1)
  })

  it('R3: days and parts that go are gone from the answer, and unchanged ones are not read again', async () => {
    const [first, second] = await writeParts(store.context, candles(2, OPEN))
    await foreignDayfile(store.root, candles(3, OPEN + DAY))
    expect((await ask()).candles.ts.length).toBe(5)
    if (first === undefined || second === undefined) throw new Error('no parts')
    // What is known already needs no reading: a part that turned to rubbish under its name is not looked at.
    await writeFile(at(store.context, second), 'rubbish')
    await rename(at(store.context, first), path.join(store.root, 'moved'))
    expect(await ask()).toMatchObject({ problems: [] })
    expect((await ask()).candles.ts.length).toBe(4)
    // A touched dayfile is read again.
    await utimes(path.join(store.root, 'data/2m/2024-03-09.parquet'), 1, 1)
    expect((await ask()).candles.ts.length).toBe(4)
  })

  it('R1: many callers at once share what is read, and a cancelled one disturbs nobody', async () => {
    for (let day = 0; day < 5; day++) await foreignDayfile(store.root, candles(50, OPEN - day * DAY))
    const leaving = new AbortController()
    const staying = Array.from({ length: 5 }, () => ask())
    const cancelled = ask({}, leaving.signal)
    const refused = expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' })
    leaving.abort()
    await refused
    for (const found of await Promise.all(staying)) expect(found.candles.ts.length).toBe(250)
    await expect(ask({}, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' })
    expect((await ask()).candles.ts.length).toBe(250)
  })

  it('R3: who asks while a load is on its way sees what was there when he asked', async () => {
    await foreignDayfile(store.root, candles(3, OPEN))
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let reached = (): void => {}
    const reading = new Promise<void>((resolve) => {
      reached = resolve
    })
    const { duck } = store.context
    const query: typeof duck.query = async (...given) => {
      reached()
      await held
      return duck.query(...given)
    }
    const slow = new Proxy(duck, {
      get: (on, name) => (name === 'query' ? query : Reflect.get(on, name).bind(on)),
    })
    blocks = new DayBlocks({ ...store.context, duck: slow })
    const first = ask()
    await reading
    // Acknowledged before the second one asks; the first one's listing is older.
    await writePart(store.context, candle({ ts: OPEN + 3_600_000 }))
    const second = ask()
    release()
    expect((await first).candles.ts.length).toBe(3)
    expect((await second).candles.ts.length).toBe(4)
  })

  it('R1: answers are right whatever little of them may stay in memory', async () => {
    blocks = new DayBlocks(store.context, 10_000)
    for (let day = 0; day < 5; day++) await foreignDayfile(store.root, candles(50, OPEN - day * DAY))
    for (let round = 0; round < 3; round++) {
      expect((await ask()).candles.ts.length).toBe(250)
      expect((await ask({ from: OPEN, to: OPEN + DAY })).candles.ts.length).toBe(50)
      expect(blocks.bytes).toBeLessThanOrEqual(10_000)
    }
    blocks = new DayBlocks(store.context)
    await ask()
    expect(blocks.bytes).toBeGreaterThan(250 * 6 * 8)
  })

  it('T2: 2024-03-08T08:30:00 is Chicago time, and windows across both changes have their bars', async () => {
    const { zone } = store.context
    expect(parseInstant('2024-03-08T08:30:00', zone)).toBe(OPEN)
    for (const change of ['2024-03-10', '2024-11-03']) {
      const from = parseInstant(`${change}T00:00:00`, zone)
      const to = parseInstant(change, zone, 'end')
      const bars = candles(300, from - 3_600_000, { timeframe: '15m', step: 900_000 })
      const days = new Set(bars.map(({ ts }) => utcDayOf(ts)))
      for (const day of days)
        await foreignDayfile(
          store.root,
          bars.filter(({ ts }) => utcDayOf(ts) === day),
        )
      const found = await ask({ timeframe: '15m', from, to })
      expect(found.candles.ts.length).toBe(change === '2024-03-10' ? 92 : 100)
      const hourly = await ask({ timeframe: '15m', from, to, maxBars: 30 })
      expect(hourly.level.label).toBe('1h')
      expect(Math.max(...hourly.candles.volume)).toBeGreaterThan(0)
    }
  })

  it('R1: a request without sense is refused by name', async () => {
    await expect(ask({ from: Number.NaN })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await expect(ask({ to: 1e300 })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await expect(ask({ maxBars: 0 })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await expect(ask({ timeframe: '../2m' })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })
})
