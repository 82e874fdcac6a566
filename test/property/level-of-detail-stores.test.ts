import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseTimeframe, timeframeMillis } from '../../schemas/contract/timeframe.ts'
import type { Viewport } from '../../schemas/contract/viewport.ts'
import type { ViewportRequest } from '../../schemas/generated/requests.ts'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import type { StoreContext } from '../../src-main/store/context.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { DayBlocks } from '../../src-main/store/read/day-blocks.ts'
import { DayfileFactsCache } from '../../src-main/store/read/dayfile-facts.ts'
import { viewport } from '../../src-main/store/read/viewport.ts'
import { rounds } from '../support/fault-plan.ts'
import { type Random, seeded } from '../support/seeded.ts'
import {
  candle,
  foreignBars,
  type OpenedStore,
  openedStore,
  plainSql,
  sqlOfBars,
} from '../support/store-fixture.ts'
import { StoreModel } from '../support/store-model.ts'

const WINDOWS = rounds(72, 4_000, 48)
/** A change to the store every so many windows. */
const CHANGE_EVERY = 6
const DAY = 86_400_000
const MINUTE = 60_000
const TIMEFRAMES = ['2m', '7m', '45m', '1h', '1d']
/** A session in Chicago, one that trades across both midnights, and one that trades now and then. */
const SYMBOLS = ['SPY', 'BTC/USD', 'GME']
/** Around both clock changes of 2024, with a turn of the year between them and the first days of 2025. */
const DAYS = [
  ...daysFrom('2024-02-28', 16),
  ...daysFrom('2024-10-28', 12),
  ...daysFrom('2024-12-23', 14),
].filter((_, index) => index % 9 !== 4)

let store: OpenedStore
let context: StoreContext
let facts: DayfileFactsCache
let blocks: DayBlocks
const model = new StoreModel()
const counts = new Map<string, number>()

function daysFrom(first: string, count: number): string[] {
  const start = Date.parse(`${first}T00:00:00Z`)
  return Array.from({ length: count }, (_, day) => new Date(start + day * DAY).toISOString().slice(0, 10))
}

function count(what: string, by = 1): void {
  counts.set(what, (counts.get(what) ?? 0) + by)
}

/** Prices and volumes exact in sums. */
function bar(random: Random, symbol: string, timeframe: string, ts: number): CandleRow {
  const low = random.int(1, 400) / 4
  const high = low + random.int(0, 40) / 4
  const within = (): number => low + ((high - low) * random.int(0, 4)) / 4
  const prices = { open: within(), high, low, close: within(), volume: random.int(0, 9999) }
  return candle({ symbol, timeframe, ts, ...prices })
}

/** Bars of one day and symbol: at whole multiples and not, with both edges of the UTC day now and then. */
function barsOfDay(random: Random, symbol: string, timeframe: string, day: string): CandleRow[] {
  const start = Date.parse(`${day}T00:00:00Z`)
  const span = timeframeMillis(parseTimeframe(timeframe))
  if (span >= DAY) return [bar(random, symbol, timeframe, start)]
  if (symbol === 'GME' && random.chance(0.7)) return []
  const [from, to] = symbol === 'SPY' ? [13 * 60, 22 * 60] : [0, 24 * 60]
  const times = new Set<number>()
  for (let left = random.int(1, 14); left > 0; left--) {
    const ts = start + Math.floor((random.int(from, to - 1) * MINUTE) / span) * span
    times.add(random.chance(0.9) ? ts : Math.min(ts + random.int(0, 60_000), start + DAY - 1))
  }
  if (symbol !== 'SPY' && random.chance(0.5)) times.add(start).add(start + DAY - span)
  return [...times].sort((a, b) => a - b).map((ts) => bar(random, symbol, timeframe, ts))
}

async function fill(random: Random): Promise<void> {
  const statements: string[] = []
  for (const timeframe of TIMEFRAMES) {
    await mkdir(path.join(store.root, 'data', timeframe), { recursive: true })
    for (const day of DAYS) {
      const rows = SYMBOLS.flatMap((symbol) => barsOfDay(random, symbol, timeframe, day))
      if (rows.length === 0) continue
      statements.push(sqlOfBars(path.join(store.root, 'data', timeframe, `${day}.parquet`), rows))
      model.setDayfile(rows)
    }
  }
  await plainSql(...statements)
}

async function reopen(): Promise<void> {
  if (context !== undefined) {
    await facts.settled()
    await closeContext(context)
  }
  context = await openContext(store.root)
  blocks = new DayBlocks(context)
  facts = new DayfileFactsCache(context, { worthKeeping: 1, maxBytes: counts.size % 2 === 0 ? 60_000 : 1e8 })
}

async function tierFiles(): Promise<string[]> {
  const root = path.join(store.root, '.barkeep/derived/candles')
  const entries = await readdir(root, { recursive: true })
  return entries.filter((name) => name.endsWith('.tier')).map((name) => path.join(root, name))
}

const CHANGES = {
  'a late part': async (random: Random) => {
    const [timeframe, day] = [random.pick(TIMEFRAMES), random.pick(DAYS)]
    const rows = barsOfDay(random, random.pick(SYMBOLS), timeframe, day)
    if (rows.length === 0) return
    const name = `z${random.int(0, 1e9)}.parquet`
    await foreignBars(store.root, `data/${timeframe}/${day}/${name}`, rows)
    model.addPart(name, rows)
  },
  'another dayfile': async (random: Random) => {
    const [timeframe, day] = [random.pick(TIMEFRAMES), random.pick(DAYS)]
    const rows = SYMBOLS.flatMap((symbol) => barsOfDay(random, symbol, timeframe, day))
    if (rows.length === 0) return
    const file = `data/${timeframe}/${day}.parquet`
    await rm(path.join(store.root, file), { force: true })
    await foreignBars(store.root, file, rows)
    model.setDayfile(rows)
  },
  'a compaction': async () => {
    const { days } = await store.compactor.compact({})
    expect(days.filter(({ error }) => error !== undefined)).toEqual([])
    model.compact()
  },
  'a damaged tier': async (random: Random) => {
    const files = await tierFiles()
    if (files.length === 0) return
    const file = random.pick(files)
    const bytes = await readFile(file)
    const at = random.int(0, bytes.length - 1)
    if (random.chance(0.3)) await writeFile(file, bytes.subarray(0, at))
    else {
      bytes[at] = (bytes[at] as number) ^ (1 << random.int(0, 7))
      await writeFile(file, bytes)
    }
    await reopen()
  },
  'no tiers': async () => {
    await rm(path.join(store.root, '.barkeep/derived'), { recursive: true, force: true })
    await reopen()
  },
  'a new open': () => reopen(),
} as const
const KINDS = Object.keys(CHANGES) as (keyof typeof CHANGES)[]

function ask(request: ViewportRequest): Promise<Viewport> {
  return viewport({ context, blocks, facts, objectsAt: async () => ({ objects: [], problems: [] }) }, request)
}

function randomWindow(random: Random): ViewportRequest {
  const instant = (): number => Date.parse(`${random.pick(DAYS)}T00:00:00Z`) + random.int(-2, 26) * 3_600_000
  const [a, b] = random.chance(0.2)
    ? [Date.parse(`${DAYS[0]}T00:00:00Z`), Date.now()]
    : [instant(), instant()]
  const [from, to] = [Math.min(a, b), Math.max(a, b)]
  return {
    symbol: random.chance(0.02) ? 'NONE' : random.pick(SYMBOLS),
    timeframe: random.pick(TIMEFRAMES),
    from,
    to,
    maxBars: random.pick([1, 2, random.int(1, 40), random.int(40, 200), random.int(100, 900)]),
    ...(random.chance(0.25) ? { asOf: random.int(from, to) } : {}),
  }
}

beforeAll(async () => {
  store = await openedStore()
})
afterAll(async () => {
  await facts.settled()
  await closeContext(context)
  await store.remove()
})

describe('level of detail from tiers', () => {
  it(`R6 R13: ${WINDOWS} windows over stores on disk equal brute force`, async () => {
    const random = seeded('level of detail in stores')
    await fill(random)
    await reopen()
    for (let window = 0; window < WINDOWS; window++) {
      if (window % CHANGE_EVERY === CHANGE_EVERY - 1) {
        const kind = KINDS[Math.floor(window / CHANGE_EVERY) % KINDS.length] as (typeof KINDS)[number]
        await CHANGES[kind](random)
        count(kind)
      }
      const request = randomWindow(random)
      const expected = model.answer(request)
      const told = `seed ${random.seed}, window ${window}: ${JSON.stringify(request)}`
      // Twice: what was worked out for the first answer serves the second.
      for (const _ of [1, 2]) {
        const found = await ask(request)
        expect(found.level.label, told).toBe(expected.level)
        expect(found.candles, told).toEqual(expected.candles)
        expect(found.problems, told).toEqual([])
      }
      count('candles', expected.candles.ts.length)
      count(`level ${expected.level}`)
    }
    await facts.settled()
    count('tier files', (await tierFiles()).length)
    console.log(JSON.stringify(Object.fromEntries(counts)))
    for (const kind of [...KINDS, 'tier files']) expect(counts.get(kind), kind).toBeGreaterThan(0)
    expect(counts.get('candles')).toBeGreaterThan(WINDOWS * 5)
    expect([...counts.keys()].filter((name) => name.startsWith('level ')).length).toBeGreaterThan(8)
  }, 1_800_000)
})
