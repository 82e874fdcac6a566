import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { LiveUpdate } from '../../schemas/contract/live.ts'
import { utcDayOf } from '../../schemas/contract/market-time.ts'
import type { Viewport } from '../../schemas/contract/viewport.ts'
import type { FollowRequest, ViewportRequest } from '../../schemas/generated/requests.ts'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import type { Store } from '../../src-main/store/api.ts'
import { openStore } from '../../src-main/store/index.ts'
import { rounds } from '../support/fault-plan.ts'
import { decision } from '../support/ledger-store.ts'
import { laidOver, shownOf } from '../support/live-model.ts'
import { event, randomEvent } from '../support/random-events.ts'
import { type Random, seeded } from '../support/seeded.ts'
import { candle, foreignBars, memoryFolder } from '../support/store-fixture.ts'

const STORES = rounds(2, 40)
const ROUNDS = 10
const STEPS = 6

const DAY = 86_400_000
const SPANS: Readonly<Record<string, number>> = { '2m': 120_000, '15m': 900_000, '1d': DAY }
const SYMBOLS = ['SPY', 'QQQ']
/** Both changes of 2024, and days whose session a UTC midnight cuts. */
const DAYS = [
  '2024-03-08',
  '2024-03-10',
  '2024-03-11',
  '2024-11-01',
  '2024-11-03',
  '2024-11-04',
  '2024-11-05',
]
const WHOLE = { from: Date.parse('2020-01-01'), to: Date.parse('2030-01-01') }
/** Levels of each timeframe's ladder (SPEC R6). */
const LEVELS: Readonly<Record<string, readonly number[]>> = {
  '2m': [1, 1, 1, 2, 15, 30, 360, 720],
  '15m': [1, 1, 2, 4, 48, 96],
  '1d': [1, 1, 7],
}

/** A question of the window, and what it was answered. */
interface Asked {
  readonly request: ViewportRequest
  readonly answer: Viewport
}

class Run {
  readonly #random: Random
  readonly #root: string
  readonly #counts: Map<string, number>
  readonly #updates: LiveUpdate[] = []
  readonly #problems: string[] = []
  readonly #store: Store
  readonly #feed: ReturnType<Store['watch']>
  #followed: FollowRequest = { symbol: 'SPY', timeframe: '2m' }
  #since = 0
  #asked: Promise<Asked>[] = []
  #serial = 0
  #decisions = 0

  constructor(random: Random, store: Store, counts: Map<string, number>) {
    this.#random = random
    this.#root = store.root
    this.#counts = counts
    this.#store = store
    this.#feed = store.watch({
      onUpdate: (update) => this.#updates.push(update),
      onProblem: ({ code, message }) => this.#problems.push(`${code} ${message}`),
    })
    this.#follow()
  }

  async close(): Promise<void> {
    await this.#store.close()
    expect(this.#problems).toEqual([])
  }

  #count(what: string, by = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + by)
  }

  async round(context: string): Promise<void> {
    // A chart may show for long what it asked once.
    this.#asked = this.#asked.filter(() => this.#random.chance(0.5))
    this.#ask()
    for (let step = 0; step < STEPS; step++) {
      const work = this.#change()
      for (let question = this.#random.int(0, 2); question > 0; question--) this.#ask()
      if (this.#random.chance(0.7)) await work
      if (this.#random.chance(0.3)) this.#ask()
      if (this.#random.chance(0.3)) await this.#feed.look()
      await work
      if (this.#random.chance(0.25)) this.#follow()
    }
    const asked = await Promise.all(this.#asked)
    await this.#feed.look()
    await this.#checkWindows(asked, context)
    await this.#checkInfo(context)
  }

  #follow(): void {
    const { timeframe, symbol, barsPerCandle } = this.#request()
    const emas = barsPerCandle === 1 && this.#random.chance(0.5) ? { emas: [2, 5] } : {}
    this.#followed = { symbol, timeframe, barsPerCandle, ...emas }
    this.#since = this.#feed.follow(this.#followed).revision
    this.#asked = []
  }

  #request(): { symbol: string; timeframe: string; barsPerCandle: number } {
    const timeframe = this.#random.pick(['2m', '2m', '2m', '15m', '1d'])
    return {
      symbol: this.#random.pick(SYMBOLS),
      timeframe,
      barsPerCandle: this.#random.pick(LEVELS[timeframe] ?? [1]),
    }
  }

  /** A window over everything, or (of single bars) over some days. */
  #ask(): void {
    const { symbol, timeframe, emas, barsPerCandle = 1 } = this.#followed
    const isNarrow = barsPerCandle === 1 && this.#random.chance(0.4)
    const start = Date.parse(this.#random.pick(DAYS)) + this.#random.int(0, DAY)
    const window = isNarrow ? { from: start, to: start + this.#random.int(0, 3 * DAY) } : WHOLE
    const request = {
      ...{ symbol, timeframe, barsPerCandle, includeRemoved: true, ...window },
      ...(emas === undefined ? {} : { emas }),
    }
    this.#asked.push(this.#store.reader.viewport(request).then((answer) => ({ request, answer })))
  }

  async #checkWindows(asked: readonly Asked[], context: string): Promise<void> {
    for (const { request, answer } of asked) {
      if ((answer.revision ?? -1) < this.#since) {
        this.#count('answers before the follow')
        continue
      }
      const shown = laidOver(request, answer, this.#followed, this.#updates)
      const fresh = shownOf(await this.#store.reader.viewport(request))
      const place = `${context}, ${JSON.stringify(request)}, answer of ${answer.revision}, followed since ${this.#since}`
      if (request.from === WHOLE.from)
        expect(byKey(shown.objects), `objects: ${place}`).toEqual(byKey(fresh.objects))
      if (shown.isStale) {
        this.#count('stale windows')
        continue
      }
      expect(byKey(shown.bars), `bars: ${place}`).toEqual(byKey(fresh.bars))
      this.#count('windows equal')
    }
  }

  async #checkInfo(context: string): Promise<void> {
    const told = this.#updates.findLast(({ info }) => info !== undefined)?.info
    if (told !== undefined) expect(told, `info: ${context}`).toEqual(await this.#store.reader.info())
  }

  async #change(): Promise<void> {
    const changes = [
      ...[this.#append, this.#append, this.#append, this.#append, this.#events, this.#events],
      ...[this.#foreign, this.#flicker, this.#takeAway, this.#backfill, this.#compact, this.#ledger],
    ]
    await this.#random.pick(changes).call(this)
  }

  #bar(day = this.#random.pick(DAYS)): CandleRow {
    const isFollowed = this.#random.chance(0.6)
    const timeframe = isFollowed ? this.#followed.timeframe : this.#random.pick(['2m', '15m', '1d'])
    const symbol = isFollowed ? this.#followed.symbol : this.#random.pick(SYMBOLS)
    const span = SPANS[timeframe] ?? DAY
    const slots = Math.floor(DAY / span)
    const slot = (Math.floor((14.5 * 3_600_000) / span) + this.#random.int(-3, 60)) % slots
    return this.#priced(symbol, timeframe, Date.parse(day) + (slots === 1 ? 0 : slot * span))
  }

  #priced(symbol: string, timeframe: string, ts: number): CandleRow {
    const low = this.#random.int(1, 400) / 4
    const prices = { open: low + 1, high: low + this.#random.int(2, 8) / 2, low, close: low + 0.25 }
    return candle({ symbol, timeframe, ts, ...prices, volume: this.#random.int(0, 9999) })
  }

  async #append(): Promise<void> {
    const day = this.#random.chance(0.6) ? '2024-11-05' : this.#random.pick(DAYS)
    const rows = Array.from({ length: this.#random.int(1, 5) }, () => this.#bar(day))
    const outcomes = await this.#store.writer.appendCandles(rows)
    for (const { outcome } of outcomes) this.#count(`bars ${outcome}`)
  }

  async #events(): Promise<void> {
    const rows = Array.from({ length: this.#random.int(1, 3) }, () =>
      randomEvent(this.#random, this.#serial++),
    )
    const create = event({
      ts: Date.parse('2024-03-08T15:00Z') + this.#serial,
      event_id: `own-${this.#serial}`,
    })
    await this.#store.writer.appendEvents([...rows, create])
    this.#count('events', rows.length + 1)
  }

  /** Another program's part comes, or takes the place of the one under its name. */
  async #foreign(): Promise<void> {
    const first = this.#bar()
    const day = utcDayOf(first.ts)
    const span = SPANS[first.timeframe] ?? DAY
    const rows = [0, 1, 2]
      .map((place) => this.#priced(first.symbol, first.timeframe, first.ts + place * span))
      .filter(({ ts }) => utcDayOf(ts) === day)
    const isDayfile = this.#random.chance(0.2)
    const folder = path.join(this.#root, 'data', first.timeframe, ...(isDayfile ? [] : [day]))
    await mkdir(folder, { recursive: true })
    const staged = await foreignBars(this.#root, `foreign-${this.#serial++}.tmp`, rows)
    const name = isDayfile ? `${day}.parquet` : this.#random.pick(['bot.parquet', 'a.parquet', 'z.parquet'])
    await rename(path.join(this.#root, staged), path.join(folder, name))
    this.#count(isDayfile ? 'foreign dayfiles' : 'foreign parts')
  }

  /** Another program's part comes and goes again, and a window is answered with it meanwhile. */
  async #flicker(): Promise<void> {
    const bar = this.#bar('2024-11-05')
    const folder = path.join(this.#root, 'data', bar.timeframe, utcDayOf(bar.ts))
    await mkdir(folder, { recursive: true })
    const staged = await foreignBars(this.#root, `foreign-${this.#serial++}.tmp`, [bar])
    const file = path.join(folder, 'zz.parquet')
    await rename(path.join(this.#root, staged), file)
    this.#ask()
    await this.#asked.at(-1)
    await rm(file, { force: true })
    this.#count('parts that came and went')
  }

  async #takeAway(): Promise<void> {
    const timeframe = this.#random.pick([this.#followed.timeframe, ...Object.keys(SPANS)])
    const folder = path.join(this.#root, 'data', timeframe)
    const names = await readdir(folder, { recursive: true }).catch(() => [])
    const files = names.filter((name) => name.endsWith('.parquet')).sort()
    if (files.length === 0) return
    await rm(path.join(folder, this.#random.pick(files)), { force: true })
    this.#count('files taken away')
  }

  async #backfill(): Promise<void> {
    const first = this.#bar()
    const span = SPANS[first.timeframe] ?? DAY
    const many = this.#random.chance(0.1) && span < DAY
    const start = Date.parse(utcDayOf(first.ts))
    const rows = Array.from({ length: many ? DAY / span : this.#random.int(1, 12) }, (_, place) => {
      const ts = start + (((place + 400) * span) % DAY)
      return this.#priced(first.symbol, first.timeframe, span === DAY ? start + place * DAY : ts)
    })
    await this.#store.writer.backfillCandles(rows)
    this.#count('backfills')
  }

  async #compact(): Promise<void> {
    const isDay = this.#random.chance(0.6)
    await this.#store.compactor.compact(isDay ? { day: this.#random.pick(DAYS) } : {})
    this.#count('compactions')
  }

  async #ledger(): Promise<void> {
    const minute = new Date(Date.now() - this.#random.int(0, 90) * 60_000).toISOString().slice(0, 16)
    await this.#store.writer.appendLedger('decisions', [decision(`d${this.#decisions++}`, minute)])
    this.#count('ledger batches')
  }
}

function byKey<T>(shown: ReadonlyMap<string | number, T>): [string, T][] {
  const entries = [...shown].map(([key, value]): [string, T] => [String(key), value])
  return entries.sort(([a], [b]) => (a < b ? -1 : 1))
}

describe('increments of live bars and objects', () => {
  it(`F10–F14, F16: in ${STORES} stores a window's answer with all later updates shows what a new one would, whatever came when`, async () => {
    const random = seeded('live increments')
    const counts = new Map<string, number>()
    for (let store = 0; store < STORES; store++) {
      const root = await memoryFolder('live')
      const run = new Run(random, await openStore(root), counts)
      for (let round = 0; round < ROUNDS; round++)
        await run.round(`seed ${random.seed}, store ${store}, round ${round}`)
      await run.close()
      await rm(root, { recursive: true, force: true })
    }
    console.log(Object.fromEntries([...counts].sort()))
    const [equal = 0, stale = 0] = [counts.get('windows equal'), counts.get('stale windows')]
    expect(equal).toBeGreaterThan(stale)
  }, 600_000)
})
