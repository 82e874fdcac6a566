import { utimes } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import type { StoreContext } from '../../src-main/store/context.ts'
import type { Env } from '../../src-main/store/fs/env.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { DayBlocks } from '../../src-main/store/read/day-blocks.ts'
import { DayfileFactsCache } from '../../src-main/store/read/dayfile-facts.ts'
import { storeInfo } from '../../src-main/store/read/store-info.ts'
import { viewport } from '../../src-main/store/read/viewport.ts'
import { SOAK } from '../support/fault-plan.ts'
import { candles, foreignDayfile, type OpenedStore, openedStore } from '../support/store-fixture.ts'

const OPEN = Date.parse('2024-03-08T14:30:00Z')
const DAY = 86_400_000

/** Three bars of the day before any compaction, three that come late. */
const EARLY = candles(3, OPEN)
const LATE = candles(3, OPEN + 3 * 120_000)

/** The context of a reader that calls `before` ahead of each of its looks at the disk, counted from 0. */
function watched(context: StoreContext, before: (look: number) => Promise<void>): StoreContext {
  let looks = 0
  const hooked = <Target extends object>(target: Target, names: readonly (keyof Target)[]): Target =>
    new Proxy(target, {
      get(on, name) {
        const value: unknown = Reflect.get(on, name)
        if (typeof value !== 'function') return value
        if (!names.includes(name as keyof Target)) return value.bind(on)
        return async (...given: unknown[]) => {
          await before(looks++)
          return value.apply(on, given)
        }
      },
    })
  const env = hooked<Env>(context.env, ['readDir', 'stat', 'readFile'])
  return { ...context, env, duck: hooked(context.duck, ['rows', 'query']) }
}

function shown(reader: StoreContext, blocks: DayBlocks): Promise<number[]> {
  const objectsAt = async () => ({ objects: [], problems: [] })
  const request = { symbol: 'SPY', timeframe: '2m', from: OPEN - DAY, to: OPEN + DAY }
  return viewport({ context: reader, blocks, objectsAt }, request).then(({ candles: found, problems }) => {
    expect(problems).toEqual([])
    return [...found.ts]
  })
}

const times = (bars: readonly CandleRow[]): number[] => bars.map(({ ts }) => ts)

/** Asks for all that tiers do on the way: every fourth of its looks, but in the soak. */
const WEEKS = 'a window of weeks as one candle, and again'

type Read = (reader: StoreContext) => Promise<void>

/** What stood before the reader looks: parts alone, or a dayfile and late parts. */
const STORES = {
  'parts alone': async (store: OpenedStore) => {
    await store.writer.appendCandles([...EARLY, ...LATE])
  },
  'a dayfile and late parts': async (store: OpenedStore) => {
    await store.writer.appendCandles(EARLY)
    await store.compactor.compact({})
    await store.writer.appendCandles(LATE)
  },
}

const READS: Readonly<Record<string, Read>> = {
  'a viewport, and again': async (reader) => {
    const blocks = new DayBlocks(reader)
    for (const _ of [1, 2]) expect(await shown(reader, blocks)).toEqual(times([...EARLY, ...LATE]))
  },
  [WEEKS]: async (reader) => {
    const before = candles(3, OPEN - DAY)
    await foreignDayfile(reader.root, before)
    const blocks = new DayBlocks(reader)
    const facts = new DayfileFactsCache(reader, { worthKeeping: 1 })
    const sources = { context: reader, blocks, facts, objectsAt: async () => ({ objects: [], problems: [] }) }
    const request = { symbol: 'SPY', timeframe: '2m', from: OPEN - 20 * DAY, to: OPEN + 20 * DAY, maxBars: 1 }
    const volume = [...before, ...EARLY, ...LATE].reduce((sum, bar) => sum + bar.volume, 0)
    for (const _ of [1, 2]) {
      const found = await viewport(sources, request)
      expect(found.level.label).toBe('1w')
      expect([[...found.candles.ts], [...found.candles.volume]]).toEqual([[OPEN - DAY], [volume]])
      expect(found.problems).toEqual([])
    }
    await facts.settled()
  },
  info: async (reader) => {
    const sources = { context: reader, blocks: new DayBlocks(reader), facts: new DayfileFactsCache(reader) }
    const { series } = await storeInfo(sources)
    expect(series).toMatchObject([{ symbol: 'SPY', firstTs: OPEN, lastTs: times(LATE).at(-1) }])
  },
}

/** Runs a read with a whole compaction ahead of its n-th look. @returns whether it came to that look */
async function withCompactionAt(look: number, set: keyof typeof STORES, read: Read): Promise<boolean> {
  const store = await openedStore()
  const context = await openContext(store.root)
  try {
    await STORES[set](store)
    let reached = false
    await read(
      watched(context, async (now) => {
        if (now !== look) return
        reached = true
        const { days } = await store.compactor.compact({})
        expect(days.map(({ rows, error }) => [rows, error])).toEqual([[6, undefined]])
      }),
    )
    return reached
  } finally {
    await closeContext(context)
    await store.remove()
  }
}

describe('a compaction between any two looks of a reader', () => {
  for (const set of Object.keys(STORES) as (keyof typeof STORES)[]) {
    it.each(Object.keys(READS))(`R3: ${set}, %s`, async (name) => {
      const read = READS[name] as Read
      let look = 0
      const stride = name === WEEKS && !SOAK ? 4 : 1
      while (await withCompactionAt(look, set, read)) look += stride
      console.log(`${name}, ${set}: compacted ahead of every look of ${look}, or every ${stride}th`)
      expect(look).toBeGreaterThan(3)
    })
  }

  it('R3: a folder listed while its day is compacted may show neither part folder nor dayfile: it is listed again', async () => {
    const store = await openedStore()
    const context = await openContext(store.root)
    try {
      await store.writer.appendCandles([...EARLY, ...LATE])
      let missed = 0
      const env: Env = {
        ...context.env,
        async readDir(folder) {
          const entries = await context.env.readDir(folder)
          if (!folder.endsWith(path.join('data', '2m')) || missed > 0) return entries
          missed++
          await store.compactor.compact({})
          return []
        },
      }
      const reader = { ...context, env }
      expect(await shown(reader, new DayBlocks(reader))).toEqual(times([...EARLY, ...LATE]))
      expect(missed).toBe(1)
      // A folder that has not changed for long is listed once.
      await utimes(path.join(store.root, 'data/2m'), 1, 1)
      missed = 0
      expect(await shown(reader, new DayBlocks(reader))).toEqual([])
    } finally {
      await closeContext(context)
      await store.remove()
    }
  })
})
