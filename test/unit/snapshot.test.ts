import { execFile } from 'node:child_process'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { parquetReadObjects } from 'hyparquet'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ObjectEventRow } from '../../schemas/generated/rows.ts'
import { compactStore } from '../../src-main/store/compact/run.ts'
import { checksumPath } from '../../src-main/store/layout/checksums.ts'
import { SNAPSHOT } from '../../src-main/store/layout/file-names.ts'
import {
  envWith,
  eventPart,
  type OpenedEvents,
  openEvents,
  snapshotOnDisk,
  temporaryEvents,
} from '../support/event-fixture.ts'
import { event, EVENTS_FROM as T } from '../support/random-events.ts'
import { foreignFile } from '../support/store-fixture.ts'

let store: OpenedEvents
beforeEach(async () => {
  store = await temporaryEvents()
})
afterEach(() => store.close())

const file = (): string => path.join(store.root, SNAPSHOT)
const given = (row: ObjectEventRow): object => ({ ...row, ts_iso: undefined })
const zone = (n: number, more: Partial<ObjectEventRow> = {}): ObjectEventRow =>
  event({
    ts: T + n,
    event_id: `e${n}`,
    object_id: `z${n}`,
    top: n + 0.1,
    payload: { b: [n], a: 'é😀' },
    ...more,
  })

async function ids(): Promise<unknown[]> {
  return (await snapshotOnDisk(store.context)).map(({ id }) => id)
}

/** What a reader of the timeline would have to read. */
function watchReads(opened: OpenedEvents): string[] {
  const read: string[] = []
  const original = opened.context.duck.query.bind(opened.context.duck)
  opened.context.duck.query = (sql, take, signal) => {
    read.push(sql)
    return original(sql, take, signal)
  }
  return read
}

describe('the snapshot', () => {
  it('O9, S2: one row an object, removed ones too, by id as text is ordered by code point; hyparquet agrees', async () => {
    const odd = ['\u{1f600}', '\uffee', 'a', 'Z']
    await store.events.append([
      ...odd.map((object_id, n) => given(zone(n, { object_id, step: n === 0 ? null : n }))),
      given(zone(9, { object_id: 'a', action: 'close' })),
    ])
    expect(await ids()).toEqual(['Z', 'a', '\uffee', '\u{1f600}'])
    const rows = await parquetReadObjects({ file: new Uint8Array(await readFile(file())).buffer })
    expect(rows[1]).toEqual({
      id: 'a',
      type: 'zone',
      left: null,
      left_ts: null,
      right_ts: null,
      y: null,
      top: 9.1,
      bottom: null,
      status: 'removed',
      symbol: 'SPY',
      timeframe: '15m',
      created_ts: BigInt(T + 2),
      updated_ts: BigInt(T + 9),
      created_step: 2n,
      updated_step: null,
      label: null,
      payload: { a: 'é😀', b: [9] },
    })
  })

  it('O9: rebuilt from the timeline it has the same bytes, whatever the files are that hold the events', async () => {
    for (const n of [3, 1, 2]) await store.events.append([given(zone(n))])
    const bytes = await readFile(file())
    expect(await store.events.snapshot.rebuild()).toBe(3)
    expect(await readFile(file())).toEqual(bytes)
    await compactStore(store.context, { table: 'object_events' }, store.events.days)
    await rm(file())
    const reopened = await openEvents(store.root)
    expect(await reopened.events.snapshot.rebuild()).toBe(3)
    expect(await readFile(file())).toEqual(bytes)
    expect(await reopened.events.snapshot.compare()).toEqual([])
    await reopened.close()
  })

  it('its SHA-256 stands where sha256sum -c finds it', async () => {
    await store.events.append([given(zone(1))])
    const checked = await promisify(execFile)('sha256sum', ['-c', checksumPath(SNAPSHOT)], {
      cwd: store.root,
    })
    expect(checked.stdout).toBe(`${SNAPSHOT}: OK\n`)
  })

  it('is not written again while it holds the fold, nor when only its events’ files change', async () => {
    await store.events.append([given(zone(1))])
    const before = await store.context.env.stat(file())
    await store.events.append([given(zone(1))])
    await compactStore(store.context, { table: 'object_events' }, store.events.days)
    const reopened = await openEvents(store.root)
    await reopened.events.snapshot.mend()
    await reopened.events.append([given(zone(1))])
    await reopened.close()
    expect(await store.context.env.stat(file())).toEqual(before)
  })

  it('a crash between an event and its snapshot is mended at the next open; an open without one reads no event', async () => {
    await store.events.append([given(zone(1))])
    await eventPart(store.context, zone(2))
    expect(await store.events.snapshot.compare()).toMatchObject([
      { code: 'SNAPSHOT_STALE', path: SNAPSHOT, detail: '1 object not in it, such as z2' },
    ])
    expect(await ids()).toEqual(['z1'])
    const crashed = await openEvents(store.root)
    await crashed.events.snapshot.mend()
    expect(await ids()).toEqual(['z1', 'z2'])
    await crashed.close()
    const clean = await openEvents(store.root)
    const reads = watchReads(clean)
    await clean.events.snapshot.mend()
    expect(reads).toEqual([])
    await clean.close()
  })

  it('a snapshot that is gone, damaged or another program’s is found and written anew', async () => {
    await store.events.append([given(zone(1)), given(zone(2))])
    const whole = await readFile(file())
    const found = async (): Promise<unknown[]> => {
      const findings = await store.events.snapshot.compare()
      const next = await openEvents(store.root)
      await next.events.snapshot.mend()
      await next.close()
      expect(await readFile(file())).toEqual(whole)
      return findings.map(({ code, detail }) => [code, detail])
    }
    await rm(file())
    expect(await found()).toEqual([['SNAPSHOT_STALE', 'is missing; the timeline has 2 objects']])
    await writeFile(file(), whole.subarray(0, 500))
    expect(await found()).toMatchObject([['UNREADABLE', expect.anything()]])
    const flipped = Buffer.from(whole)
    flipped.write('z9', flipped.indexOf('z2'))
    await writeFile(file(), flipped)
    expect(await found()).toEqual([
      ['BAD_CHECKSUM', expect.anything()],
      ['SNAPSHOT_STALE', '1 object not in it, such as z2; 1 object that no event names, such as z9'],
    ])
    // A bit of no value: told by its SHA-256 alone.
    const idle = Buffer.from(whole)
    idle.write('barkeep.rowz', idle.indexOf('barkeep.rows'))
    await writeFile(file(), idle)
    expect(await found()).toMatchObject([['BAD_CHECKSUM', expect.anything()]])
    await rm(file())
    await foreignFile(
      store.root,
      SNAPSHOT,
      `SELECT 'z1' AS id, 'zone' AS type, 'gone' AS status, 'SPY' AS symbol, '15m' AS timeframe, ${T} AS created_ts, ${T} AS updated_ts`,
    )
    expect(await found()).toMatchObject([
      [
        'SNAPSHOT_STALE',
        expect.stringMatching(/1 object not in it, such as z2; 1 object other .* z1 \(.*status/),
      ],
    ])
  })

  it('two processes that append at once leave the fold of both, under its own SHA-256', async () => {
    const other = await openEvents(store.root)
    const rounds = 12
    for (let round = 0; round < rounds; round++) {
      await Promise.all([
        store.events.append([given(zone(round * 2))]),
        other.events.append([given(zone(round * 2 + 1))]),
      ])
      expect(await store.events.snapshot.compare()).toEqual([])
    }
    await other.close()
    expect(await ids()).toHaveLength(rounds * 2)
    await promisify(execFile)('sha256sum', ['-c', checksumPath(SNAPSHOT)], { cwd: store.root })
  })

  it('an older fold that another process puts in place of ours is followed up', async () => {
    await store.events.append([given(zone(1))])
    const older = await readFile(file())
    let replaced = false
    const racing = await openEvents(store.root, {
      env: envWith({
        async syncDir(folder) {
          if (replaced || !folder.endsWith('current')) return
          replaced = true
          await rm(file())
          await writeFile(file(), older)
        },
      }),
    })
    expect((await racing.events.append([given(zone(2))])).snapshot).toBeNull()
    expect(replaced).toBe(true)
    expect(await ids()).toEqual(['z1', 'z2'])
    expect(await racing.events.snapshot.compare()).toEqual([])
    await racing.close()
  })

  it('a store without events has none, and asks for none', async () => {
    expect(await store.events.snapshot.rebuild()).toBe(0)
    await store.events.snapshot.mend()
    expect(await store.events.snapshot.compare()).toEqual([])
    expect(await readdir(store.root)).toEqual([])
    await store.events.append([given(zone(1))])
    await rm(path.join(store.root, 'objects/timeline'), { recursive: true })
    expect(await store.events.snapshot.rebuild()).toBe(0)
    expect(await ids()).toEqual([])
  })
})
