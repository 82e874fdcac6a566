import { afterEach, describe, expect, it } from 'vitest'
import { utcDayOf } from '../../schemas/contract/market-time.ts'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { readDay } from '../../src-main/store/candles/day-files.ts'
import { shownBars } from '../../src-main/store/candles/resolve.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { backfillCandles } from '../../src-main/store/write/backfill.ts'
import { appendCandles } from '../../src-main/store/write/candles.ts'
import { compactCandles, fingerprints, globbedBars, plainBars } from '../support/compaction.ts'
import { rounds } from '../support/fault-plan.ts'
import { type Random, seeded } from '../support/seeded.ts'
import { candle, foreignBars, type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

const TS = Date.parse('2024-03-08T14:30:00Z')
const DAY = 86_400_000
const STORES = rounds(3, 150)
const OPERATIONS = 14

/**
 * What the rules say of every bar, without files: the values that are shown, whether a dayfile holds them, and for 15m
 * the number. W3–W5, W8 and C8 word by word.
 */
class Model {
  readonly bars = new Map<string, { row: CandleRow; compacted: boolean; number: number | null }>()

  static key({ symbol, timeframe, ts }: CandleRow): string {
    return `${timeframe} ${utcDayOf(ts)} ${symbol} ${ts}`
  }

  append(row: CandleRow): string {
    const known = this.bars.get(Model.key(row))
    if (known !== undefined && same(known.row, row)) return 'duplicate'
    if (known?.compacted === true) return 'rejected'
    this.bars.set(Model.key(row), { row, compacted: false, number: null })
    return known === undefined ? 'accepted' : 'conflict'
  }

  compact(day: string | null): void {
    for (const place of this.#places()) {
      if (day !== null && !place.endsWith(day)) continue
      const fresh = this.#of(place).filter(({ compacted }) => !compacted)
      this.#number(place, fresh.length > 0)
      for (const bar of fresh) bar.compacted = true
    }
  }

  backfill(rows: readonly CandleRow[]): void {
    for (const place of [
      ...new Set(rows.map((row) => Model.key(row).split(' ').slice(0, 2).join(' '))),
    ].sort()) {
      const numbers = new Map(this.#of(place).map(({ row, number }) => [Model.key(row), number]))
      const numbered = new Set(
        this.#of(place)
          .filter(({ number }) => number !== null)
          .map(({ row }) => row.symbol),
      )
      for (const bar of this.#of(place)) this.bars.delete(Model.key(bar.row))
      const wanted = new Map(
        rows.filter((row) => Model.key(row).startsWith(`${place} `)).map((row) => [Model.key(row), row]),
      )
      for (const [key, row] of wanted) {
        this.bars.set(key, { row, compacted: true, number: numbers.get(key) ?? null })
      }
      this.#number(place, true, numbered)
    }
  }

  #places(): string[] {
    return [...new Set([...this.bars.keys()].map((key) => key.split(' ').slice(0, 2).join(' ')))].sort()
  }

  #of(place: string): { row: CandleRow; compacted: boolean; number: number | null }[] {
    const found = [...this.bars].filter(([key]) => key.startsWith(`${place} `))
    return found.map(([, bar]) => bar).sort((a, b) => a.row.ts - b.row.ts)
  }

  /** C8: a symbol's bars of a day get numbers when neither the day nor a later one has any. */
  #number(place: string, changes: boolean, numbered: ReadonlySet<string> = new Set()): void {
    const [timeframe, day = ''] = place.split(' ')
    if (timeframe !== '15m' || !changes) return
    for (const symbol of new Set(this.#of(place).map(({ row }) => row.symbol))) {
      const all = [...this.bars.values()].filter(
        ({ row, number }) => row.timeframe === '15m' && row.symbol === symbol && number !== null,
      )
      if (numbered.has(symbol) || all.some(({ row }) => utcDayOf(row.ts) >= day)) continue
      let next = Math.max(-1, ...all.map(({ number }) => number as number)) + 1
      for (const bar of this.#of(place)) if (bar.row.symbol === symbol) bar.number = next++
    }
  }
}

function same(a: CandleRow, b: CandleRow): boolean {
  return a.close === b.close && a.volume === b.volume
}

function randomBar(random: Random): CandleRow {
  const timeframe = random.pick(['2m', '15m'])
  const minutes = timeframe === '2m' ? 2 : 15
  return candle({
    symbol: random.pick(['SPY', 'QQQ']),
    timeframe,
    ts: TS + random.int(0, 2) * DAY + random.int(0, 5) * minutes * 60_000,
    close: random.pick([10, 10.5, 11]),
  })
}

let store: TemporaryStore
afterEach(() => store.close())

async function shown(): Promise<CandleRow[]> {
  const rows: CandleRow[] = []
  for (const timeframe of ['2m', '15m']) {
    for (const day of [0, 1, 2].map((day) => utcDayOf(TS + day * DAY))) {
      const { dayfile, parts } = await readDay(store.context, timeframe as never, day)
      rows.push(...shownBars({ standing: dayfile?.rows ?? null, parts }).values())
    }
  }
  return rows
}

describe('appends, compactions and backfills in any order', () => {
  it('R1, R3, W3–W5, W8, C1, C8: every state equals the rules’, and at rest a glob shows each bar once', async () => {
    const random = seeded('compaction')
    for (let round = 0; round < STORES; round++) {
      store = await temporaryStore()
      const model = new Model()
      const log: string[] = []
      // A second process on the same store.
      const other = await openContext(store.root)
      for (let step = 0; step < OPERATIONS; step++) {
        const context = random.chance(0.3) ? other : store.context
        const rows = Array.from({ length: random.int(1, 6) }, () => randomBar(random))
        const choice = random.next()
        log.push(
          `${round}.${step} ${choice} ${JSON.stringify(rows.map(({ symbol, timeframe, ts, close }) => [symbol, timeframe, ts, close]))}`,
        )
        const told = `seed ${random.seed}\n${log.join('\n')}`
        if (choice < 0.5) {
          const outcomes = await appendCandles(context, rows)
          expect(
            outcomes.map(({ outcome }) => outcome),
            told,
          ).toEqual(rows.map((row) => model.append(row)))
        } else if (choice < 0.6) {
          // Another program's part: names after any of ours, so it wins as the last one.
          const [first] = rows as [CandleRow]
          const folder = `data/${first.timeframe}/${utcDayOf(first.ts)}`
          await foreignBars(
            store.root,
            `${folder}/part-29991231_235959.${String((step + 1) * 10_000).padStart(6, '0')}-00000000.parquet`,
            [first],
            'local',
          )
          model.append(first)
        } else if (choice < 0.85) {
          const day = random.chance(0.5) ? null : utcDayOf((rows[0] as CandleRow).ts)
          const { days } = await compactCandles(context, day === null ? {} : { day })
          expect(
            days.filter(({ error }) => error !== undefined),
            told,
          ).toEqual([])
          model.compact(day)
        } else {
          await backfillCandles(context, rows)
          model.backfill(rows)
        }
        expect(plainBars(await shown()), told).toEqual(
          plainBars([...model.bars.values()].map(({ row }) => row)),
        )
      }
      await compactCandles(store.context)
      model.compact(null)
      const globbed = await globbedBars(store.root)
      const told = `seed ${random.seed}\n${log.join('\n')}`
      const expected = new Map([...model.bars.values()].map(({ row, number }) => [Model.key(row), number]))
      expect(plainBars(globbed), told).toEqual(plainBars([...model.bars.values()].map(({ row }) => row)))
      expect(Object.fromEntries(globbed.map((row) => [Model.key(row), row.global_x])), told).toEqual(
        Object.fromEntries(expected),
      )
      const before = await fingerprints(store.root)
      expect((await compactCandles(other)).days, told).toEqual([])
      expect(await fingerprints(store.root), told).toEqual(before)
      await closeContext(other)
      if (round < STORES - 1) await store.close()
    }
  }, 3_600_000)
})
