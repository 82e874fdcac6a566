import { copyFile, mkdir, open, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Finding } from '../../schemas/contract/health.ts'
import type { Progress } from '../../schemas/contract/jobs.ts'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import type { WorkOptions } from '../../src-main/store/api.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import {
  candle,
  candles,
  foreignBars,
  foreignDayfile,
  foreignFile,
  type OpenedStore,
  openedStore,
  plainSql,
  zoneEvent,
} from '../support/store-fixture.ts'
import { partBehindItsBack, wholeTree } from '../support/store-tree.ts'

const OPEN = Date.parse('2024-03-08T14:30:00Z')
const DAY = 86_400_000
const DAYFILE = 'data/2m/2024-03-08.parquet'
const PARTS = 'data/2m/2024-03-08'

let store: OpenedStore
/** What the store takes for the present; moves with the clock unless a test sets it. */
let now: number | null

beforeEach(async () => {
  now = null
  store = await openedStore({ env: { ...nodeEnv, now: () => now ?? Date.now() } })
})
afterEach(() => store.remove())

const file = (name: string): string => path.join(store.root, name)

async function append(bars: readonly CandleRow[]): Promise<void> {
  const outcomes = await store.writer.appendCandles(bars)
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(bars.map(() => 'accepted'))
}

async function compacted(bars: readonly CandleRow[]): Promise<void> {
  await append(bars)
  const { days } = await store.compactor.compact({})
  expect(days.filter(({ error }) => error !== undefined)).toEqual([])
}

/** All but gaps, which have tests of their own: these stores hold a few bars of a session. */
async function doctor(options?: WorkOptions): Promise<readonly Finding[]> {
  return (await store.reader.doctor(options)).filter(({ code }) => code !== 'GAP')
}

/** `CODE path`, without the details. */
async function named(): Promise<string[]> {
  return (await doctor()).map(({ code, path: where }) => `${code} ${where}`)
}

describe('doctor', () => {
  it('D3 W8: a day that was backfilled twice has no findings: what the first backfill kept gave way to what the second kept', async () => {
    const bars = candles(5, OPEN)
    for (const close of [100.5, 100.25, 100.5])
      await store.writer.backfillCandles(
        bars.map((bar) => ({ ...bar, close, low: 90, high: 120, open: 100 })),
      )
    expect(await doctor()).toEqual([])
  })

  it('D3: an empty store, and one with dayfiles, events and today’s parts, has no findings', async () => {
    expect(await doctor()).toEqual([])
    now = OPEN + DAY
    await compacted([...candles(5, OPEN), ...candles(3, OPEN, { timeframe: '15m', step: 900_000 })])
    await store.writer.appendEvents([
      zoneEvent({ ts: OPEN }),
      zoneEvent({ ts: OPEN + 1, action: 'update', top: 13 }),
    ])
    await store.compactor.compact({})
    await compacted(candles(3, OPEN + DAY, { timeframe: '15m', step: 900_000 }))
    await append(candles(5, OPEN + DAY))
    await store.writer.appendEvents([zoneEvent({ ts: OPEN + DAY, object_id: 'z2' })])
    expect(await doctor()).toEqual([])
  })

  it('D1: changes nothing, whatever it finds', async () => {
    await compacted(candles(3, OPEN))
    await append(candles(2, OPEN + DAY))
    await writeFile(file('data/2m/2024-03-09/zero.parquet'), '')
    await store.writer.appendEvents([zoneEvent({ ts: OPEN, action: 'update' })])
    await rm(file('objects/current/objects.parquet'))
    const before = await wholeTree(store.root)
    expect((await doctor()).length).toBeGreaterThan(3)
    expect(await wholeTree(store.root)).toEqual(before)
  })

  it('D2 D3: parts wait when a whole trading day has passed since theirs, told by day', async () => {
    await append([...candles(3, OPEN - DAY), ...candles(1, OPEN)])
    await store.writer.appendEvents([zoneEvent({ ts: OPEN - DAY })])
    const events = 'PARTS_WAITING objects/timeline/2024-03'
    const [thursday, friday] = ['PARTS_WAITING data/2m/2024-03-07', 'PARTS_WAITING data/2m/2024-03-08']
    expect(await named()).toEqual([thursday, friday, events])
    expect((await doctor())[0]?.detail).toBe('2024-03-07: 3 parts wait to be compacted')
    const saturday = Date.parse('2024-03-09T00:00:00Z')
    now = saturday - 1
    expect(await named()).toEqual([])
    now = saturday
    expect(await named()).toEqual([thursday, events])
    // Friday's wait over the weekend and Monday.
    now = saturday + 3 * DAY - 1
    expect(await named()).toEqual([thursday, events])
    now = saturday + 3 * DAY
    expect(await named()).toEqual([thursday, friday, events])
  })

  it('D2: zero-byte, truncated, text and foreign files are named, each by its path', async () => {
    await compacted(candles(50, OPEN))
    await writeFile(file('data/2m/2024-03-07.parquet'), '')
    await copyFile(file(DAYFILE), file('data/2m/2024-03-06.parquet'))
    await truncate(file('data/2m/2024-03-06.parquet'), 800)
    await mkdir(file('data/2m/2024-03-05'), { recursive: true })
    await writeFile(
      file('data/2m/2024-03-05/text.parquet'),
      'nothing of the kind, but long enough for a footer',
    )
    await foreignFile(store.root, 'data/2m/2024-03-05/columns.parquet', 'SELECT 1 AS a')
    await foreignDayfile(store.root, candles(5, OPEN - 4 * DAY))
    await mkdir(file('data/2M'), { recursive: true })
    await foreignBars(store.root, 'data/2M/2024-03-08.parquet', candles(1, OPEN))
    await foreignBars(store.root, 'objects/stray.parquet', candles(1, OPEN))
    expect(await named()).toEqual([
      'WRONG_PLACE data/2M/2024-03-08.parquet',
      'FOREIGN_FILE data/2m/2024-03-04.parquet',
      'BAD_COLUMNS data/2m/2024-03-05/columns.parquet',
      'UNREADABLE data/2m/2024-03-05/text.parquet',
      'UNREADABLE data/2m/2024-03-06.parquet',
      'UNREADABLE data/2m/2024-03-07.parquet',
      'WRONG_PLACE objects/stray.parquet',
    ])
  })

  it('D2: rows of another day or timeframe and rows that breach are named by file', async () => {
    await foreignDayfile(store.root, [
      candle({ ts: OPEN }),
      candle({ ts: OPEN + DAY }),
      candle({ ts: OPEN + 120_000, high: 1 }),
    ])
    expect(await named()).toEqual([`BAD_ROW ${DAYFILE}`, `FOREIGN_FILE ${DAYFILE}`, `WRONG_PLACE ${DAYFILE}`])
  })

  it('D2: a flipped bit in a dayfile is a bad checksum; a lost record is none, for the digest inside vouches', async () => {
    await compacted(candles(50, OPEN))
    await rm(file('.barkeep/checksums'), { recursive: true })
    expect(await doctor()).toEqual([])
    await store.remove()
    store = await openedStore()
    await compacted(candles(50, OPEN))
    const handle = await open(file(DAYFILE), 'r+')
    await handle.write(Buffer.from([0xff]), 0, 1, 200)
    await handle.close()
    const [finding, ...others] = await doctor()
    expect(others).toEqual([])
    expect(finding).toMatchObject({ path: DAYFILE, repaired: false })
    expect(finding?.code).toMatch(/^(BAD_CHECKSUM|UNREADABLE)$/)
    expect(finding?.detail).toContain('the 50 rows that it was made of are shown instead, and are all there')
    const shown = await store.reader.viewport({
      symbol: 'SPY',
      timeframe: '2m',
      from: OPEN - DAY,
      to: OPEN + DAY,
    })
    expect(shown.candles.ts.length).toBe(50)
    expect(shown.problems).toMatchObject([{ file: DAYFILE }])
  })

  it('D4: a dayfile that was removed is told as long as its SHA-256 is on record', async () => {
    await compacted(candles(3, OPEN))
    await rm(file(DAYFILE))
    expect(await named()).toEqual([`NOT_FOUND ${DAYFILE}`])
  })

  it('D2 D4: the same bar twice is a duplicate or a conflict, on the file that loses', async () => {
    now = OPEN
    const [bar] = candles(1, OPEN) as [CandleRow]
    await append([bar])
    const again = await partBehindItsBack(store.root, bar)
    expect(await named()).toEqual([`DUPLICATE ${again}`])
    const other = await partBehindItsBack(store.root, { ...bar, close: bar.close + 0.25 })
    expect(other > again).toBe(true)
    const found = await doctor()
    expect(found.map(({ code, path: where }) => `${code} ${where}`)).toContain(`CONFLICT ${again}`)
    expect(found.find(({ path: where }) => where === again)?.detail).toContain(`differs from ${other}`)
  })

  it('D2 D4: parts whose bars stand in the dayfile are told by day; one that differs is a conflict', async () => {
    await compacted(candles(3, OPEN))
    now = OPEN
    const [first, second] = candles(2, OPEN) as [CandleRow, CandleRow]
    const repeated = await partBehindItsBack(store.root, first)
    expect(await doctor()).toMatchObject([
      { code: 'PARTS_COMPACTED', path: PARTS, detail: expect.stringContaining(repeated) },
    ])
    const differing = await partBehindItsBack(store.root, { ...second, volume: 12345 })
    expect(await named()).toEqual([`PARTS_COMPACTED ${PARTS}`, `CONFLICT ${differing}`])
  })

  it('D2: a bar twice in one dayfile of another program', async () => {
    const [bar] = candles(1, OPEN) as [CandleRow]
    await foreignDayfile(store.root, [bar, bar])
    expect(await named()).toEqual([`DUPLICATE ${DAYFILE}`, `FOREIGN_FILE ${DAYFILE}`])
    await foreignDayfile(store.root, [bar, { ...bar, close: bar.low }])
    expect(await named()).toEqual([`CONFLICT ${DAYFILE}`, `FOREIGN_FILE ${DAYFILE}`])
  })

  it('D5: late bars without a number and numbers that don’t follow are told on their 15m dayfile', async () => {
    const bars = (day: number, count: number): CandleRow[] =>
      candles(count, OPEN + day * DAY, { timeframe: '15m', step: 900_000 })
    await compacted([...bars(0, 3), ...bars(1, 2)])
    expect(await doctor()).toEqual([])
    await compacted(bars(0, 5).slice(3))
    const [late, ...others] = await doctor()
    expect(others).toEqual([])
    expect(late).toMatchObject({ code: 'GLOBAL_X_GAP', path: 'data/15m/2024-03-08.parquet' })
    expect(late?.detail).toMatch(/has no number.*2 such in all/)
    await rename(file('data/15m/2024-03-08.parquet'), file('away.parquet'))
    await rm(file('.barkeep/checksums/data/15m/2024-03-08.parquet.sha256'))
    expect(await doctor()).toMatchObject([
      {
        code: 'GLOBAL_X_GAP',
        path: 'data/15m/2024-03-09.parquet',
        detail: expect.stringMatching(/number 3, where 0 would follow/),
      },
    ])
  })

  it('D2: orphans in staging of a process that is gone, files in quarantine', async () => {
    // No process has pid 0 of its own; Linux hands out none beyond its limit.
    await mkdir(file('.barkeep/staging/4194305-00000000'), { recursive: true })
    await writeFile(file('.barkeep/staging/4194305-00000000/half.parquet.tmp'), 'half')
    await mkdir(file('.barkeep/quarantine/data/2m'), { recursive: true })
    await writeFile(file('.barkeep/quarantine/data/2m/lost.parquet'), 'x')
    expect(await named()).toEqual([
      'QUARANTINED .barkeep/quarantine/data/2m/lost.parquet',
      'ORPHAN_STAGING .barkeep/staging/4194305-00000000/half.parquet.tmp',
    ])
  })

  it('D2: events without a create, a stale snapshot, and repeated events', async () => {
    now = OPEN
    await store.writer.appendEvents([
      zoneEvent({ ts: OPEN, event_id: 'e1' }),
      zoneEvent({ ts: OPEN, event_id: 'e2', object_id: 'lost', action: 'update' }),
    ])
    const parts = (await readdir(file('objects/timeline/2024-03'))).sort()
    const [first, orphaned] = parts.map((name) => `objects/timeline/2024-03/${name}`) as [string, string]
    expect(await doctor()).toMatchObject([
      {
        code: 'EVENT_WITHOUT_CREATE',
        path: orphaned,
        detail: expect.stringMatching(/^object lost begins with an update/),
      },
    ])
    await copyFile(file(first), file('objects/timeline/2024-03/part-20990101_000000.000000-00000000.parquet'))
    await writeFile(file('objects/current/objects.parquet'), 'rubbish')
    expect(await named()).toEqual([
      'UNREADABLE objects/current/objects.parquet',
      `DUPLICATE ${first}`,
      `EVENT_WITHOUT_CREATE ${orphaned}`,
    ])
    await rm(file('objects/current/objects.parquet'))
    expect(await named()).toContain('SNAPSHOT_STALE objects/current/objects.parquet')
  })

  it('D2: a damaged dayfile of events, and parts of events that are compacted already', async () => {
    const dayfile = 'objects/timeline/2024-03/2024-03-08.parquet'
    await store.writer.appendEvents([zoneEvent({ ts: OPEN }), zoneEvent({ ts: OPEN + 1, object_id: 'z2' })])
    const parts = (await readdir(file('objects/timeline/2024-03'))).sort()
    await copyFile(file(`objects/timeline/2024-03/${parts[0]}`), file('kept'))
    await store.compactor.compact({})
    expect(await doctor()).toEqual([])
    await copyFile(file('kept'), file(`objects/timeline/2024-03/${parts[0]}`))
    expect(await named()).toEqual(['PARTS_COMPACTED objects/timeline/2024-03'])
    await truncate(file(dayfile), 600)
    expect(await named()).toContain(`UNREADABLE ${dayfile}`)
  })

  it('D1: tells its progress to the end, and stops when it is cancelled', async () => {
    for (let day = 0; day < 3; day++) await foreignDayfile(store.root, candles(2, OPEN + day * DAY))
    const told: Progress[] = []
    await doctor({ onProgress: (progress) => told.push(progress) })
    expect(told.map(({ done }) => done)).toEqual([...told.map(({ done }) => done)].sort((a, b) => a - b))
    expect(told.at(-1)).toMatchObject({ done: 9, total: 9 })
    expect(told[0]).toMatchObject({ step: '2m 2024-03-08' })
    const stop = new AbortController()
    const cancelled = doctor({ onProgress: () => stop.abort(), signal: stop.signal })
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('D1: beside a compaction it finds nothing that isn’t so', async () => {
    now = OPEN
    for (let day = 0; day < 6; day++) await append(candles(4, OPEN + day * DAY))
    let compacting = true
    const work = store.compactor.compact({}).finally(() => {
      compacting = false
    })
    const codes = new Set<string>()
    while (compacting) for (const { code } of await doctor()) codes.add(code)
    await work
    // Parts between the rename and their move are seen as what they are.
    codes.delete('PARTS_COMPACTED')
    expect([...codes]).toEqual([])
    expect(await doctor()).toEqual([])
  })

  it('D2: bars of a file that pandas wrote are checked like ours', async () => {
    await foreignDayfile(store.root, candles(5, OPEN), 'local')
    expect(await named()).toEqual([`FOREIGN_FILE ${DAYFILE}`])
    await plainSql(`COPY (SELECT * FROM read_parquet('${file(DAYFILE).replaceAll("'", "''")}') LIMIT 0)
      TO '${file('data/2m/2024-03-09.parquet').replaceAll("'", "''")}' (FORMAT parquet)`)
    expect(await named()).toEqual([`FOREIGN_FILE ${DAYFILE}`, 'FOREIGN_FILE data/2m/2024-03-09.parquet'])
  })
})
