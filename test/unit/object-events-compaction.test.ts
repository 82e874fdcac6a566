import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StorePath, UtcDay } from '../../schemas/contract/units.ts'
import type { ObjectEventRow } from '../../schemas/generated/rows.ts'
import { dayTarget } from '../../src-main/store/compact/resolver.ts'
import { compactStore } from '../../src-main/store/compact/run.ts'
import { at } from '../../src-main/store/context.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { companion, QUARANTINE, RECOVERY } from '../../src-main/store/layout/file-names.ts'
import {
  EVENT_SERIES,
  eventPart,
  type OpenedEvents,
  openEvents,
  temporaryEvents,
} from '../support/event-fixture.ts'
import { FILE_STEPS } from '../support/fault-env.ts'
import { event, EVENTS_FROM as T } from '../support/random-events.ts'
import { foreignFile } from '../support/store-fixture.ts'

const DAY = 86_400_000
const MONTH = 'objects/timeline/2024-03'
const DAYFILE = `${MONTH}/2024-03-08.parquet` as StorePath
const all = { symbol: 'SPY', from: 0, to: Number.MAX_SAFE_INTEGER }

let store: OpenedEvents
beforeEach(async () => {
  store = await temporaryEvents()
})
afterEach(() => store.close())

const zone = (n: number, given: Partial<ObjectEventRow> = {}): ObjectEventRow =>
  event({ ts: T + n, event_id: `e${n}`, object_id: `z${n}`, top: n, bottom: 0, ...given })

async function ids(from: OpenedEvents = store): Promise<string[]> {
  return (await from.events.objectsAt(all)).objects.map(({ id }) => id)
}

async function compact(request: { day?: string; dryRun?: boolean } = {}) {
  const { days } = await compactStore(
    store.context,
    { table: 'object_events', ...request },
    store.events.days,
  )
  return days
}

async function names(folder: string): Promise<string[]> {
  return (await readdir(path.join(store.root, folder))).sort()
}

describe('compaction of a day of events', () => {
  it('C1–C3, R3: the answer is the same before and after, a second run changes nothing, late parts merge', async () => {
    const rows = [zone(3), zone(1), zone(2, { step: 1 }), zone(2, { event_id: 'e2b' })]
    await store.events.append(rows.map((row) => ({ ...row, ts_iso: undefined })))
    const before = await store.events.objectsAt(all)
    const history = await store.events.history('z2')
    expect(await compact({ dryRun: true })).toMatchObject([{ parts: 4, skipped: 'dry run' }])
    expect(await compact()).toMatchObject([
      {
        table: 'object_events',
        day: '2024-03-08',
        parts: 4,
        rows: 4,
        conflicts: 0,
        file: DAYFILE,
        skipped: null,
      },
    ])
    expect(await names(MONTH)).toEqual(['2024-03-08.parquet'])
    expect(await store.events.objectsAt(all)).toEqual(before)
    const reopened = await openEvents(store.root)
    expect(await reopened.events.objectsAt(all)).toEqual(before)
    expect(await reopened.events.history('z2')).toEqual(history)
    await reopened.close()
    const set = await store.events.timeline.current()
    const inFile = store.events.timeline.fileOf(DAYFILE)?.rows.map(({ event_id }) => event_id)
    expect(inFile).toEqual(['e1', 'e2b', 'e2', 'e3'])
    expect(set.size).toBe(4)
    const stat = await store.context.env.stat(at(store.context, DAYFILE))
    expect(await compact()).toEqual([])
    expect(await compact({ day: '2024-03-08' })).toMatchObject([{ skipped: 'nothing to do' }])
    expect(await store.context.env.stat(at(store.context, DAYFILE))).toEqual(stat)
    expect(await store.events.snapshot.compare()).toEqual([])

    await store.events.append([{ ...zone(0), ts_iso: undefined }])
    expect(await compact()).toMatchObject([{ parts: 1, rows: 5 }])
    expect(await ids()).toEqual(['z0', 'z1', 'z2', 'z3'])
  })

  it('R3: between any two file steps of a compaction a reader, cold or warm, sees every event once', async () => {
    const rows = [1, 2, 3].map((n) => zone(n))
    await store.events.append(rows.slice(0, 2).map((row) => ({ ...row, ts_iso: undefined })))
    await compact()
    await store.events.append(rows.slice(2).map((row) => ({ ...row, ts_iso: undefined })))
    const wanted = await store.events.objectsAt(all)
    const warm = await openEvents(store.root)
    expect(await warm.events.objectsAt(all)).toEqual(wanted)
    let steps = 0
    const look = async (): Promise<void> => {
      steps++
      const cold = await openEvents(store.root)
      for (const reader of [warm, cold]) {
        expect(await reader.events.objectsAt(all)).toEqual(wanted)
        expect((await reader.events.timeline.current()).size).toBe(rows.length)
      }
      await cold.close()
    }
    const env = { ...nodeEnv }
    for (const step of FILE_STEPS) {
      const real = env[step] as (...given: readonly unknown[]) => Promise<void>
      Object.assign(env, {
        [step]: async (...given: readonly unknown[]) => {
          await real(...given)
          await look()
        },
      })
    }
    const writer = await openEvents(store.root, { env })
    steps = 0
    const { days } = await compactStore(writer.context, { table: 'object_events' }, writer.events.days)
    expect(days).toMatchObject([{ parts: 1, rows: 3, skipped: null }])
    expect(steps).toBeGreaterThan(12)
    await writer.close()
    await warm.close()
  })

  it('W9, C9: versions of one event on several days: the last written stands alone, whichever day goes first', async () => {
    for (const order of [
      ['2024-03-08', '2024-03-09'],
      ['2024-03-09', '2024-03-08'],
    ]) {
      await rm(path.join(store.root, 'objects'), { recursive: true, force: true })
      const first = await eventPart(store.context, zone(1, { top: 5 }))
      const second = await eventPart(store.context, zone(1, { ts: T + DAY, top: 6 }))
      const only = async (): Promise<unknown> =>
        (await store.events.history('z1')).events.map(({ top }) => top)
      expect(await only()).toEqual([6])
      for (const day of order) {
        await compact({ day })
        expect(await only()).toEqual([6])
      }
      expect(await compact()).toEqual([])
      expect(await names(MONTH)).toEqual(['2024-03-09.parquet'])
      // What lost to a dayfile is kept for good, what lost to a later part for as long as any part.
      const to = order[0] === '2024-03-08' ? RECOVERY : QUARANTINE
      expect(await store.context.env.stat(at(store.context, companion(to, first)))).not.toBeNull()
      expect(await store.context.env.stat(at(store.context, companion(RECOVERY, second)))).not.toBeNull()
      const reopened = await openEvents(store.root)
      expect((await reopened.events.history('z1')).events).toMatchObject([{ top: 6 }])
      await reopened.close()
      for (const folder of [RECOVERY, QUARANTINE, '.barkeep/generations', '.barkeep/checksums'])
        await rm(path.join(store.root, folder), { recursive: true, force: true })
    }
  })

  it('C1: a part that can’t be taken whole stays, is named, keeps its say, and shows once', async () => {
    await eventPart(store.context, zone(1, { top: 5 }))
    await eventPart(store.context, zone(2))
    const columns = `'create' AS action, 'zone' AS type, 'SPY' AS symbol, '15m' AS timeframe`
    // Of two days; its version of e1 sorts last.
    await foreignFile(
      store.root,
      `${MONTH}/zz-days.parquet`,
      `SELECT 'e1' AS event_id, 'z1' AS object_id, ${T + 1} AS ts, 9.0 AS top, ${columns}
       UNION ALL SELECT 'f2', 'f2', ${T + DAY}, 1.0, ${columns}`,
    )
    // With a row that only names itself.
    await foreignFile(
      store.root,
      `${MONTH}/broken.parquet`,
      `SELECT 'f3' AS event_id, 'f3' AS object_id, ${T} AS ts, ${columns}
       UNION ALL SELECT 'f4', 'f4', NULL, ${columns}`,
    )
    const before = await store.events.objectsAt(all)
    expect(before.objects.map(({ id, top }) => [id, top])).toEqual([
      ['f2', 1],
      ['f3', null],
      ['z1', 9],
      ['z2', 2],
    ])
    const merge = await store.events.days.merge(dayTarget(EVENT_SERIES, '2024-03-08' as UtcDay))
    expect(merge.left.map(({ file, code }) => [path.basename(file).slice(0, 4), code]).sort()).toEqual([
      ['brok', 'BAD_ROW'],
      ['part', 'CONFLICT'],
      ['zz-d', 'WRONG_PLACE'],
    ])
    expect(await compact()).toMatchObject([{ day: '2024-03-08', parts: 1, rows: 1 }])
    expect((await store.events.objectsAt(all)).objects).toEqual(before.objects)
    expect(await names(MONTH)).toHaveLength(4)
    expect(await compact()).toMatchObject([{ skipped: 'nothing to do' }])
    expect((await store.events.objectsAt(all)).objects).toEqual(before.objects)
  })

  it('L3: a part in the wrong month goes to its own day', async () => {
    const columns = `'create' AS action, 'zone' AS type, 'SPY' AS symbol, '15m' AS timeframe`
    const april = Date.parse('2024-04-02T14:30:00Z')
    await foreignFile(
      store.root,
      `${MONTH}/stray.parquet`,
      `SELECT 'e1' AS event_id, 'z1' AS object_id, ${april} AS ts, ${columns}`,
    )
    expect((await store.events.objectsAt(all)).problems).toMatchObject([{ code: 'WRONG_PLACE' }])
    expect(await compact()).toMatchObject([{ day: '2024-04-02', rows: 1 }])
    expect(await names('objects/timeline/2024-04')).toEqual(['2024-04-02.parquet'])
    expect(await store.events.objectsAt(all)).toMatchObject({ objects: [{ id: 'z1' }], problems: [] })
  })

  it('R7: a damaged dayfile gives way to its recovery parts; the next compaction rebuilds it from them', async () => {
    await store.events.append([1, 2, 3].map((n) => ({ ...zone(n), ts_iso: undefined })))
    await store.events.append([{ ...zone(2, { top: 22 }), ts_iso: undefined }])
    await compact()
    const before = (await store.events.objectsAt(all)).objects
    const whole = await readFile(at(store.context, DAYFILE))
    for (const damage of ['flip', 'cut', 'empty']) {
      const bytes = Buffer.from(whole)
      // z2 becomes z3, and the file is read as if nothing were.
      const place = bytes.indexOf('z2')
      bytes.write('z3', place)
      expect(place).toBeGreaterThan(0)
      await writeFile(at(store.context, DAYFILE), bytes)
      if (damage !== 'flip') await truncate(at(store.context, DAYFILE), damage === 'cut' ? 900 : 0)
      const reader = await openEvents(store.root)
      const { objects, problems } = await reader.events.objectsAt(all)
      expect(objects).toEqual(before)
      expect(problems).toMatchObject([
        { file: DAYFILE, code: damage === 'flip' ? 'BAD_CHECKSUM' : expect.anything() },
      ])
      // Its event is not known to be superseded: the dayfile may be put back.
      const { outcomes } = await reader.events.append([{ ...zone(1, { top: 9 }), ts_iso: undefined }])
      expect(outcomes).toMatchObject([{ outcome: 'rejected' }])
      await reader.close()
    }
    await store.events.append([{ ...zone(4), ts_iso: undefined }])
    expect(await compact()).toMatchObject([{ parts: 1, rows: 4, skipped: null }])
    expect(await store.events.objectsAt(all)).toMatchObject({ problems: [] })
    expect(await ids()).toEqual(['z1', 'z2', 'z3', 'z4'])

    // Without its parts it is not written over.
    await writeFile(at(store.context, DAYFILE), '')
    await rm(path.join(store.root, RECOVERY), { recursive: true })
    await store.events.append([{ ...zone(5), ts_iso: undefined }])
    expect(await compact()).toMatchObject([{ skipped: 'failed', error: { code: 'UNREADABLE' } }])
    expect(await names(MONTH)).toHaveLength(2)
  })
})
