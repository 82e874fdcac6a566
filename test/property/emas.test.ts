import { rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { utcDayOf } from '../../schemas/contract/market-time.ts'
import type { Viewport } from '../../schemas/contract/viewport.ts'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { bruteForceEma } from '../support/brute-force-emas.ts'
import { plainRows } from '../support/compaction.ts'
import { rounds } from '../support/fault-plan.ts'
import { type Random, seeded } from '../support/seeded.ts'
import { candle, foreignDayfile, type OpenedStore, openedStore } from '../support/store-fixture.ts'

const WINDOWS = rounds(160, 6_000)
const CHANGE_EVERY = 4
const DAY = 86_400_000
const FIRST = Date.parse('2024-01-02T00:00:00Z')
const DAYS = 24
const SYMBOLS = ['SPY', 'QQQ', 'NEW']
/** Seeds within a day, over several, and from the series' beginning. */
const PERIODS = [1, 2, 3, 5, 13]

let store: OpenedStore
const counts = new Map<string, number>()

function count(what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1)
}

function randomBar(random: Random, day = random.int(0, DAYS - 1)): CandleRow {
  const low = random.int(1, 4_000) / 7
  const ts = FIRST + day * DAY + random.int(400, 420) * 120_000
  const close = low + random.next()
  return candle({ symbol: random.pick(SYMBOLS), ts, low, open: close, close, high: low + 2 })
}

/** What happens to a store: bars come, late or last, are corrected, compacted, replaced and taken away. */
async function change(random: Random): Promise<void> {
  const kind = random.pick([
    'live',
    'live',
    'late',
    'late',
    'correct',
    'compact',
    'backfill',
    'foreign',
    'gone',
  ])
  count(kind)
  const day = random.int(0, DAYS - 1)
  if (kind === 'live') await store.writer.appendCandles([randomBar(random, DAYS - 1)])
  if (kind === 'late') await store.writer.appendCandles([randomBar(random, day)])
  if (kind === 'correct') {
    const bar = randomBar(random, day)
    await store.writer.appendCandles([bar])
    await store.writer.appendCandles([{ ...bar, close: (bar.low + bar.high) / 2 }])
  }
  if (kind === 'compact') await store.compactor.compact({ table: 'candles' })
  const rows = Array.from({ length: random.int(1, 30) }, () => randomBar(random, day))
  if (kind === 'backfill') await store.writer.backfillCandles(rows)
  if (kind === 'foreign')
    await foreignDayfile(store.root, [...new Map(rows.map((row) => [row.symbol + row.ts, row])).values()])
  if (kind === 'gone') {
    const name = utcDayOf(FIRST + day * DAY)
    await rm(path.join(store.root, `data/2m/${name}.parquet`), { force: true })
  }
}

beforeAll(async () => {
  store = await openedStore()
})
afterAll(() => store.remove())

function ask(symbol: string, from: number, to: number, emas?: number[], asOf?: number): Promise<Viewport> {
  const optional = { ...(emas === undefined ? {} : { emas }), ...(asOf === undefined ? {} : { asOf }) }
  return store.reader.viewport({ symbol, timeframe: '2m', from, to, ...optional })
}

/** @returns how many stored values were compared with those of the whole window */
async function storedAreShown(): Promise<number> {
  await store.compactor.compact({ table: 'candles' })
  await store.writer.changeSettings({ set: { emaPeriods: PERIODS } })
  const { problems, rows } = await store.writer.rebuildEmas({})
  expect(problems).toEqual([])
  const glob = path.join(store.root, 'emas/**/*.parquet').replaceAll("'", "''").replaceAll('[', '[[]')
  const stored = await plainRows(`SELECT * FROM read_parquet('${glob}')`)
  const shown: string[] = []
  for (const symbol of SYMBOLS) {
    const { candles, emas = [] } = await ask(symbol, FIRST - 10 * DAY, FIRST + 100 * DAY, PERIODS)
    for (const { period, values } of emas)
      for (const [index, value] of values.entries())
        if (!Number.isNaN(value)) shown.push(`${symbol} ${period} ${candles.ts[index]} ${value}`)
  }
  const kept = stored.map(({ symbol, period, ts, value }) => `${symbol} ${period} ${ts} ${value}`)
  expect(kept.sort()).toEqual(shown.sort())
  return rows
}

describe('moving averages of windows', { timeout: 600_000 }, () => {
  it('F35 F36 F37: of any window, after any change, are those of the whole series worked out in the plainest way, bit by bit, and so are the stored ones', async () => {
    const random = seeded('emas')
    for (let day = 0; day < DAYS; day++) {
      if (random.chance(0.3)) continue
      const rows = Array.from({ length: random.int(1, 40) }, () => randomBar(random, day))
      await store.writer.backfillCandles(rows.filter(({ symbol }) => symbol !== 'NEW' || day > DAYS / 2))
    }
    let values = 0
    for (let round = 0; round < WINDOWS; round++) {
      if (round % CHANGE_EVERY === 0) await change(random)
      const symbol = random.pick(SYMBOLS)
      const from = FIRST + random.int(-2, DAYS) * DAY + random.int(400, 420) * 120_000
      const to = from + random.pick([0, 1, 3, 30]) * DAY + random.int(0, 10) * 120_000
      const asOf = random.chance(0.3) ? to - random.int(-2, 30) * 60_000 : undefined
      const periods = PERIODS.filter(() => random.chance(0.6))
      // Another question of the same series on its way, as when one pans while a bar comes.
      const other = ask(symbol, from - random.int(0, 5) * DAY, to, [3, 13])
      const window = await ask(symbol, from, to, periods, asOf)
      await other
      const whole = await ask(symbol, FIRST - 10 * DAY, FIRST + 100 * DAY)
      const bars = [...whole.candles.ts].map((ts, index) => ({
        ts,
        close: whole.candles.close[index] as number,
      }))
      expect(window.emas?.map(({ period }) => period)).toEqual(periods)
      for (const { period, values: found } of window.emas ?? []) {
        const expected = new Map(bars.map(({ ts }, i) => [ts, i]))
        const averages = bruteForceEma(bars, period)
        const wanted = [...window.candles.ts].map((ts) => averages[expected.get(ts) as number])
        expect([...found], `${symbol} ${period} round ${round}`).toEqual(wanted)
        values += found.length
      }
    }
    values += await storedAreShown()
    console.log(
      `${WINDOWS} windows, ${values} values, ${[...counts].map(([kind, n]) => `${n} ${kind}`).join(', ')}`,
    )
    expect(values).toBeGreaterThan(WINDOWS)
  })
})
