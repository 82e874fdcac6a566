import { existsSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { utcDayOf } from '../../schemas/contract/market-time.ts'
import type { Viewport } from '../../schemas/contract/viewport.ts'
import type { EmaRow } from '../../schemas/generated/rows.ts'
import { importFile } from '../../src-main/ingest/importers.ts'
import { bruteForceEma, continuousEma } from '../support/brute-force-emas.ts'
import { plainRows } from '../support/compaction.ts'
import { type OpenedStore, openedStore } from '../support/store-fixture.ts'

const DATA = path.resolve(import.meta.dirname, '../../../shared/data')
const present = existsSync(DATA)
if (!present) console.log(`skipped: ${DATA} with real SPY bars is not here`)

const PERIODS = [13, 48, 200]

describe.skipIf(!present)('moving averages of SPY', { timeout: 180_000 }, () => {
  let store: OpenedStore
  const whole: Record<string, Viewport> = {}
  beforeAll(async () => {
    store = await openedStore()
    for (const timeframe of ['2m', '15m']) {
      await importFile(store, {
        table: 'candles',
        backfill: true,
        file: path.join(DATA, `SPY-${timeframe}.ndjson`),
      })
      const request = {
        symbol: 'SPY',
        timeframe,
        from: 0,
        to: Date.parse('2100-01-01T00:00:00Z'),
        emas: PERIODS,
      }
      whole[timeframe] = await store.reader.viewport(request)
    }
  })
  afterAll(() => store.remove())

  it.each(['2m', '15m'])(
    'F35: of %s bars, as the plainest program works them out, bit by bit; a continuous one differs by less than is seen',
    (timeframe) => {
      const { candles, emas = [] } = whole[timeframe] as Viewport
      const bars = [...candles.ts].map((ts, index) => ({ ts, close: candles.close[index] as number }))
      expect(bars.length).toBeGreaterThan(1_000)
      expect(emas.map(({ period }) => period)).toEqual(PERIODS)
      for (const { period, values } of emas) {
        expect([...values]).toEqual(bruteForceEma(bars, period))
        const continuous = continuousEma(bars, period)
        const apart = [...values].flatMap((value, index) =>
          Number.isNaN(value) ? [] : Math.abs(value - (continuous[index] as number)) / value,
        )
        expect(apart).toHaveLength(bars.length - period + 1)
        expect(Math.max(...apart)).toBeLessThan(1e-14)
      }
    },
  )

  it('F37: stored, they are the same bits', async () => {
    const last = whole['2m']?.candles.ts.at(-1) ?? 0
    const from = utcDayOf(last - 14 * 86_400_000)
    const receipt = await store.writer.rebuildEmas({ from })
    expect(receipt.problems).toEqual([])
    const glob = path.join(store.root, 'emas/**/*.parquet').replaceAll("'", "''").replaceAll('[', '[[]')
    const rows = (await plainRows(`SELECT * FROM read_parquet('${glob}')`)) as unknown as EmaRow[]
    const stored = new Map(rows.map((row) => [`${row.timeframe} ${row.ts} ${row.period}`, row.value]))
    expect(stored.size).toBe(receipt.rows)
    for (const timeframe of ['2m', '15m']) {
      const { candles, emas = [] } = whole[timeframe] as Viewport
      for (const { period, values } of emas) {
        const start = candles.ts.findIndex((ts) => utcDayOf(ts) >= from)
        const kept = [...candles.ts.subarray(start)].map(
          (ts) => stored.get(`${timeframe} ${ts} ${period}`) ?? Number.NaN,
        )
        expect(kept).toEqual([...values.subarray(start)])
      }
    }
    console.log(`${receipt.files.length} files, ${receipt.rows} values`)
  })
})
