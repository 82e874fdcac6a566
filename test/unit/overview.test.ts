import { copyFile, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StorageOverview, StoreInfo } from '../../schemas/contract/health.ts'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { Timeline } from '../../src-main/store/events/timeline.ts'
import { sha256 } from '../../src-main/store/layout/digest.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { DayBlocks } from '../../src-main/store/read/day-blocks.ts'
import { DayfileFactsCache } from '../../src-main/store/read/dayfile-facts.ts'
import { storageOverview } from '../../src-main/store/read/overview.ts'
import { storeInfo } from '../../src-main/store/read/store-info.ts'
import {
  candle,
  candles,
  foreignDayfile,
  type OpenedStore,
  openedStore,
  zoneEvent,
} from '../support/store-fixture.ts'

const OPEN = Date.parse('2024-03-08T14:30:00Z')
const DAY = 86_400_000

let store: OpenedStore
const info = (): Promise<StoreInfo> => store.reader.info()
const overview = (): Promise<StorageOverview> => store.reader.overview()

beforeEach(async () => {
  store = await openedStore()
})
afterEach(() => store.remove())

/** Through the writer; every bar must be taken. */
async function append(bars: readonly CandleRow[]): Promise<void> {
  const outcomes = await store.writer.appendCandles(bars)
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(bars.map(() => 'accepted'))
}

const file = (name: string): string => path.join(store.root, name)

describe('storeInfo', () => {
  it('R11: an empty store has no data', async () => {
    expect(await info()).toEqual({
      path: store.root,
      hasData: false,
      marketZone: 'America/Chicago',
      series: [],
      partsWaiting: 0,
      lastBar: null,
    })
  })

  it('R11: every symbol and timeframe with its first and last bar, also one that traded only in the middle', async () => {
    for (let day = 0; day < 5; day++) {
      const bars = candles(3, OPEN + day * DAY)
      const middle = day === 2 ? candles(1, OPEN + 2 * DAY, { symbol: 'GME' }) : []
      await foreignDayfile(store.root, [...bars, ...middle])
    }
    await append([
      candle({ ts: OPEN + 4 * DAY + 360_000 }),
      candle({ ts: OPEN - DAY, timeframe: '15m', symbol: 'QQQ' }),
    ])
    const span = (symbol: string, timeframe: string, firstTs: number, lastTs: number) => ({
      symbol,
      timeframe,
      firstTs,
      lastTs,
    })
    const expected = [
      span('GME', '2m', OPEN + 2 * DAY, OPEN + 2 * DAY),
      span('QQQ', '15m', OPEN - DAY, OPEN - DAY),
      span('SPY', '2m', OPEN, OPEN + 4 * DAY + 360_000),
    ]
    for (let call = 0; call < 2; call++) {
      expect(await info()).toMatchObject({
        hasData: true,
        series: expected,
        partsWaiting: 2,
        lastBar: { symbol: 'SPY', timeframe: '2m', ts: OPEN + 4 * DAY + 360_000 },
      })
    }
    await store.compactor.compact({})
    expect(await info()).toMatchObject({ series: expected, partsWaiting: 0 })
    await rm(file('data/2m/2024-03-10.parquet'))
    expect((await info()).series.map(({ symbol }) => symbol)).toEqual(['QQQ', 'SPY'])
  })

  it('R11: a store of events alone has data, and their parts wait too', async () => {
    await store.writer.appendEvents([zoneEvent({ ts: OPEN })])
    expect(await info()).toMatchObject({ hasData: true, series: [], partsWaiting: 1, lastBar: null })
  })

  it('R7 R11: a damaged dayfile is told from its recovery parts; one that can’t be read hides nothing else', async () => {
    await append(candles(3, OPEN))
    await store.compactor.compact({})
    await foreignDayfile(store.root, candles(2, OPEN + DAY))
    await writeFile(file('data/2m/2024-03-08.parquet'), 'not what was written')
    await writeFile(file('data/2m/2024-03-07.parquet'), '')
    expect(await info()).toMatchObject({
      hasData: true,
      series: [{ symbol: 'SPY', firstTs: OPEN, lastTs: OPEN + DAY + 120_000 }],
    })
  })
})

describe('what is kept of dayfiles between opens', () => {
  const record = '.barkeep/derived/candles/2m/2024.tier'

  async function fresh(): Promise<{ info: StoreInfo; overview: StorageOverview }> {
    const context = await openContext(store.root)
    const facts = new DayfileFactsCache(context, { worthKeeping: 1 })
    const sources = { context, blocks: new DayBlocks(context), facts, timeline: new Timeline(context) }
    const told = { info: await storeInfo(sources), overview: await storageOverview(sources) }
    await closeContext(context)
    return told
  }

  /** Turns a file into rubbish without a trace in its size, times or inode. */
  async function rot(name: string): Promise<void> {
    const { size, atime, mtime } = await stat(file(name))
    await writeFile(file(name), 'x'.repeat(size), { flag: 'r+' })
    await utimes(file(name), atime, mtime)
  }

  it('R11: an open tells series from the record, reads no file for it, and overview still finds damage', async () => {
    const day = new Date(Math.floor(OPEN / DAY) * DAY)
    await append(candles(3, OPEN))
    await store.compactor.compact({})
    // Whole milliseconds, or putting the times back would show.
    await utimes(file('data/2m/2024-03-08.parquet'), day, day)
    const first = await fresh()
    expect(first.overview.tables[0]?.days[0]?.problem).toBeNull()
    await rot('data/2m/2024-03-08.parquet')
    const again = await fresh()
    expect(again.info).toEqual(first.info)
    expect(again.overview.tables[0]?.days[0]?.problem).toMatch(/^(BAD_CHECKSUM|UNREADABLE)/)
  })

  it('R11: a record that is damaged, or of files that were replaced, tells nothing', async () => {
    await foreignDayfile(store.root, candles(3, OPEN))
    await fresh()
    const kept = await readFile(file(record), 'utf8')
    await writeFile(file(record), kept.replace('"SPY"', '"SPX"'))
    expect((await fresh()).info.series).toMatchObject([{ symbol: 'SPY' }])
    await foreignDayfile(store.root, candles(3, OPEN, { symbol: 'QQQ' }))
    expect((await fresh()).info.series).toMatchObject([{ symbol: 'QQQ' }])
    await rm(file(record))
    expect((await fresh()).info.series).toMatchObject([{ symbol: 'QQQ' }])
  })
})

describe('storageOverview', () => {
  it('R11: days with dayfile, rows, bytes, SHA-256, parts waiting and why a file is left out', async () => {
    await append(candles(4, OPEN))
    await store.writer.appendEvents([zoneEvent({ ts: OPEN }), zoneEvent({ ts: OPEN + DAY, object_id: 'z2' })])
    await store.compactor.compact({})
    await append(candles(2, OPEN + 8 * 120_000))
    await append(candles(1, OPEN + 2 * DAY, { timeframe: '15m' }))
    await writeFile(file('data/15m/2024-03-10/broken.parquet'), 'x')
    await store.writer.appendEvents([zoneEvent({ ts: OPEN + DAY, object_id: 'z3' })])
    await writeFile(file('data/2m/2024-03-07.parquet'), '')
    const bytes = await readFile(file('data/2m/2024-03-08.parquet'))
    const late = await readdir(file('data/2m/2024-03-08'))
    const partSizes = await Promise.all(
      late.map(async (part) => (await stat(file(`data/2m/2024-03-08/${part}`))).size),
    )

    const found = await overview()
    expect(found.tables.map(({ table, timeframe }) => `${table} ${timeframe}`)).toEqual([
      'candles 2m',
      'candles 15m',
      'object_events null',
    ])
    expect(found.tables[0]?.days).toEqual([
      {
        day: '2024-03-07',
        dayfile: { file: 'data/2m/2024-03-07.parquet', rows: null, bytes: 0, sha256: sha256('') },
        partsWaiting: 0,
        partBytes: 0,
        problem: expect.stringMatching(/^UNREADABLE: 2024-03-07.parquet: /),
      },
      {
        day: '2024-03-08',
        dayfile: { file: 'data/2m/2024-03-08.parquet', rows: 4, bytes: bytes.length, sha256: sha256(bytes) },
        partsWaiting: 2,
        partBytes: partSizes.reduce((sum, size) => sum + size, 0),
        problem: null,
      },
    ])
    expect(found.tables[1]?.days).toMatchObject([
      { day: '2024-03-10', dayfile: null, partsWaiting: 2, problem: expect.stringMatching(/broken/) },
    ])
    expect(found.tables[2]?.days).toMatchObject([
      { day: '2024-03-08', dayfile: { rows: 1 }, partsWaiting: 0, problem: null },
      { day: '2024-03-09', dayfile: { rows: 1 }, partsWaiting: 1, problem: null },
    ])
    expect(found.recovery.files).toBe(6)
    expect(found.recovery.bytes).toBeGreaterThan(1000)
    expect(found.quarantine).toEqual({ files: 0, bytes: 0 })
    expect(found.snapshot).toMatchObject({ objects: 3 })
    expect(await overview()).toEqual(found)
  })

  it('R11: what changed since is seen by the next call', async () => {
    await foreignDayfile(store.root, candles(4, OPEN))
    const rowsOf = async (): Promise<unknown> => (await overview()).tables[0]?.days[0]?.dayfile?.rows
    expect(await rowsOf()).toBe(4)
    await copyFile(file('data/2m/2024-03-08.parquet'), file('kept'))
    await foreignDayfile(store.root, candles(9, OPEN))
    expect(await rowsOf()).toBe(9)
    await rename(file('kept'), file('data/2m/2024-03-08.parquet'))
    expect(await rowsOf()).toBe(4)
    await rm(file('data/2m/2024-03-08.parquet'))
    expect(await rowsOf()).toBeUndefined()
    await mkdir(file('.barkeep/quarantine/data/2m'), { recursive: true })
    await writeFile(file('.barkeep/quarantine/data/2m/x.parquet'), '12345')
    expect((await overview()).quarantine).toEqual({ files: 1, bytes: 5 })
  })
})
