import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MarketZone, parseInstant } from '../../schemas/contract/market-time.ts'
import type { Viewport } from '../../schemas/contract/viewport.ts'
import type { ViewportRequest } from '../../schemas/generated/requests.ts'
import {
  candles,
  foreignBars,
  type OpenedStore,
  openedStore,
  plainSql,
  zoneEvent,
} from '../support/store-fixture.ts'

const SHARED = path.resolve(import.meta.dirname, '../../../shared/data')
const OPEN = Date.parse('2024-03-08T14:30:00Z')
const DAY = 86_400_000
const zone = new MarketZone()

let store: OpenedStore

beforeEach(async () => {
  store = await openedStore()
})
afterEach(() => store.remove())

function ask(request: Partial<ViewportRequest> = {}): Promise<Viewport> {
  const plain = { symbol: 'SPY', timeframe: '2m', from: OPEN - DAY, to: OPEN + DAY }
  return store.reader.viewport({ ...plain, ...request })
}

interface Line {
  readonly symbol: string
  readonly timeframe: string
  readonly timestamp: string
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}

async function realBars(name: string, from: string, to: string): Promise<Line[]> {
  const text = await readFile(path.join(SHARED, name), 'utf8')
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
  return lines.filter(({ timestamp }) => timestamp >= from && timestamp < to)
}

describe('the viewport as its callers see it', () => {
  it('P1: an answer crosses a process border whole, and is the caller’s own', async () => {
    await store.writer.appendCandles(candles(50, OPEN))
    await store.writer.appendEvents([zoneEvent({ ts: OPEN, payload: { side: 'bull' } })])
    await store.compactor.compact({})
    for (const request of [{}, { maxBars: 10 }, { symbol: 'NONE' }]) {
      const answer = await ask(request)
      expect(structuredClone(answer)).toEqual(answer)
      for (const column of Object.values(answer.candles)) {
        expect(column).toBeInstanceOf(Float64Array)
        // Nothing of the engine's memory travels along, and nothing of it can be spoilt.
        expect(column.buffer.byteLength).toBe(column.byteLength)
        column.fill(-1)
      }
      const again = await ask(request)
      expect([...again.candles.ts].every((ts) => ts > 0)).toBe(true)
      structuredClone(again, { transfer: Object.values(again.candles).map(({ buffer }) => buffer) })
      expect((await ask(request)).candles.ts.length).toBe(answer.candles.ts.length)
    }
  })

  it('R7: zero-byte, truncated and foreign files in the tree: the chart opens, and each is named', async () => {
    await store.writer.appendCandles(candles(20, OPEN))
    await store.writer.appendEvents([zoneEvent({ ts: OPEN })])
    const inside = (name: string): string => path.join(store.root, name)
    const [part] = await readdir(inside('data/2m/2024-03-08'))
    const bytes = await readFile(inside(`data/2m/2024-03-08/${part}`))
    await writeFile(inside('data/2m/2024-03-08/zero.parquet'), '')
    await writeFile(inside('data/2m/2024-03-08/torn.parquet'), bytes.subarray(0, bytes.length - 40))
    await writeFile(inside('data/2m/2024-03-07.parquet'), '')
    await mkdir(inside('data/2m/not-a-day'), { recursive: true })
    await writeFile(inside('data/2m/not-a-day/x.parquet'), 'x')
    await writeFile(inside('objects/timeline/2024-03/zero.parquet'), '')
    await plainSql(
      `COPY (SELECT 1 AS a) TO '${inside('data/2m/2024-03-09.parquet').replaceAll("'", "''")}' (FORMAT parquet)`,
    )
    const found = await ask()
    expect(found.candles.ts.length).toBe(20)
    expect(found.objects.length).toBe(1)
    const named = found.problems.map(({ code, file }) => `${code} ${file}`).sort()
    expect(named).toEqual([
      'BAD_COLUMNS data/2m/2024-03-09.parquet',
      'UNREADABLE data/2m/2024-03-07.parquet',
      'UNREADABLE data/2m/2024-03-08/torn.parquet',
      'UNREADABLE data/2m/2024-03-08/zero.parquet',
      'UNREADABLE objects/timeline/2024-03/zero.parquet',
    ])
    const doctor = await store.reader.doctor()
    for (const { file } of found.problems) expect(doctor.map(({ path: where }) => where)).toContain(file)
  })

  it('R8: files as pandas writes them show right beside ours', async () => {
    await store.writer.appendCandles(candles(5, OPEN))
    await foreignBars(store.root, 'data/2m/2024-03-08/bot.parquet', candles(5, OPEN + 5 * 120_000), 'local')
    await foreignBars(store.root, 'data/2m/2024-03-09.parquet', candles(5, OPEN + DAY), 'stamped')
    const found = await ask({ to: OPEN + 2 * DAY })
    expect(found.problems).toEqual([])
    expect(found.candles.ts.length).toBe(15)
    const codes = (await store.reader.doctor()).map(({ code }) => code)
    expect(codes.filter((code) => code !== 'GAP')).toEqual(['PARTS_WAITING', 'FOREIGN_FILE'])
  })

  it('R1 R6: a million bars in one timeframe, whole and as two thousand candles', async () => {
    const days = 350
    const folder = path.join(store.root, 'data/1m').replaceAll("'", "''")
    await mkdir(path.join(store.root, 'data/1m'), { recursive: true })
    const first = Date.parse('2023-03-01T00:00:00Z')
    await plainSql(
      ...Array.from({ length: days }, (_, day) => {
        const start = first + day * DAY
        return `COPY (SELECT symbol, '1m' AS timeframe, ${start}::BIGINT + minute * 60000 AS ts, 1.0 AS open, 3.0 + minute AS high,
          0.5 AS low, 2.0 AS close, 1.0 AS volume FROM (VALUES ('AAA'), ('BBB')) AS symbols(symbol),
          range(1440) AS minutes(minute) ORDER BY symbol, ts)
          TO '${folder}/${new Date(start).toISOString().slice(0, 10)}.parquet' (FORMAT parquet)`
      }),
    )
    const all = { symbol: 'BBB', timeframe: '1m', from: first, to: first + days * DAY }
    const whole = await ask(all)
    expect(whole.candles.ts.length).toBe(days * 1440)
    expect(whole.candles.ts.every((ts, index) => ts === first + index * 60_000)).toBe(true)
    const coarse = await ask({ ...all, maxBars: 2000 })
    expect(coarse.level.label).toBe('6h')
    expect(coarse.candles.volume.reduce((sum, volume) => sum + volume, 0)).toBe(days * 1440)
    expect(coarse.candles.ts.length).toBeLessThanOrEqual(2000)
    const { series } = await store.reader.info()
    expect(series.map(({ symbol, firstTs, lastTs }) => [symbol, firstTs, lastTs])).toEqual(
      ['AAA', 'BBB'].map((symbol) => [symbol, first, first + days * DAY - 60_000]),
    )
  }, 120_000)
})

describe.skipIf(!existsSync(SHARED))('the viewport over real bars', () => {
  const symbols = ['SPY', 'QQQ', 'IWM']

  it('R3 T2: the same before and after compaction, across 2024-03-10, with a band, three symbols, a bar sent again', async () => {
    const bars = await realBars('SPY-15m.ndjson', '2024-03-06', '2024-03-14')
    const fine = await realBars('SPY-2m.ndjson', '2024-03-18', '2024-03-19')
    expect(bars.length).toBeGreaterThan(100)
    const shared = bars.filter(({ timestamp }) => timestamp.startsWith('2024-03-11'))
    const others = shared.flatMap((bar) => ['QQQ', 'IWM'].map((symbol) => ({ ...bar, symbol, volume: 7 })))
    const [again] = shared as [Line]
    const documents = [...bars, ...fine, ...others, { ...again, close: again.open }]
    const outcomes = await store.writer.appendCandles(documents)
    expect(outcomes.at(-1)).toEqual({ outcome: 'conflict' })
    await store.writer.appendEvents([
      zoneEvent({ timestamp: '2024-03-08T08:30:00', top: 515, bottom: 512 }),
      zoneEvent({ ts: OPEN, object_id: 'low', top: 100, bottom: 90 }),
    ])
    const requests: Partial<ViewportRequest>[] = [
      {
        timeframe: '15m',
        from: parseInstant('2024-03-08T08:30:00', zone),
        to: parseInstant('2024-03-12', zone, 'end'),
      },
      { timeframe: '15m', from: OPEN, to: OPEN + 5 * DAY, priceMin: 500, priceMax: 513 },
      ...symbols.map((symbol) => ({ symbol, timeframe: '15m', from: OPEN, to: OPEN + 5 * DAY })),
      { timeframe: '2m', from: OPEN, to: OPEN + 20 * DAY, maxBars: 50 },
      {
        timeframe: '15m',
        from: OPEN - 5 * DAY,
        to: OPEN + 9 * DAY,
        asOf: Date.parse('2024-03-11T15:00:00Z'),
      },
    ]
    const before = await Promise.all(requests.map((request) => ask(request)))
    const [window, band] = before as [Viewport, Viewport]
    expect(window.candles.ts[0]).toBe(OPEN)
    expect(window.candles.ts.length).toBe(
      bars.filter(({ timestamp }) => timestamp >= '2024-03-08T14:30' && timestamp < '2024-03-13T05').length,
    )
    expect(band.objects.map(({ id, start_ts }) => [id, start_ts])).toEqual([['z1', OPEN]])
    const known = window.candles.ts.indexOf(Date.parse(again.timestamp))
    expect(window.candles.close[known]).toBe(again.open)
    expect([...(before[3] as Viewport).candles.volume]).toEqual(shared.map(() => 7))
    const { days } = await store.compactor.compact({})
    expect(days.reduce((sum, { conflicts }) => sum + conflicts, 0)).toBe(1)
    expect(await Promise.all(requests.map((request) => ask(request)))).toEqual(before)
    expect((await store.reader.doctor()).filter(({ code }) => code !== 'GAP')).toEqual([])
  }, 120_000)
})
