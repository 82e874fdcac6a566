import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { utcDayOf } from '../../schemas/contract/market-time.ts'
import type { ViewportRequest } from '../../schemas/generated/requests.ts'
import type { CandleRow, ObjectEventRow } from '../../schemas/generated/rows.ts'
import { modelShows, modelStates, modelView } from '../support/brute-force-objects.ts'
import { rounds, SOAK } from '../support/fault-plan.ts'
import { event } from '../support/random-events.ts'
import { type Random, seeded } from '../support/seeded.ts'
import {
  candle,
  foreignBars,
  type OpenedStore,
  openedStore,
  type PandasForm,
} from '../support/store-fixture.ts'
import { StoreModel } from '../support/store-model.ts'

const WINDOWS = rounds(500, 10_000)
/** A change to the store every so many windows: a short run has as many kinds of them in fewer windows. */
const CHANGE_EVERY = SOAK ? 80 : 20
const DAY = 86_400_000
const SPANS: Readonly<Record<string, number>> = { '2m': 120_000, '15m': 900_000, '7m': 420_000, '1d': DAY }
const TIMEFRAMES = Object.keys(SPANS)
const SYMBOLS = ['SPY', 'QQQ', 'BTC/USD']
/** Both changes of 2024, a turn of the year, and days that no file has. */
const DAYS = [
  ...['2023-12-29', '2023-12-31', '2024-01-02', '2024-03-08', '2024-03-09', '2024-03-10', '2024-03-11'],
  ...['2024-03-12', '2024-11-01', '2024-11-02', '2024-11-03', '2024-11-04'],
]
const FORMS: readonly PandasForm[] = ['plain', 'local', 'stamped', 'reordered']

let store: OpenedStore
const model = new StoreModel()
const log: ObjectEventRow[] = []
const counts = new Map<string, number>()

function count(what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1)
}

/** A bar at a whole multiple of its timeframe; prices and volumes exact in sums. */
function randomBar(random: Random, place: { timeframe?: string; day?: string } = {}): CandleRow {
  const timeframe = place.timeframe ?? random.pick(TIMEFRAMES)
  const start = Date.parse(`${place.day ?? random.pick(DAYS)}T00:00:00Z`)
  const span = SPANS[timeframe] as number
  // Dense around noon, with both edges of the day now and then.
  const slots = Math.floor(DAY / span)
  const slot = random.chance(0.1) ? random.pick([0, slots - 1]) : Math.floor(slots / 2) + random.int(0, 40)
  const low = random.int(1, 400) / 4
  const high = low + random.int(0, 40) / 4
  const within = (): number => low + ((high - low) * random.int(0, 4)) / 4
  const ts = start + (slot % slots) * span
  const prices = { open: within(), high, low, close: within(), volume: random.int(0, 9999) }
  return candle({ symbol: random.pick(SYMBOLS), timeframe, ts, ...prices })
}

async function partNames(row: CandleRow): Promise<string[]> {
  return readdir(path.join(store.root, 'data', row.timeframe, utcDayOf(row.ts))).catch(() => [])
}

/** W3–W5, W13: what the writer must say of a bar. */
function expectedOutcome(row: CandleRow): string {
  const standing = model.standing(row)
  if (standing === null) return 'accepted'
  if (isDeepStrictEqual({ ...standing.row, global_x: null }, row)) return 'duplicate'
  // No part of ours sorts behind z.
  return standing.heldBy === 'dayfile' || standing.heldBy.startsWith('z') ? 'rejected' : 'conflict'
}

/** Through the writer, with what it must say of each. */
async function append(random: Random, rows: readonly CandleRow[]): Promise<void> {
  for (const row of rows) {
    const wanted = expectedOutcome(row)
    const names = new Set(await partNames(row))
    const [outcome] = await store.writer.appendCandles([row])
    expect(outcome?.outcome, `seed ${random.seed}`).toBe(wanted)
    count(wanted)
    const [written] = (await partNames(row)).filter((name) => !names.has(name))
    if (written !== undefined) model.addPart(written, [row])
  }
}

/** Another program's file of one day's bars: a part, or the day itself. */
async function foreign(random: Random, asDayfile: boolean): Promise<void> {
  const place = { timeframe: random.pick(TIMEFRAMES), day: random.pick(DAYS) }
  const rows = Array.from({ length: random.int(1, 30) }, () => randomBar(random, place))
  const form = random.pick(FORMS)
  if (asDayfile) {
    await foreignBars(store.root, `data/${place.timeframe}/${place.day}.parquet`, rows, form)
    model.setDayfile(rows)
    count('foreign dayfiles')
  } else {
    const name = `${random.pick(['a', 'o', 'z'])}${random.int(0, 1e9)}.parquet`
    await foreignBars(store.root, `data/${place.timeframe}/${place.day}/${name}`, rows, form)
    model.addPart(name, rows)
    count('foreign parts')
  }
}

async function events(random: Random): Promise<void> {
  const row = event({
    ts: Date.parse(`${random.pick(DAYS)}T00:00:00Z`) + random.int(0, 96) * 900_000,
    event_id: `e${log.length}`,
    action: random.pick(['create', 'create', 'update', 'close']),
    object_id: `o${random.int(0, 30)}`,
    type: random.pick(['zone', 'level', 'marker', 'flag']),
    symbol: random.pick(SYMBOLS),
    y: random.chance(0.5) ? random.int(0, 100) : null,
    top: random.chance(0.5) ? random.int(0, 100) : null,
    bottom: random.chance(0.5) ? random.int(0, 100) : null,
    right_ts: random.chance(0.1) ? Date.parse(`${random.pick(DAYS)}T12:00:00Z`) : null,
    status: random.chance(0.2) ? random.pick(['active', 'removed']) : null,
  })
  const [outcome] = await store.writer.appendEvents([row])
  expect(outcome?.outcome).toBe('accepted')
  log.push(row)
  count('events')
}

/** Some of them sent again, with the same values or others. */
function batch(random: Random): CandleRow[] {
  const rows: CandleRow[] = []
  for (let count = random.int(1, 12); count > 0; count--) {
    const again = random.chance(0.25) && rows.length > 0 ? random.pick(rows) : randomBar(random)
    rows.push({ ...again, volume: random.int(0, 1) === 0 ? again.volume : random.int(0, 9999) })
  }
  return rows
}

const CHANGES = {
  bars: async (random: Random) => append(random, batch(random)),
  part: async (random: Random) => foreign(random, false),
  dayfile: async (random: Random) => foreign(random, true),
  events: async (random: Random) => {
    for (let count = random.int(1, 4); count > 0; count--) await events(random)
  },
  compaction: async () => {
    const { days } = await store.compactor.compact({})
    expect(days.filter(({ error }) => error !== undefined)).toEqual([])
    model.compact()
    expect(model.waiting).toEqual([])
    count('compactions')
  },
} as const

/** Every kind of change before the first window, so that a short run has them all too. */
const FIRST = ['bars', 'bars', 'bars', 'part', 'events', 'dayfile', 'events', 'part', 'compaction'] as const
const LATER = ['bars', 'bars', 'bars', 'bars', 'part', 'dayfile', 'events', 'events', 'compaction'] as const

function randomWindow(random: Random): ViewportRequest {
  const instant = (): number =>
    Date.parse(`${random.pick(DAYS)}T00:00:00Z`) + random.int(-2, 26) * 3_600_000 + random.pick([0, 0, -1, 1])
  const [a, b] = [instant(), random.chance(0.1) ? instant() + DAY * 400 : instant()]
  const maybe = <K extends string>(key: K, chance: number, value: () => number): { [key in K]?: number } =>
    (random.chance(chance) ? { [key]: value() } : {}) as { [key in K]?: number }
  return {
    symbol: random.chance(0.02) ? 'NONE' : random.pick(SYMBOLS),
    timeframe: random.pick(TIMEFRAMES),
    // Mostly in order; a window that ends before it begins holds nothing.
    from: random.chance(0.97) ? Math.min(a, b) : Math.max(a, b),
    to: random.chance(0.97) ? Math.max(a, b) : Math.min(a, b),
    ...maybe('asOf', 0.3, instant),
    ...maybe('maxBars', 0.5, () => random.pick([1, 2, random.int(1, 40), random.int(1, 300)])),
    ...maybe('priceMin', 0.3, () => random.int(0, 100)),
    ...maybe('priceMax', 0.3, () => random.int(0, 100)),
    ...(random.chance(0.2) ? { includeRemoved: true } : {}),
  }
}

const noNumbers = (): null => null

beforeAll(async () => {
  store = await openedStore()
})
afterAll(() => store.remove())

describe('viewport', () => {
  it(`R1–R8, R10: ${WINDOWS} random windows over a changing store equal brute force`, async () => {
    const random = seeded('viewport')
    for (const kind of [...FIRST, ...FIRST, ...FIRST]) await CHANGES[kind](random)
    let bars = 0
    let objects = 0
    for (let window = 0; window < WINDOWS; window++) {
      if (window % CHANGE_EVERY === 0) await CHANGES[random.pick(LATER)](random)
      const request = randomWindow(random)
      const found = await store.reader.viewport(request)
      const expected = model.answer(request)
      const told = `seed ${random.seed}, window ${window}: ${JSON.stringify(request)}`
      expect(found.level.label, told).toBe(expected.level)
      expect(found.candles, told).toEqual(expected.candles)
      const { from, to } = request
      const views = modelStates(log, request.asOf).map((state) => modelView(state, noNumbers))
      const shown = views.filter((view) => modelShows(view, { ...request, from, to }))
      expect(found.objects, told).toEqual(shown)
      expect(found.problems, told).toEqual([])
      if (request.maxBars !== undefined) expect(found.candles.ts.length).toBeLessThanOrEqual(request.maxBars)
      bars += found.candles.ts.length
      objects += found.objects.length
      count(`level ${found.level.label}`)
    }
    console.log(`${bars} candles and ${objects} objects shown; ${JSON.stringify(Object.fromEntries(counts))}`)
    // A run that hardly shows anything proves nothing.
    expect(bars).toBeGreaterThan(WINDOWS)
    expect(objects).toBeGreaterThan(WINDOWS / 2)
    for (const what of [
      'accepted',
      'conflict',
      'rejected',
      'foreign parts',
      'foreign dayfiles',
      'compactions',
    ])
      expect(counts.get(what), what).toBeGreaterThan(0)
  }, 3_600_000)
})
