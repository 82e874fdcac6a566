import { appendFile, mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StorePath } from '../../schemas/contract/units.ts'
import type { ObjectEventRow } from '../../schemas/generated/rows.ts'
import { at } from '../../src-main/store/context.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { companion, RECOVERY } from '../../src-main/store/layout/file-names.ts'
import {
  envWith,
  eventDayfile,
  eventPart,
  type OpenedEvents,
  openEvents,
  temporaryEvents,
} from '../support/event-fixture.ts'
import { event, EVENTS_FROM as T } from '../support/random-events.ts'
import { foreignFile, plainSql } from '../support/store-fixture.ts'

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

describe('the timeline', () => {
  it('reads nothing before it is asked, and each new part alone after that', async () => {
    const parts: string[] = []
    const env = envWith({
      readFile: (file) => {
        if (file.includes('part-')) parts.push(path.basename(file))
        return nodeEnv.readFile(file)
      },
    })
    const reader = await openEvents(store.root, { env })
    const original = reader.context.duck.query.bind(reader.context.duck)
    reader.context.duck.query = (sql, take, signal) => {
      parts.push(...(sql.match(/part-[^']*/g) ?? []))
      return original(sql, take, signal)
    }
    const first = await eventPart(store.context, zone(1))
    expect(parts).toEqual([])
    expect(await ids(reader)).toEqual(['z1'])
    expect(new Set(parts.splice(0))).toEqual(new Set([path.basename(first)]))
    const second = await eventPart(store.context, zone(2))
    expect(await ids(reader)).toEqual(['z1', 'z2'])
    expect(new Set(parts.splice(0))).toEqual(new Set([path.basename(second)]))
    await reader.events.append([{ ...zone(3), ts_iso: undefined }])
    expect(await ids(reader)).toEqual(['z1', 'z2', 'z3'])
    // What was written by itself is known.
    expect(parts).toEqual([])
    await reader.close()
  })

  it('C1, W9: a month file wins over a dayfile, a dayfile over a part, of parts the last by name', async () => {
    const at = (top: number): ObjectEventRow => zone(1, { top })
    await eventPart(store.context, at(1))
    await eventPart(store.context, at(2))
    const top = async (): Promise<unknown> => (await store.events.history('z1')).events.map((row) => row.top)
    expect(await top()).toEqual([2])
    await eventDayfile(store.context, [at(3)])
    expect(await top()).toEqual([3])
    await eventPart(store.context, at(4))
    expect(await top()).toEqual([3])
    const month = `${MONTH}/2024-03.parquet`
    await foreignFile(
      store.root,
      month,
      `SELECT * REPLACE (5.0 AS top) FROM read_parquet('${path.join(store.root, DAYFILE).replaceAll("'", "''")}')`,
    )
    expect(await top()).toEqual([5])
    await rm(path.join(store.root, month))
    await rm(path.join(store.root, DAYFILE))
    expect(await top()).toEqual([4])
  })

  it.each(['busy', 'at rest'])(
    'R3, R12: whatever moment a look at a folder %s falls on, no event is missing or there twice while days are compacted',
    async (folderIs) => {
      const rows = Array.from({ length: 3 }, (_, n) => zone(n))
      const files: StorePath[] = []
      for (const row of rows) files.push(await eventPart(store.context, row))
      const wanted = rows.map(({ object_id }) => object_id)
      let steps = 0
      // A reader that is stopped before and after each of its looks at the disk, while a day is compacted in between.
      for (let stop = 1; ; stop++) {
        if (folderIs === 'at rest') await utimes(path.join(store.root, MONTH), new Date(T), new Date(T))
        let calls = 0
        let compacted = false
        const step = async (): Promise<void> => {
          if (++calls !== stop || compacted) return
          compacted = true
          await eventDayfile(store.context, rows, files)
        }
        const reader = await openEvents(store.root, {
          env: envWith({
            async readDir(folder) {
              await step()
              const entries = await store.context.env.readDir(folder)
              await step()
              return entries
            },
            async stat(file) {
              await step()
              return store.context.env.stat(file)
            },
          }),
        })
        const first = (await reader.events.timeline.current()).size
        expect(first).toBe(rows.length)
        expect(await ids(reader)).toEqual(wanted)
        const settled = compacted
        const last = await reader.events.timeline.current()
        // The look that met both files holds both; the next one only what stands.
        if (settled) for (const { event_id } of rows) expect(last.versions(event_id)).toHaveLength(1)
        await reader.close()
        if (!compacted) break
        steps++
        await rm(path.join(store.root, DAYFILE))
        for (const file of files) {
          await store.context.env.rename(
            at(store.context, companion(RECOVERY, file)),
            at(store.context, file),
          )
        }
      }
      expect(steps).toBeGreaterThan(6)
    },
  )

  it('a folder at rest is not listed again, nor its files looked at within a second; what comes is seen at once', async () => {
    for (const n of [1, 2]) {
      await eventDayfile(store.context, [zone(n, { ts: T + n * DAY })])
    }
    const month = path.join(store.root, MONTH)
    await utimes(month, new Date(T), new Date(T))
    await utimes(path.dirname(month), new Date(T), new Date(T))
    let now = Date.now()
    const looks: string[] = []
    const reader = await openEvents(store.root, {
      env: envWith({
        now: () => now,
        async readDir(folder) {
          looks.push(`list ${path.basename(folder)}`)
          return store.context.env.readDir(folder)
        },
        statNow(file) {
          looks.push(`look at ${path.basename(file)}`)
          return store.context.env.statNow(file)
        },
      }),
    })
    expect(await ids(reader)).toEqual(['z1', 'z2'])
    looks.length = 0
    expect(await ids(reader)).toEqual(['z1', 'z2'])
    expect(looks).toEqual(['look at timeline', 'look at 2024-03'])
    now += 1_001
    await ids(reader)
    expect(looks).toContain('look at 2024-03-09.parquet')
    expect(looks.filter((look) => look.startsWith('list'))).toEqual([])
    await eventPart(store.context, zone(3))
    expect(await ids(reader)).toEqual(['z1', 'z2', 'z3'])
    await eventDayfile(store.context, [zone(1, { ts: T + DAY, object_id: 'z9' })])
    expect(await ids(reader)).toEqual(['z2', 'z3', 'z9'])
    // Written into in place, without a sign at the folder.
    const file = path.join(month, '2024-03-09.parquet')
    const bytes = await readFile(file)
    await utimes(month, new Date(T), new Date(T))
    await ids(reader)
    bytes.write('z8', bytes.indexOf('z9'))
    await writeFile(file, bytes)
    await utimes(month, new Date(T), new Date(T))
    now += 1_001
    expect(await ids(reader)).toEqual(['z2', 'z3', 'z8'])
    await reader.close()
  })

  it('R7, R8: torn, zero-byte and foreign files are named and cost nothing else; a mended one is read again', async () => {
    const good = await eventPart(store.context, zone(1))
    const bytes = await readFile(at(store.context, good))
    await writeFile(path.join(store.root, MONTH, 'empty.parquet'), '')
    // A bot that writes in place: first half of the file is there, under a name of ours.
    const torn = `${MONTH}/part-20240308_143000.000000-00000000.parquet`
    await writeFile(path.join(store.root, torn), bytes.subarray(0, 700))
    await foreignFile(store.root, `${MONTH}/lacks.parquet`, `SELECT 'e9' AS event_id, ${T} AS ts`)
    await foreignFile(
      store.root,
      `${MONTH}/bot.parquet`,
      `SELECT * FROM (VALUES
        ('f1', '2024-03-08T08:30:00.000-06:00', 'create', 'f1', 'zone', 'SPY', '15M', -0.0, '{"b":1,"a":2}', 7),
        ('f2', '2024-03-08T08:30:00.000-06:00', 'destroy', 'f2', 'zone', 'SPY', '15M', 1.0, NULL, 7),
        (NULL, '2024-04-01T00:00:00Z', 'create', 'f3', 'level', 'SPY', '15m', 1.0, 'no json', 7))
        AS t(event_id, ts_iso, action, object_id, type, symbol, timeframe, y, payload, extra)`,
    )
    const { objects, problems } = await store.events.objectsAt(all)
    expect(objects.map(({ id }) => id)).toEqual(['f1', 'f3', 'z1'])
    const { events } = await store.events.history('f1')
    expect(events).toEqual([event({ ts: T, event_id: 'f1', object_id: 'f1', y: 0, payload: { a: 2, b: 1 } })])
    expect(problems.map(({ file, code }) => [path.basename(file), code])).toEqual([
      ['bot.parquet', 'BAD_ROW'],
      ['bot.parquet', 'WRONG_PLACE'],
      ['empty.parquet', 'UNREADABLE'],
      ['lacks.parquet', 'BAD_COLUMNS'],
      [path.basename(torn), 'UNREADABLE'],
    ])
    expect(problems[0]?.detail).toMatch(/row 2 is left out: action .*row 3: payload/)

    await appendFile(path.join(store.root, torn), bytes.subarray(700))
    await rm(path.join(store.root, MONTH, 'lacks.parquet'))
    const later = await store.events.objectsAt(all)
    expect(later.problems.map(({ file }) => path.basename(file))).toEqual([
      'bot.parquet',
      'bot.parquet',
      'empty.parquet',
    ])
    expect((await store.events.history('z1')).events).toHaveLength(1)
  })

  it('a dayfile that another program replaces or rewrites in place is read again', async () => {
    await eventDayfile(store.context, [zone(1)])
    expect(await ids()).toEqual(['z1'])
    await eventDayfile(store.context, [zone(1), zone(2)])
    expect(await ids()).toEqual(['z1', 'z2'])
    const file = path.join(store.root, DAYFILE).replaceAll("'", "''")
    await plainSql(
      `CREATE TABLE t AS FROM read_parquet('${file}')`,
      `COPY (SELECT * REPLACE ('z7' AS object_id) FROM t WHERE object_id = 'z1') TO '${file}' (FORMAT parquet, USE_TMP_FILE false)`,
    )
    await utimes(path.join(store.root, DAYFILE), new Date(), new Date(T))
    expect(await ids()).toEqual(['z7'])
  })

  it('a folder under a month’s name that is none, and files beside the months, are left alone', async () => {
    await mkdir(path.join(store.root, MONTH, '2024-03-08.parquet'), { recursive: true })
    await mkdir(path.join(store.root, 'objects/timeline/notes'))
    await writeFile(path.join(store.root, 'objects/timeline/x.parquet'), 'x')
    expect(await store.events.objectsAt(all)).toEqual({ objects: [], problems: [] })
  })
})
