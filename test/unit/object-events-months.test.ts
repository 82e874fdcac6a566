import { existsSync } from 'node:fs'
import { readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StorePath } from '../../schemas/contract/units.ts'
import type { CompactRequest } from '../../schemas/generated/requests.ts'
import type { ObjectEventRow } from '../../schemas/generated/rows.ts'
import { readGeneration } from '../../src-main/store/compact/generation.ts'
import { finishInterrupted } from '../../src-main/store/compact/interrupted.ts'
import { compactStore } from '../../src-main/store/compact/run.ts'
import { tombstonePath } from '../../src-main/store/compact/tombstones.ts'
import { at } from '../../src-main/store/context.ts'
import { checksumPath } from '../../src-main/store/layout/checksums.ts'
import { companion, QUARANTINE, RECOVERY } from '../../src-main/store/layout/file-names.ts'
import { allFiles, fingerprints, plainRows, sha256sumCheck } from '../support/compaction.ts'
import {
  envWith,
  eventPart,
  type OpenedEvents,
  openEvents,
  temporaryEvents,
} from '../support/event-fixture.ts'
import { event, EVENTS_FROM as T } from '../support/random-events.ts'
import { foreignFile } from '../support/store-fixture.ts'

const DAY = 86_400_000
const FOLDER = 'objects/timeline/2024-03'
const MONTHFILE = `${FOLDER}/2024-03.parquet` as StorePath
const DAY8 = `${FOLDER}/2024-03-08.parquet` as StorePath
const DAY9 = `${FOLDER}/2024-03-09.parquet` as StorePath
const all = { symbol: 'SPY', from: 0, to: Number.MAX_SAFE_INTEGER }
const COLUMNS = `'create' AS action, 'zone' AS type, 'SPY' AS symbol, '15m' AS timeframe`

let store: OpenedEvents
beforeEach(async () => {
  store = await temporaryEvents()
})
afterEach(() => store.close())

const zone = (n: number, given: Partial<ObjectEventRow> = {}): ObjectEventRow =>
  event({ ts: T + n, event_id: `e${n}`, object_id: `z${n}`, top: n, bottom: 0, ...given })

async function append(...rows: ObjectEventRow[]): Promise<void> {
  const { outcomes } = await store.events.append(rows.map((row) => ({ ...row, ts_iso: undefined })))
  expect(outcomes.every(({ outcome }) => outcome !== 'rejected')).toBe(true)
}

async function compact(request: CompactRequest = {}, on: OpenedEvents = store) {
  return (await compactStore(on.context, { table: 'object_events', ...request }, on.events.days)).days
}

const compactMonth = (request: CompactRequest = {}) => compact({ month: '2024-03', ...request })

async function ids(from: OpenedEvents = store): Promise<string[]> {
  return (await from.events.objectsAt(all)).objects.map(({ id }) => id)
}

async function names(folder: string = FOLDER): Promise<string[]> {
  return (await readdir(path.join(store.root, folder))).sort()
}

/** Two compacted days and a part: what a month looks like before. */
async function fill(): Promise<void> {
  await append(zone(1), zone(2))
  await compact()
  await append(zone(3, { ts: T + DAY }))
  await compact()
  await append(zone(4, { ts: T + 2 * DAY }))
}

/** Every event that any reader of plain Parquet meets, by id. */
async function globbed(): Promise<unknown[]> {
  const root = store.root.replaceAll('[', '[[]').replaceAll("'", "''")
  const rows = await plainRows(
    `SELECT event_id FROM read_parquet('${root}/objects/timeline/**/*.parquet', union_by_name=true) ORDER BY 1`,
  )
  return rows.map(({ event_id }) => event_id)
}

describe('compaction of a month of events', () => {
  it('C19, C20, R3: one file takes the place of day files and parts; tombstones tell of them; again is a no-op', async () => {
    await fill()
    const before = await store.events.objectsAt(all)
    const days = await fingerprints(path.join(store.root, FOLDER))
    const state = await fingerprints(store.root)
    expect(await compactMonth({ dryRun: true })).toMatchObject([
      { day: '2024-03', parts: 1, dayfiles: 2, rows: 4, file: MONTHFILE, skipped: 'dry run' },
    ])
    expect(await fingerprints(store.root)).toEqual(state)
    const [receipt] = await compactMonth()
    expect(receipt).toMatchObject({
      table: 'object_events',
      timeframe: null,
      day: '2024-03',
      parts: 1,
      dayfiles: 2,
      rows: 4,
      conflicts: 0,
      skipped: null,
    })
    expect(await names()).toEqual(['2024-03.parquet'])
    expect(await globbed()).toEqual(['e1', 'e2', 'e3', 'e4'])
    expect(await store.events.objectsAt(all)).toEqual(before)
    const generation = await readGeneration(store.context, MONTHFILE)
    expect(generation).toMatchObject({ month: '2024-03', rows: 4, digest: receipt?.digest })
    expect(generation?.inputs.map(({ file, rows }) => [path.basename(file).slice(0, 10), rows])).toEqual([
      ['2024-03-08', 2],
      ['2024-03-09', 1],
      [expect.stringMatching(/^part-/), undefined],
    ])
    for (const [file, rows] of [
      [DAY8, 2],
      [DAY9, 1],
    ] as const) {
      const [, sha256] = (days[path.basename(file)] ?? '').split(' ')
      const movedTo = companion(RECOVERY, file)
      const told = JSON.parse(await readFile(at(store.context, tombstonePath(file)), 'utf8'))
      expect(told).toMatchObject({ file, rows, sha256, replacedBy: MONTHFILE, movedTo })
      expect(told.replacedBySha256).toBe(generation?.sha256)
      expect(Number.isNaN(Date.parse(told.at))).toBe(false)
      expect(existsSync(at(store.context, movedTo))).toBe(true)
      expect(existsSync(at(store.context, checksumPath(file)))).toBe(false)
    }
    const sums = (await allFiles(path.join(store.root, '.barkeep/checksums/objects/timeline'))).map((file) =>
      path.relative(store.root, file),
    )
    expect(
      await sha256sumCheck(
        store.root,
        sums.filter((file) => file.includes('2024-03.parquet')),
      ),
    ).toBe(`${MONTHFILE}: OK\n`)
    const after = await fingerprints(store.root)
    expect(await compactMonth()).toMatchObject([{ rows: 4, skipped: 'nothing to do' }])
    expect(await compact({ day: '2024-03-09' })).toMatchObject([{ day: '2024-03', skipped: 'nothing to do' }])
    expect(await compact()).toEqual([])
    expect(await fingerprints(store.root)).toEqual(after)
    const reopened = await openEvents(store.root)
    expect(await reopened.events.objectsAt(all)).toEqual(before)
    await reopened.close()
    expect(await store.events.snapshot.compare()).toEqual([])
  })

  it('C21: late events stand beside the month file, and merge into it by day or with everything; none makes a day file', async () => {
    await fill()
    await compactMonth()
    const first = await readFile(at(store.context, MONTHFILE))
    await append(zone(5, { ts: T + DAY }), zone(6, { ts: T + 3 * DAY }))
    const known = await store.events.append([{ ...zone(1, { top: 9 }), ts_iso: undefined }])
    expect(known.outcomes).toMatchObject([{ outcome: 'rejected' }])
    expect(await ids()).toHaveLength(6)
    expect(await compact({ day: '2024-03-09' })).toMatchObject([
      { day: '2024-03', parts: 2, dayfiles: 0, rows: 6, skipped: null },
    ])
    expect(await names()).toEqual(['2024-03.parquet'])
    // What stood is kept: with the parts of now it is what the new file was made of.
    expect(await readFile(at(store.context, companion(RECOVERY, MONTHFILE)))).toEqual(first)
    await append(zone(7, { ts: T + 4 * DAY }))
    expect(await compact()).toMatchObject([{ day: '2024-03', parts: 1, rows: 7 }])
    expect(await globbed()).toHaveLength(7)
    expect(await ids()).toHaveLength(7)
  })

  it('C21: a day file that appears beside its month file is merged at the next run; what differs goes to quarantine', async () => {
    await fill()
    await compactMonth()
    await foreignFile(
      store.root,
      DAY9,
      `SELECT 'e3' AS event_id, 'z3' AS object_id, ${T + DAY} AS ts, 99.0 AS top, ${COLUMNS}
       UNION ALL SELECT 'f1', 'f1', ${T + DAY}, 1.0, ${COLUMNS}`,
    )
    expect(await ids()).toEqual(['f1', 'z1', 'z2', 'z3', 'z4'])
    expect((await store.events.history('z3')).events).toMatchObject([{ top: 3 }])
    expect(await compact()).toMatchObject([{ day: '2024-03', dayfiles: 1, rows: 5, conflicts: 1 }])
    expect(await names()).toEqual(['2024-03.parquet'])
    expect(await names(`${QUARANTINE}/${FOLDER}`)).toEqual(['2024-03-09.parquet'])
    expect(await ids()).toEqual(['f1', 'z1', 'z2', 'z3', 'z4'])
    expect(await compact()).toEqual([])
    // What it alone held is still there when the month file is damaged.
    await truncate(at(store.context, MONTHFILE), 500)
    expect(await ids()).toEqual(['f1', 'z1', 'z2', 'z3', 'z4'])
    expect(await compactMonth()).toMatchObject([{ rows: 5, skipped: null }])
    expect((await store.events.history('z3')).events).toMatchObject([{ top: 3 }])
  })

  it('C16, C19: what another process did to an older month a moment ago is never overwritten', async () => {
    // Months after it: of them alone each answer looks at the folder.
    await append(...[3, 4, 5].map((month) => zone(month + 90, { ts: T + month * 31 * DAY })))
    await fill()
    await store.events.objectsAt(all)
    const other = await openEvents(store.root)
    await other.events.append([{ ...zone(8, { ts: T + 5 * DAY }), ts_iso: undefined }])
    expect(await compact({ month: '2024-03' }, other)).toMatchObject([{ rows: 5, skipped: null }])
    await other.close()
    expect(await compactMonth()).toMatchObject([{ rows: 5, skipped: 'nothing to do' }])
    expect(await store.events.history('z8')).toMatchObject({ events: [{ object_id: 'z8' }] })
  })

  it('C19: a month that is not closed is refused; beside candles it is told and changes nothing', async () => {
    await fill()
    const at0 = (iso: string) => openEvents(store.root, { env: envWith({ now: () => Date.parse(iso) }) })
    for (const now of ['2024-03-20T00:00:00Z', '2024-02-01T00:00:00Z', '2024-04-01T23:59:59.999Z']) {
      const early = await at0(now)
      await expect(compact({ month: '2024-03' }, early)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
      const both = await compactStore(early.context, { month: '2024-03' }, early.events.days)
      expect(both.days).toMatchObject([{ day: '2024-03', skipped: 'failed', error: { code: 'BAD_REQUEST' } }])
      await early.close()
    }
    expect(await names()).toHaveLength(3)
    const late = await at0('2024-04-02T00:00:00Z')
    expect(await compact({ month: '2024-03' }, late)).toMatchObject([{ skipped: null }])
    await late.close()
    expect(await compact({ month: '2024-05' })).toEqual([])
    await expect(compact({ month: '2024-03', day: '2024-03-08' })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
    await expect(compact({ month: '2024-13' })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })

  it('C19: a part of several days of the month goes in whole; one of two months stays, and shows once', async () => {
    await append(zone(1))
    await foreignFile(
      store.root,
      `${FOLDER}/days.parquet`,
      `SELECT 'f1' AS event_id, 'f1' AS object_id, ${T} AS ts, ${COLUMNS}
       UNION ALL SELECT 'f2', 'f2', ${T + DAY}, ${COLUMNS}`,
    )
    await foreignFile(
      store.root,
      `${FOLDER}/months.parquet`,
      `SELECT 'f3' AS event_id, 'f3' AS object_id, ${T} AS ts, ${COLUMNS}
       UNION ALL SELECT 'f4', 'f4', ${T + 40 * DAY}, ${COLUMNS}`,
    )
    expect(await compactMonth()).toMatchObject([{ parts: 2, rows: 3 }])
    expect(await names()).toEqual(['2024-03.parquet', 'months.parquet'])
    expect(await ids()).toEqual(['f1', 'f2', 'f3', 'f4', 'z1'])
    expect(await compactMonth()).toMatchObject([{ skipped: 'nothing to do' }])
  })

  it('W9: versions of one event in two months: the last written stands alone, whichever month goes first', async () => {
    for (const order of [
      ['2024-03', '2024-04'],
      ['2024-04', '2024-03'],
    ]) {
      const later = T + 30 * DAY
      await eventPart(store.context, zone(1, { top: 5 }))
      await eventPart(store.context, zone(1, { ts: later, top: 6 }))
      for (const month of order) {
        await compact({ month })
        expect((await store.events.history('z1')).events).toMatchObject([{ top: 6 }])
      }
      expect(await globbed()).toEqual(['e1'])
      for (const folder of ['objects', '.barkeep/recovery', '.barkeep/generations', '.barkeep/checksums'])
        await rm(path.join(store.root, folder), { recursive: true, force: true })
    }
  })

  it('R7, C15: a damaged month file gives way to what it was made of, and is made again from that when it is all there', async () => {
    await fill()
    await compactMonth()
    await append(zone(5, { ts: T + DAY }))
    await compact()
    const before = (await store.events.objectsAt(all)).objects
    const whole = await readFile(at(store.context, MONTHFILE))
    for (const damage of ['flip', 'cut', 'empty']) {
      const bytes = Buffer.from(whole)
      bytes[100] = (bytes[100] ?? 0) ^ 1
      await writeFile(at(store.context, MONTHFILE), bytes)
      if (damage !== 'flip') await truncate(at(store.context, MONTHFILE), damage === 'cut' ? 900 : 0)
      const reader = await openEvents(store.root)
      const { objects, problems } = await reader.events.objectsAt(all)
      expect(objects).toEqual(before)
      expect(problems).toMatchObject([{ file: MONTHFILE }])
      await reader.close()
    }
    expect(await compactMonth()).toMatchObject([{ rows: 5, skipped: null }])
    expect(await readFile(at(store.context, MONTHFILE))).toEqual(whole)
    expect(await store.events.objectsAt(all)).toEqual({ objects: before, problems: [] })
    expect(await names(`${QUARANTINE}/${FOLDER}`)).toEqual(['2024-03.parquet'])

    // Without what it was made of it is not written over.
    await writeFile(at(store.context, MONTHFILE), '')
    await rm(path.join(store.root, RECOVERY), { recursive: true })
    await append(zone(6))
    expect(await compact()).toMatchObject([{ skipped: 'failed', error: { code: 'UNREADABLE' } }])
    expect(await names()).toHaveLength(2)
  })

  it('C15: a damaged day file goes into its month by its recovery parts; without them the month fails whole', async () => {
    await fill()
    const before = (await store.events.objectsAt(all)).objects
    await truncate(at(store.context, DAY8), 500)
    const away = path.join(store.root, 'away')
    const recovery = path.join(store.root, RECOVERY, FOLDER)
    await rename(recovery, away)
    const state = await names()
    expect(await compactMonth()).toMatchObject([{ skipped: 'failed', error: { file: DAY8 } }])
    expect(await names()).toEqual(state)
    await rename(away, recovery)
    expect(await compactMonth()).toMatchObject([{ rows: 4, dayfiles: 2, skipped: null }])
    expect(await store.events.objectsAt(all)).toEqual({ objects: before, problems: [] })
    expect(await names(`${QUARANTINE}/${FOLDER}`)).toEqual(['2024-03-08.parquet'])
    expect(existsSync(at(store.context, checksumPath(DAY8)))).toBe(false)
  })

  it('C21: a day file beside its month’s that can’t be read stays, is named, and holds nothing up', async () => {
    await fill()
    await compactMonth()
    const stray = `${FOLDER}/2024-03-20.parquet` as StorePath
    await writeFile(at(store.context, stray), 'no Parquet')
    await append(zone(5, { ts: T + DAY }))
    expect(await compact()).toMatchObject([{ day: '2024-03', parts: 1, dayfiles: 0, rows: 5, skipped: null }])
    expect(await names()).toEqual(['2024-03-20.parquet', '2024-03.parquet'])
    expect((await store.events.objectsAt(all)).problems).toMatchObject([{ file: stray, code: 'UNREADABLE' }])
    expect(await compact()).toEqual([])
    expect(await ids()).toHaveLength(5)
  })

  it('C7: a crash after the rename is finished at the next open', async () => {
    await fill()
    const before = await store.events.objectsAt(all)
    const broken = await openEvents(store.root, {
      env: envWith({ syncDir: () => Promise.reject(Object.assign(new Error('gone'), { code: 'EIO' })) }),
    })
    expect(await compact({ month: '2024-03' }, broken)).toMatchObject([{ skipped: 'failed' }])
    await broken.close()
    const reopened = await openEvents(store.root)
    await finishInterrupted(reopened.context)
    expect(await reopened.events.objectsAt(all)).toEqual(before)
    expect(await compact({ month: '2024-03' }, reopened)).toHaveLength(1)
    await reopened.close()
    expect(await names()).toEqual(['2024-03.parquet'])
    expect(await globbed()).toEqual(['e1', 'e2', 'e3', 'e4'])
  })
})
