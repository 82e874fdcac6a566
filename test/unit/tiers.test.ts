import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { Progress } from '../../schemas/contract/jobs.ts'
import type { Viewport } from '../../schemas/contract/viewport.ts'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import type { StoreContext } from '../../src-main/store/context.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { acquireWriterLock } from '../../src-main/store/fs/writer-lock.ts'
import { openStore } from '../../src-main/store/index.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { DayBlocks } from '../../src-main/store/read/day-blocks.ts'
import { DayfileFactsCache } from '../../src-main/store/read/dayfile-facts.ts'
import { TierYears } from '../../src-main/store/read/tiers/tier-years.ts'
import { viewport } from '../../src-main/store/read/viewport.ts'
import { candles, plainSql, sqlOfBars, temporaryFolder } from '../support/store-fixture.ts'

const DAY = 86_400_000
const FIRST = Date.parse('2023-12-18T14:30:00Z')
const DAYS = 24
const TIERS = '.barkeep/derived/candles'

let root: string
/** Dayfiles whose bytes or folders were asked for since `opened`. */
let read: Set<string>

const file = (name: string): string => path.join(root, name)
const dayOf = (day: number): string => new Date(FIRST + day * DAY).toISOString().slice(0, 10)
const dayfile = (day: number): string => `data/2m/${dayOf(day)}.parquet`

function barsOf(day: number, symbol = 'SPY'): CandleRow[] {
  return candles(30, FIRST + day * DAY, { symbol })
}

beforeEach(async () => {
  root = await temporaryFolder()
  await mkdir(file('data/2m'), { recursive: true })
  const days = Array.from({ length: DAYS }, (_, day) => day)
  await plainSql(...days.map((day) => sqlOfBars(file(dayfile(day)), barsOf(day))))
})
afterEach(() => rm(root, { recursive: true, force: true }))

interface Reader {
  readonly context: StoreContext
  readonly facts: DayfileFactsCache
  readonly blocks: DayBlocks
  ask(maxBars?: number): Promise<Viewport>
  close(): Promise<void>
}

async function opened(worthKeeping = 1): Promise<Reader> {
  read = new Set()
  const env = {
    ...nodeEnv,
    readFile: (target: string) => {
      if (target.endsWith('.parquet')) read.add(path.basename(target))
      return nodeEnv.readFile(target)
    },
  }
  const context = await openContext(root, { env })
  const facts = new DayfileFactsCache(context, { worthKeeping })
  const blocks = new DayBlocks(context)
  return {
    context,
    facts,
    blocks,
    ask: (maxBars = 30) =>
      viewport(
        { context, blocks, facts, objectsAt: async () => ({ objects: [], problems: [] }) },
        { symbol: 'SPY', timeframe: '2m', from: FIRST - DAY, to: FIRST + (DAYS - 0.5) * DAY, maxBars },
      ),
    async close() {
      await facts.settled()
      await closeContext(context)
    },
  }
}

async function once<T>(work: (reader: Reader) => Promise<T>, worthKeeping = 1): Promise<T> {
  const reader = await opened(worthKeeping)
  try {
    return await work(reader)
  } finally {
    await reader.close()
  }
}

const tierFiles = (): Promise<string[]> => readdir(file(`${TIERS}/2m`)).catch(() => [])

describe('a coarse window', () => {
  it('R13: the first reads each dayfile once and keeps a tier a year; the next reads none, and no block', async () => {
    const first = await once((reader) => reader.ask())
    expect(first.level).toEqual({ bars: 30, label: '1h' })
    expect([...first.candles.volume]).toEqual(Array(DAYS).fill(435))
    expect(read.size).toBe(DAYS)
    expect(await tierFiles()).toEqual(['2023.tier', '2024.tier'])
    await once(async (reader) => {
      expect(await reader.ask()).toEqual(first)
      expect([...read]).toEqual([])
      expect(reader.blocks.bytes).toBe(0)
    })
  })

  it('R13: a level that is finer than tiers comes from the bars', async () => {
    const fine = await once((reader) => reader.ask(600))
    expect(fine.level.label).toBe('4m')
    expect(fine.candles.ts.length).toBe(15 * DAYS)
    const stored = await once((reader) => reader.ask(30 * DAYS))
    expect(stored.candles.ts.length).toBe(30 * DAYS)
  })

  it('R11 R13: info tells from tiers, and leaves them to the next', async () => {
    await once((reader) => reader.facts.of([], false))
    const store = await openStore(root)
    try {
      await store.writer.rebuildTiers()
      const told = await store.reader.info()
      expect(told.series).toEqual([
        { symbol: 'SPY', timeframe: '2m', firstTs: FIRST, lastTs: FIRST + (DAYS - 1) * DAY + 29 * 120_000 },
      ])
    } finally {
      await store.close()
    }
  })

  it('R8 R13: a day that breaks its schema shows as it is and is named, from the tier’s years too', async () => {
    const bars = barsOf(7)
    const broken = bars.map((bar, at) => (at === 3 ? { ...bar, low: bar.high + 1 } : bar))
    await plainSql(sqlOfBars(file(dayfile(7)), broken))
    for (const _ of ['first', 'from tiers']) {
      const { problems, candles: shown } = await once((reader) => reader.ask())
      expect(problems.map(({ file: name, code }) => [name, code])).toEqual([[dayfile(7), 'BAD_ROW']])
      expect(shown.ts.length).toBe(DAYS)
    }
    // The day itself, and none of its neighbours.
    expect([...read]).toEqual([path.basename(dayfile(7))])
  })

  it('R7 R13: a dayfile that can’t be read is named, asked for again each time, and hides nothing else', async () => {
    await writeFile(file(dayfile(9)), 'no Parquet')
    for (const _ of ['first', 'from tiers']) {
      const { problems, candles: shown } = await once((reader) => reader.ask())
      expect(problems.map(({ file: name, code }) => [name, code])).toEqual([[dayfile(9), 'UNREADABLE']])
      expect(shown.ts.length).toBe(DAYS - 1)
    }
  })

  it('R13: while the whole store is read, a question over a few weeks reads its days by itself', async () => {
    await once(async (reader) => {
      const all = await reader.blocks.listed('2m' as Parameters<DayBlocks['listed']>[0])
      const whole = reader.facts.of(all, true)
      expect((await reader.ask()).candles.ts.length).toBe(DAYS)
      expect(reader.blocks.bytes).toBeGreaterThan(0)
      expect((await whole).size).toBe(DAYS)
    })
  })

  it('R13: who gives up a question over years leaves at once, and the next is answered', async () => {
    await once(async (reader) => {
      const given = new AbortController()
      const left = viewport(
        { ...reader, objectsAt: async () => ({ objects: [], problems: [] }) },
        { symbol: 'SPY', timeframe: '2m', from: FIRST, to: FIRST + DAYS * DAY, maxBars: 1 },
        given.signal,
      )
      given.abort()
      await expect(left).rejects.toMatchObject({ code: 'CANCELLED' })
      expect((await reader.ask()).candles.ts.length).toBe(DAYS)
    })
  })

  it('R13: a copied store’s tiers are taken over by content, without reading rows again', async () => {
    const first = await once((reader) => reader.ask())
    const before = await readFile(file(`${TIERS}/2m/2024.tier`))
    const copy = await temporaryFolder('copy')
    await cp(root, copy, { recursive: true })
    await rm(root, { recursive: true })
    root = copy
    await once(async (reader) => {
      const query = reader.context.duck.query.bind(reader.context.duck)
      let queries = 0
      reader.context.duck.query = (...given) => {
        queries++
        return query(...given)
      }
      expect(await reader.ask()).toEqual(first)
      expect(queries).toBe(0)
    })
    expect(await readFile(file(`${TIERS}/2m/2024.tier`))).not.toEqual(before)
    await once(async (reader) => {
      expect(await reader.ask()).toEqual(first)
      expect(read.size).toBe(0)
    })
  })

  it('R13: a damaged tier is read past, and written anew however few days it holds', async () => {
    const first = await once((reader) => reader.ask())
    const tier = file(`${TIERS}/2m/2024.tier`)
    const whole = await readFile(tier)
    await writeFile(tier, whole.subarray(0, whole.length >> 1))
    expect(await once((reader) => reader.ask(), 1_000)).toEqual(first)
    expect(await readFile(tier)).toEqual(whole)
  })

  it('R13: what stays in memory is bounded; a year that is asked for again is read again', async () => {
    await once((reader) => reader.ask())
    await once(async ({ context }) => {
      const tiers = new TierYears(context, 16_000)
      for (const year of ['2023', '2024', '2023']) {
        const { days } = await tiers.year('2m' as Parameters<TierYears['year']>[0], year)
        expect(days.length).toBe(year === '2023' ? 14 : 10)
        expect(tiers.bytes).toBeLessThan(16_000)
      }
    })
  })
})

describe('tiers after a change', () => {
  it('R13: follow a backfill and a compaction of this process, so that the next open reads no dayfile', async () => {
    await once((reader) => reader.ask())
    const store = await openStore(root)
    await store.writer.backfillCandles(barsOf(DAYS).concat(barsOf(DAYS + 1)))
    await store.writer.appendCandles(barsOf(DAYS + 2))
    await store.compactor.compact({})
    await store.close()
    await once(async (reader) => {
      const found = await reader.ask()
      expect(found.candles.ts.length).toBe(DAYS)
      expect(read.size).toBe(0)
      const later = await viewport(
        { ...reader, objectsAt: async () => ({ objects: [], problems: [] }) },
        { symbol: 'SPY', timeframe: '2m', from: FIRST, to: FIRST + (DAYS + 5) * DAY, maxBars: 30 },
      )
      expect(later.candles.ts.length).toBe(DAYS + 3)
      expect(read.size).toBe(0)
    })
  })

  it('R13: a store without tiers gets none for a few days’ sake', async () => {
    const store = await openStore(root)
    await store.writer.appendCandles(barsOf(DAYS))
    await store.compactor.compact({})
    await store.close()
    expect(await tierFiles()).toEqual([])
  })

  it('R13: a tier that can’t follow is told beside the answer, which stands', async () => {
    const first = await once((reader) => reader.ask())
    const told: ErrorReport[] = []
    const refusing = {
      ...nodeEnv,
      rename: async (from: string, to: string) => {
        if (to.endsWith('.tier')) throw Object.assign(new Error('EROFS: read-only'), { code: 'EROFS' })
        await nodeEnv.rename(from, to)
      },
    }
    const store = await openStore(root, { env: refusing, onProblem: (problem) => told.push(problem) })
    const { days } = await store.writer.backfillCandles(barsOf(DAYS))
    await store.close()
    expect(days.map(({ file: name }) => name)).toEqual([dayfile(DAYS)])
    expect(told).toEqual([{ code: 'IO', message: expect.stringContaining('rebuild tiers'), file: TIERS }])
    expect(await once((reader) => reader.ask())).toEqual(first)
  })
})

describe('rebuildTiers', () => {
  it('R13: makes all anew, tells what it left out, and takes away what belongs to nothing', async () => {
    await writeFile(file(dayfile(3)), '')
    await mkdir(file(`${TIERS}/2m`), { recursive: true })
    await writeFile(file(`${TIERS}/2m/2019.tier`), 'of another time')
    await writeFile(file('.barkeep/derived/dayfile-facts.json'), '{}')
    const store = await openStore(root)
    const progress: Progress[] = []
    const receipt = await store.writer.rebuildTiers({ onProgress: (step) => progress.push(step) })
    await store.close()
    const { size } = await stat(file(`${TIERS}/2m/2024.tier`))
    expect(receipt.tiers.map(({ year, days }) => [year, days])).toEqual([
      ['2023', 13],
      ['2024', 10],
    ])
    expect(receipt.tiers[1]?.bytes).toBe(size)
    expect(receipt.leftOut.map(({ file: name, code }) => [name, code])).toEqual([[dayfile(3), 'UNREADABLE']])
    expect(progress.at(0)).toEqual({ done: 0, total: DAYS, step: '2m 2023' })
    expect(progress.at(-1)).toEqual({ done: DAYS, total: DAYS, step: 'done' })
    expect(await tierFiles()).toEqual(['2023.tier', '2024.tier'])
    expect(await readdir(file('.barkeep/derived'))).toEqual(['candles'])
    await once((reader) => reader.ask())
    expect([...read]).toEqual([path.basename(dayfile(3))])
  })

  it('C11: waits for nobody: another writer is named', async () => {
    const context = await openContext(root)
    const lock = await acquireWriterLock(context, 'compact')
    const store = await openStore(root)
    try {
      await expect(store.writer.rebuildTiers()).rejects.toMatchObject({ code: 'LOCKED' })
    } finally {
      await store.close()
      await lock.release()
      await closeContext(context)
    }
  })

  it('C10: cancelled between two years it leaves what is there', async () => {
    const store = await openStore(root)
    const cancel = new AbortController()
    const work = { signal: cancel.signal, onProgress: ({ done }: Progress) => done > 0 && cancel.abort() }
    await expect(store.writer.rebuildTiers(work)).rejects.toMatchObject({ code: 'CANCELLED' })
    await store.close()
    expect(await tierFiles()).toEqual(['2023.tier'])
  })
})
