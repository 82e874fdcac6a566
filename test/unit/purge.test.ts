import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PurgeRequest } from '../../schemas/generated/requests.ts'
import { openStore } from '../../src-main/store/index.ts'
import { allFiles, fingerprints } from '../support/compaction.ts'
import { envWith } from '../support/event-fixture.ts'
import { candles, foreignFile, type OpenedStore, openedStore, zoneEvent } from '../support/store-fixture.ts'

const DAY = 86_400_000
const TS = Date.parse('2024-03-08T14:30:00Z')
const MONTH = 'objects/timeline/2024-03'

let store: OpenedStore
beforeEach(async () => {
  store = await openedStore()
})
afterEach(() => store.remove())

const inStore = (...names: string[]): string => path.join(store.root, ...names)

async function names(folder: string): Promise<string[]> {
  return (await allFiles(inStore(folder))).map((file) => path.relative(store.root, file))
}

/** Two days of candles, and a month of events, all compacted. */
async function fill(): Promise<void> {
  await store.writer.appendCandles([...candles(2, TS), ...candles(3, TS + DAY)])
  await store.writer.appendEvents([zoneEvent({ ts: TS }), zoneEvent({ ts: TS + DAY, object_id: 'z2' })])
  const { days } = await store.compactor.compact({})
  expect(days).toHaveLength(4)
  expect((await store.compactor.compact({ month: '2024-03', table: 'object_events' })).days).toMatchObject([
    { dayfiles: 2, skipped: null },
  ])
}

/** By a store opened so many days later, which purges nothing of itself. */
async function purgeAfter(days: number, request: PurgeRequest = {}) {
  const later = await openStore(store.root, {
    env: envWith({ now: () => Date.now() + days * DAY }),
    keepExpired: true,
  })
  try {
    return await later.compactor.purge(request)
  } finally {
    await later.close()
  }
}

describe('purge', () => {
  it('C22: what was put aside before the retention goes, files and bytes told; a dry run changes nothing', async () => {
    await fill()
    const aside = await names('.barkeep/recovery')
    // 5 bars, 2 events and the 2 day files that their month replaced.
    expect(aside).toHaveLength(9)
    expect(await purgeAfter(6)).toMatchObject({ files: 0, bytes: 0, removed: [] })
    const state = await fingerprints(store.root)
    const planned = await purgeAfter(8, { dryRun: true })
    expect(await fingerprints(store.root)).toEqual(state)
    expect(planned.removed.map(({ path: file }) => file).sort()).toEqual(aside)
    expect(planned).toMatchObject({ files: 9, kept: [] })
    const sizes = await Promise.all(aside.map(async (file) => (await readFile(inStore(file))).length))
    expect(planned.bytes).toBe(sizes.reduce((sum, size) => sum + size, 0))
    expect(await purgeAfter(8)).toEqual(planned)
    expect(await names('.barkeep/recovery')).toEqual([])
    expect(existsSync(inStore('.barkeep/recovery', MONTH))).toBe(false)
    // They tell what became of the day files, which are nowhere any more.
    expect(await names('.barkeep/tombstones')).toHaveLength(2)
    const findings = await store.reader.doctor()
    // The few bars of the test are no whole sessions.
    expect(findings.filter(({ code }) => code !== 'GAP')).toEqual([])
    expect(await purgeAfter(8)).toEqual({ files: 0, bytes: 0, removed: [], kept: [] })
  })

  it('C22: --older-than is counted in days from when a file was put aside, 0 meaning all', async () => {
    await fill()
    expect(await store.compactor.purge({ olderThanDays: 1 })).toMatchObject({ files: 0 })
    const { kept } = await store.compactor.purge({ olderThanDays: 1, dryRun: true })
    expect(kept.map(({ path: file }) => file)).toContain('.barkeep/recovery/data/2m/2024-03-08')
    expect(kept[0]?.why).toEqual(expect.stringMatching(/^put aside .*: stays until /))
    expect(await store.compactor.purge({ olderThanDays: 0 })).toMatchObject({ files: 9, kept: [] })
  })

  it('C22, C15: while what replaced them is damaged or gone nothing of it is purged, by hand or at an open', async () => {
    await fill()
    for (const file of ['data/2m/2024-03-08.parquet', `${MONTH}/2024-03.parquet`]) {
      const bytes = await readFile(inStore(file))
      bytes[90] = (bytes[90] ?? 0) ^ 1
      await rm(inStore(file))
      await writeFile(inStore(file), bytes)
    }
    const opened = await openStore(store.root, { env: envWith({ now: () => Date.now() + 8 * DAY }) })
    await opened.close()
    expect(await names('.barkeep/recovery')).toHaveLength(6)
    const receipt = await purgeAfter(8)
    expect(receipt.files).toBe(0)
    expect(receipt.kept.map(({ why }) => why)).toContainEqual(
      `${MONTH}/2024-03.parquet is not whole: this may be all that is left of it`,
    )
    await rm(inStore('data/2m/2024-03-08.parquet'))
    expect(await purgeAfter(8)).toMatchObject({ files: 0 })
    // The month is made again from what was kept for it.
    expect((await store.compactor.compact({ month: '2024-03' })).days).toMatchObject([
      { day: '2024-03', rows: 2, skipped: null },
    ])
    expect(await purgeAfter(8)).toMatchObject({ files: 4 })
  })

  it('C22, C14: generations that a backfill replaced go only when asked; another program’s files never', async () => {
    await fill()
    await store.writer.backfillCandles(candles(2, TS, { volume: 7 }))
    await foreignFile(
      store.root,
      `${MONTH}/2024-03-20.parquet`,
      `SELECT 'f1' AS event_id, 'f1' AS object_id, ${TS + 12 * DAY} AS ts, 'create' AS action, 'zone' AS type,
              'SPY' AS symbol, '15m' AS timeframe, 'bot' AS source`,
    )
    expect((await store.compactor.compact({})).days).toMatchObject([{ dayfiles: 1, rows: 3 }])
    const previous = ['data/2m/2024-03-08.parquet', `${MONTH}/2024-03-20.parquet`].map(
      (file) => `.barkeep/previous/${file}`,
    )
    expect(await names('.barkeep/previous')).toEqual(previous)
    const opened = await openStore(store.root, { env: envWith({ now: () => Date.now() + 8 * DAY }) })
    await opened.close()
    expect(await names('.barkeep/recovery')).toEqual([])
    expect(await names('.barkeep/previous')).toEqual(previous)
    const { removed, kept } = await purgeAfter(8)
    expect(removed.map(({ path: file }) => file)).toEqual(previous.slice(0, 1))
    expect(kept.map(({ path: file }) => file)).toEqual(previous.slice(1))
    expect(await names('.barkeep/previous')).toEqual(previous.slice(1))
  })

  it('C11, C22: a purge takes the lock; one that is cancelled tells what went', async () => {
    await fill()
    const stop = AbortSignal.abort()
    expect(await store.compactor.purge({ olderThanDays: 0 }, { signal: stop })).toEqual({
      files: 0,
      bytes: 0,
      removed: [],
      kept: [],
      cancelled: true,
    })
    const steps: string[] = []
    const other = await openStore(store.root)
    const refused: unknown[] = []
    await store.compactor.purge(
      { olderThanDays: 0 },
      {
        onProgress: ({ step }) => {
          if (steps.length === 0) refused.push(other.compactor.purge({}).catch((error: unknown) => error))
          steps.push(step)
        },
      },
    )
    expect(steps).toContain('.barkeep/recovery/data/2m/2024-03-09')
    expect(await refused[0]).toMatchObject({ code: 'LOCKED' })
    await other.close()
  })
})

describe('a month file beside the rest', () => {
  it('R11, U6: the overview shows each of its days as compacted, and all its bytes once; doctor has nothing to say', async () => {
    await fill()
    await store.writer.appendEvents([zoneEvent({ ts: TS + 2 * DAY, object_id: 'z3' })])
    const { tables } = await store.reader.overview()
    const events = tables.find(({ table }) => table === 'object_events')
    const file = `${MONTH}/2024-03.parquet`
    expect(events?.days).toMatchObject([
      { day: '2024-03-08', dayfile: { file, rows: 1 }, partsWaiting: 0, problem: null },
      { day: '2024-03-09', dayfile: { file, rows: 1 }, partsWaiting: 0, problem: null },
      { day: '2024-03-10', dayfile: null, partsWaiting: 1, problem: null },
    ])
    const bytes = events?.days.reduce((sum, { dayfile }) => sum + (dayfile?.bytes ?? 0), 0)
    expect(bytes).toBe((await readFile(inStore(file))).length)
    const codes = (await store.reader.doctor()).map(({ code }) => code)
    expect(codes.filter((code) => code !== 'GAP')).toEqual(['PARTS_WAITING'])
    expect((await store.compactor.compact({})).days).toMatchObject([{ day: '2024-03', parts: 1, rows: 3 }])
    expect((await store.reader.doctor()).filter(({ code }) => code !== 'GAP')).toEqual([])
    const damaged = await readFile(inStore(file))
    damaged[90] = (damaged[90] ?? 0) ^ 1
    await rm(inStore(file))
    await writeFile(inStore(file), damaged)
    const found = await store.reader.doctor()
    expect(found.map(({ code, path: of }) => [code, of])).toContainEqual(['BAD_CHECKSUM', file])
    const [first] = (await store.reader.overview()).tables.find((one) => one.timeframe === null)?.days ?? []
    expect(first).toMatchObject({ day: '2024-03-01', dayfile: { file, rows: null } })
    expect(first?.problem).toEqual(expect.stringContaining('BAD_CHECKSUM'))
  })
})
