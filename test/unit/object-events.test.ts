import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { parquetReadObjects } from 'hyparquet'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatUtcIso } from '../../schemas/contract/market-time.ts'
import type { ObjectEventRow } from '../../schemas/generated/rows.ts'
import { CANDLES } from '../../schemas/tables/index.ts'
import { at } from '../../src-main/store/context.ts'
import { parsePartName } from '../../src-main/store/layout/file-names.ts'
import { copyRows } from '../../src-main/store/write/row-copy.ts'
import {
  envWith,
  eventDayfile,
  eventPart,
  type OpenedEvents,
  openEvents,
  snapshotOnDisk,
  temporaryEvents,
} from '../support/event-fixture.ts'
import { event, EVENTS_FROM as T } from '../support/random-events.ts'
import { candle, foreignFile } from '../support/store-fixture.ts'

const MONTH = 'objects/timeline/2024-03'
const document = {
  ts: T,
  action: 'create',
  object_id: 'z1',
  type: 'zone',
  symbol: 'SPY',
  timeframe: '15M',
  top: 2,
}

let store: OpenedEvents
beforeEach(async () => {
  store = await temporaryEvents()
})
afterEach(() => store.close())

async function parts(): Promise<string[]> {
  return (await readdir(path.join(store.root, MONTH))).filter((name) => name.startsWith('part-')).sort()
}

async function append(...documents: readonly unknown[]): Promise<string[]> {
  const { outcomes, snapshot } = await store.events.append(documents)
  expect(snapshot).toBeNull()
  return outcomes.map(({ outcome }) => outcome)
}

describe('appendEvents', () => {
  it('W1, L3, V7: writes an event as a part of its UTC month, with a derived id; hyparquet reads it back', async () => {
    expect(await append(document)).toEqual(['accepted'])
    const [name = ''] = await parts()
    expect(parsePartName(name)).not.toBeNull()
    const bytes = await readFile(path.join(store.root, MONTH, name))
    const [row] = await parquetReadObjects({ file: new Uint8Array(bytes).buffer })
    const { event_id, ...rest } = row ?? {}
    const { event_id: _, ...wanted } = event({ ts: T, top: 2 })
    expect(rest).toEqual({ ...wanted, ts: BigInt(T) })
    expect(event_id).toMatch(/^[0-9a-f]{32}$/)
    expect(await snapshotOnDisk(store.context)).toMatchObject([{ id: 'z1', top: 2, created_ts: T }])
  })

  it('W3, W9: the same event again is a duplicate, in the call, in the next, and after reopening', async () => {
    expect(await append(document, document)).toEqual(['accepted', 'duplicate'])
    const same = { ...document, ts: undefined, timestamp: '2024-03-08T08:30:00', timeframe: '15m' }
    expect(await append(same)).toEqual(['duplicate'])
    const again = await openEvents(store.root)
    expect((await again.events.append([document])).outcomes).toEqual([{ outcome: 'duplicate' }])
    await again.close()
    expect(await parts()).toHaveLength(1)
  })

  it('W9: other values under a known id are a conflict, and what was written last is in force, on whatever day', async () => {
    const first = { ...document, event_id: 'e1' }
    expect(await append(first)).toEqual(['accepted'])
    const second = { ...first, ts: T + 86_400_000, top: 3 }
    expect(await append(second)).toEqual(['conflict'])
    expect(await parts()).toHaveLength(2)
    expect(await store.events.history('z1')).toMatchObject({ events: [{ ts: T + 86_400_000, top: 3 }] })
    expect(await append(second, first)).toEqual(['duplicate', 'conflict'])
    expect(await store.events.history('z1')).toMatchObject({ events: [{ ts: T, top: 2 }] })
    expect(await snapshotOnDisk(store.context)).toMatchObject([{ id: 'z1', top: 2, created_ts: T }])
  })

  it('W6: a superseding part is named beyond the part it supersedes, though the clock went back', async () => {
    let now = T + 1_000_000
    const late = await openEvents(store.root, { env: envWith({ now: () => now }) })
    await late.events.append([{ ...document, event_id: 'e1' }])
    await late.close()
    now = T
    const back = await openEvents(store.root, { env: envWith({ now: () => now }) })
    await back.events.append([{ ...document, event_id: 'e1', top: 9 }])
    const [first = '', second = ''] = await parts()
    expect(parsePartName(second)?.writtenMicros).toBe((parsePartName(first)?.writtenMicros ?? 0) + 1)
    expect((await back.events.history('z1')).events).toMatchObject([{ top: 9 }])
    await back.close()
  })

  it('W9: an id that stands in a dayfile is rejected with other values, a duplicate with the same', async () => {
    const row = event({ ts: T, event_id: 'e1', top: 2 })
    const file = await eventDayfile(store.context, [row])
    const given = { ...document, event_id: 'e1' }
    expect(await append(given)).toEqual(['duplicate'])
    const { outcomes } = await store.events.append([
      { ...given, top: 3 },
      { ...given, ts: T + 90_000_000 },
    ])
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ outcome: 'rejected', field: 'event_id' })
      expect(outcome).toHaveProperty('reason', expect.stringContaining(file))
    }
    expect(await readdir(path.join(store.root, MONTH))).toEqual(['2024-03-08.parquet'])
  })

  it('W9: a version that another process compacts while it is superseded is told as rejected, not promised', async () => {
    const row = event({ ts: T, event_id: 'e1', top: 2 })
    const file = await eventPart(store.context, row)
    let compacted = false
    const slow = await openEvents(store.root, {
      env: envWith({
        async syncDir(folder) {
          if (!compacted && folder.endsWith('2024-03')) {
            compacted = true
            await eventDayfile(store.context, [row], [file])
          }
        },
      }),
    })
    const { outcomes } = await slow.events.append([{ ...document, event_id: 'e1', top: 3 }])
    expect(compacted).toBe(true)
    expect(outcomes).toMatchObject([{ outcome: 'rejected', field: 'event_id' }])
    expect((await slow.events.history('z1')).events).toMatchObject([{ top: 2 }])
    await slow.close()
  })

  it('W9: a foreign part whose name sorts after any of ours can’t be superseded', async () => {
    await foreignFile(
      store.root,
      `${MONTH}/zones.parquet`,
      `SELECT 'e1' AS event_id, ${T} AS ts, 'create' AS action, 'z1' AS object_id, 'zone' AS type, 'SPY' AS symbol, '15m' AS timeframe, 2.0 AS top`,
    )
    expect(await append({ ...document, event_id: 'e1' })).toEqual(['duplicate'])
    expect(await append({ ...document, event_id: 'e1', top: 3 })).toEqual(['rejected'])
  })

  it('W9: two calls at once know of each other', async () => {
    const answers = await Promise.all([append(document), append(document), append(document)])
    expect(answers.flat().sort()).toEqual(['accepted', 'duplicate', 'duplicate'])
    expect(await parts()).toHaveLength(1)
  })

  it('V1, V7, V8, V10: bad documents get field and reason, and cost the good ones nothing', async () => {
    const bad: readonly (readonly [string | null, unknown])[] = [
      [null, 'text'],
      [null, [document]],
      ['action', { ...document, action: 'delete' }],
      ['object_id', { ...document, object_id: '' }],
      ['object_id', { ...document, object_id: 'a\ud800' }],
      ['type', { ...document, type: 'line' }],
      ['symbol', { ...document, symbol: '../../x' }],
      ['top', { ...document, top: '1.5abc' }],
      ['left', { ...document, left: 1.5 }],
      ['side', { ...document, side: 'bull' }],
      ['timestamp', { ...document, timestamp: '2024-03-08T08:31:00' }],
      ['ts', { ...document, ts: 1e20 }],
      ['payload', { ...document, payload: [1] }],
      ['ts', { ...document, ts: undefined }],
    ]
    const { outcomes } = await store.events.append([...bad.map(([, given]) => given), document])
    expect(outcomes.map((outcome) => ('field' in outcome ? outcome.field : outcome.outcome))).toEqual([
      ...bad.map(([field]) => field),
      'accepted',
    ])
    expect(await parts()).toHaveLength(1)
  })

  it('a dry run tells the same outcomes and writes nothing', async () => {
    const documents = [
      document,
      document,
      { ...document, event_id: 'e1' },
      { ...document, event_id: 'e1', y: 1 },
      {},
    ]
    const { outcomes } = await store.events.append(documents, { dryRun: true })
    expect(await readdir(store.root)).toEqual([])
    const real = await store.events.append(documents)
    expect(outcomes).toEqual(real.outcomes)
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([
      'accepted',
      'duplicate',
      'accepted',
      'conflict',
      'rejected',
    ])
  })

  it('W10: left alone gets the time of its symbol’s 15m bar of that number, and is still the same event later', async () => {
    const days = 9
    const bars = Array.from({ length: days * 4 }, (_, index) =>
      candle({
        ts: T + Math.floor(index / 4) * 86_400_000 + (index % 4) * 900_000,
        timeframe: '15m',
        // QQQ is on every third day only.
        symbol: 'SPY',
        global_x: index,
      }),
    )
    await store.context.env.makeDir(path.join(store.root, 'data/15m'))
    for (let day = 0; day < days; day++) {
      const rows = bars.slice(day * 4, day * 4 + 4)
      const others =
        day % 3 === 1
          ? rows.map((row) => ({ ...row, symbol: 'QQQ', global_x: (row.global_x ?? 0) + 100 }))
          : []
      const late = { ...(rows[0] as (typeof rows)[0]), ts: T + day * 86_400_000 - 900_000, global_x: null }
      const name = `data/15m/${formatUtcIso(T + day * 86_400_000).slice(0, 10)}.parquet`
      const all = [...others, late, ...rows].map((row) => ({ ...row }))
      await copyRows(store.context, CANDLES, all, path.join(store.root, name), {})
    }
    const of = (left: number, more: object = {}): object => ({
      ...document,
      object_id: `o${left}`,
      left,
      ...more,
    })
    const numbers = [0, 5, 17, 35]
    expect(await append(...numbers.map((left) => of(left)))).toEqual(numbers.map(() => 'accepted'))
    for (const left of numbers) {
      const { events, states } = await store.events.history(`o${left}`)
      expect(events[0]?.left_ts).toBe(bars[left]?.ts)
      expect(states[0]?.start_ts).toBe(bars[left]?.ts)
    }
    await append(
      of(117, { symbol: 'QQQ' }),
      of(118, { symbol: 'QQQ', left_ts: T }),
      of(36),
      of(-1),
      of(119),
      of(120, { symbol: 'QQQ' }),
    )
    const left_ts = async (id: string): Promise<unknown> =>
      (await store.events.history(id)).events[0]?.left_ts
    expect(await left_ts('o117')).toBe(bars[17]?.ts)
    expect(await left_ts('o118')).toBe(T)
    expect([
      await left_ts('o36'),
      await left_ts('o-1'),
      await left_ts('o119'),
      await left_ts('o120'),
    ]).toEqual([null, null, null, null])
    // Its bar is numbered only now: the stored event keeps its null, and stands at its bar all the same.
    const next = candle({ ts: T + days * 86_400_000, timeframe: '15m', global_x: 36 })
    const name = `data/15m/${formatUtcIso(next.ts).slice(0, 10)}.parquet`
    await copyRows(store.context, CANDLES, [{ ...next }], at(store.context, name as never), {})
    expect(await append(of(36))).toEqual(['duplicate'])
    expect(await store.events.history('o36')).toMatchObject({
      events: [{ left_ts: null }],
      states: [{ left_ts: next.ts, start_ts: next.ts }],
    })
  })

  it('W1: a duplicate is acknowledged only once the folder of the event that stands is durable', async () => {
    const row = event({ ts: T, event_id: 'e1', top: 2 })
    await eventPart(store.context, row)
    const synced: string[] = []
    const other = await openEvents(store.root, {
      env: envWith({
        async syncDir(folder) {
          synced.push(path.basename(folder))
        },
      }),
    })
    await other.events.append([{ ...document, event_id: 'e1' }])
    expect(synced).toContain('2024-03')
    await other.close()
  })

  it('O9: a snapshot that can’t be written costs no event its acknowledgement, is told, and follows later', async () => {
    let full = true
    const failing = await openEvents(store.root, {
      env: envWith({
        async rename(from, to) {
          if (full && to.endsWith('objects.parquet'))
            throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
          await store.context.env.rename(from, to)
        },
      }),
    })
    const { outcomes, snapshot } = await failing.events.append([document])
    expect(outcomes).toEqual([{ outcome: 'accepted' }])
    expect(snapshot).toMatchObject({ code: 'NO_SPACE' })
    expect(await failing.events.snapshot.compare()).toMatchObject([{ code: 'SNAPSHOT_STALE' }])
    expect(await readdir(failing.context.staging)).toEqual([])
    full = false
    expect(await failing.events.append([document])).toEqual({
      outcomes: [{ outcome: 'duplicate' }],
      snapshot: null,
    })
    expect(await failing.events.snapshot.compare()).toEqual([])
    await failing.close()
  })

  it('W2: a disk that fails throws its code; what came before it is durable, and the snapshot has it', async () => {
    let writes = 0
    const failing = await openEvents(store.root, {
      env: envWith({
        async rename(from, to) {
          if (path.basename(to).startsWith('part-') && ++writes === 3)
            throw Object.assign(new Error('full'), { code: 'ENOSPC' })
          await store.context.env.rename(from, to)
        },
      }),
    })
    const documents = [1, 2, 3, 4].map((n) => ({ ...document, object_id: `z${n}` }))
    await expect(failing.events.append(documents)).rejects.toMatchObject({ code: 'NO_SPACE' })
    expect((await snapshotOnDisk(failing.context)).map(({ id }) => id)).toEqual(['z1', 'z2'])
    const { outcomes } = await failing.events.append(documents)
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['duplicate', 'duplicate', 'accepted', 'accepted'])
    await failing.close()
  })
})

describe('objectHistory', () => {
  it('gives the events in fold order with the state after each; a late one takes its place', async () => {
    const later: Partial<ObjectEventRow>[] = [
      { ts: T + 2, action: 'close', status: 'mitigated' },
      { ts: T + 1, action: 'update', top: 5 },
    ]
    await append(document, { ...document, ...later[0], top: undefined })
    expect((await store.events.history('z1')).states.map(({ top }) => top)).toEqual([2, 2])
    await append({ ...document, ...later[1] })
    const { events, states } = await store.events.history('z1')
    expect(events.map(({ action }) => action)).toEqual(['create', 'update', 'close'])
    expect(states.map(({ top, closed_ts, end_ts }) => [top, closed_ts, end_ts])).toEqual([
      [2, null, null],
      [5, null, null],
      [5, T + 2, T + 2],
    ])
    expect(await snapshotOnDisk(store.context)).toMatchObject([{ top: 5, status: 'mitigated' }])
    await expect(store.events.history('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
