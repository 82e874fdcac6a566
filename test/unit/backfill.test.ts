import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import type { BackfillReceipt } from '../../src-main/store/api.ts'
import { acquireWriterLock } from '../../src-main/store/fs/writer-lock.ts'
import { backfillCandles } from '../../src-main/store/write/backfill.ts'
import { appendCandles } from '../../src-main/store/write/candles.ts'
import { allFiles, compactCandles, fingerprints, globbedBars, plainBars } from '../support/compaction.ts'
import {
  candle,
  candles,
  foreignBars,
  type TemporaryStore,
  temporaryStore,
  writePart,
  writeParts,
} from '../support/store-fixture.ts'

const TS = Date.parse('2024-03-08T14:30:00Z')
const DAY = 86_400_000
const FOLDER = 'data/2m/2024-03-08'
const DAYFILE = `${FOLDER}.parquet`

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

const inStore = (...names: string[]): string => path.join(store.root, ...names)
const backfill = (rows: Iterable<unknown> | AsyncIterable<unknown>, options = {}): Promise<BackfillReceipt> =>
  backfillCandles(store.context, rows, options)
const kinds = ({ outcomes }: BackfillReceipt): string[] => outcomes.map(({ outcome }) => outcome)

describe('backfillCandles', () => {
  it('C6: gives the same bytes as parts do, conflicts and 15m numbers included, and leaves no part', async () => {
    const days = [0, 1, 3].flatMap((day) => [
      ...candles(5, TS + day * DAY),
      ...candles(4, TS + day * DAY, { timeframe: '15m', step: 900_000 }),
      ...candles(3, TS + day * DAY, { timeframe: '15m', step: 900_000, symbol: 'QQQ' }),
    ])
    const [first, second] = days as [CandleRow, CandleRow]
    // One bar sent with other values first, one sent three times with two values.
    const documents = [{ ...first, close: 100.25 }, ...days, { ...second, open: 101 }, second, second]
    await appendCandles(store.context, documents)
    await compactCandles(store.context)
    const other = await temporaryStore()
    const receipt = await backfillCandles(other.context, documents)
    expect(kinds(receipt).filter((kind) => kind === 'conflict')).toHaveLength(3)
    const files = (await allFiles(inStore('data'))).map((file) => path.relative(store.root, file))
    expect(files).toHaveLength(6)
    expect(
      (await allFiles(path.join(other.root, 'data'))).map((file) => path.relative(other.root, file)),
    ).toEqual(files)
    for (const file of files) {
      expect((await readFile(inStore(file))).equals(await readFile(path.join(other.root, file))), file).toBe(
        true,
      )
    }
    await other.close()
  })

  it('W8: replaces whole days; rows are counted against what was shown, the generation before is kept', async () => {
    const rows = candles(4, TS) as [CandleRow, CandleRow, CandleRow, CandleRow]
    await writeParts(store.context, rows.slice(0, 2))
    await compactCandles(store.context)
    const before = await readFile(inStore(DAYFILE))
    // Waiting: one that is shown, one that loses against the dayfile.
    await writePart(store.context, rows[2])
    await writePart(store.context, { ...rows[0], close: 1000 })
    const receipt = await backfill([{ ...rows[0], close: 100.25 }, rows[1], rows[3]])
    expect(receipt.days).toEqual([
      {
        table: 'candles',
        timeframe: '2m',
        day: '2024-03-08',
        added: 1,
        changed: 1,
        removed: 1,
        rows: 3,
        file: DAYFILE,
      },
    ])
    expect(kinds(receipt)).toEqual(['accepted', 'duplicate', 'accepted'])
    expect(plainBars(await globbedBars(store.root))).toEqual(
      plainBars([{ ...rows[0], close: 100.25 }, rows[1], rows[3]]),
    )
    expect(before.equals(await readFile(inStore('.barkeep/previous', DAYFILE)))).toBe(true)
    expect(await readdir(inStore(FOLDER))).toEqual([])
    expect(await readdir(inStore('.barkeep/recovery', FOLDER))).toHaveLength(4)
  })

  it('W8: a day whose rows don’t change keeps its file, inode and all; its parts go', async () => {
    const rows = candles(3, TS)
    await backfill(rows)
    await writePart(store.context, rows[0] as CandleRow)
    const before = await fingerprints(inStore('data'))
    const receipt = await backfill(rows)
    expect(receipt.days).toMatchObject([{ added: 0, changed: 0, removed: 0, rows: 3, file: null }])
    expect(kinds(receipt)).toEqual(['duplicate', 'duplicate', 'duplicate'])
    expect((await fingerprints(inStore('data')))['2m/2024-03-08.parquet']).toBe(
      before['2m/2024-03-08.parquet'],
    )
    expect(await readdir(inStore(FOLDER))).toEqual([])
    const again = await fingerprints(store.root)
    await backfill(rows)
    expect(await fingerprints(store.root)).toEqual(again)
  })

  it('W8: parts that say the same become a dayfile', async () => {
    const rows = candles(3, TS)
    await writeParts(store.context, rows)
    expect((await backfill(rows)).days).toMatchObject([
      { added: 0, changed: 0, removed: 0, rows: 3, file: DAYFILE },
    ])
    expect(await readdir(inStore(FOLDER))).toEqual([])
  })

  it('W8: of lines with one key the last wins; bad lines are outcomes and stop nothing', async () => {
    const [bar, next] = candles(2, TS) as [CandleRow, CandleRow]
    const receipt = await backfill([bar, { ...bar, low: 500 }, { ...bar, close: 100.25 }, next, next, 'x'])
    expect(kinds(receipt)).toEqual(['accepted', 'rejected', 'conflict', 'accepted', 'duplicate', 'rejected'])
    expect((await globbedBars(store.root)).map(({ close }) => close)).toEqual([100.25, next.close])
  })

  it('W8: a line of today or later is rejected; one of yesterday is taken', async () => {
    const now = Date.now()
    const today = Math.floor(now / DAY) * DAY
    const receipt = await backfill([
      candle({ ts: today - 1 }),
      candle({ ts: today }),
      candle({ ts: now + 3 * DAY }),
    ])
    expect(receipt.outcomes).toMatchObject([
      { outcome: 'accepted' },
      { outcome: 'rejected', field: 'ts' },
      { outcome: 'rejected', field: 'ts' },
    ])
    expect(receipt.days).toHaveLength(1)
  })

  it('W8: a dry run tells the difference and changes nothing, also while another writer is at work', async () => {
    const rows = candles(3, TS) as [CandleRow, CandleRow, CandleRow]
    await writeParts(store.context, rows.slice(0, 2))
    const lock = await acquireWriterLock(store.context, 'compact')
    const before = await fingerprints(store.root)
    const wanted = [{ ...rows[0], close: 100.25 }, rows[2]]
    const dry = await backfill(wanted, { dryRun: true })
    expect(dry.days).toMatchObject([{ added: 1, changed: 1, removed: 1, rows: 2, file: null }])
    expect(await fingerprints(store.root)).toEqual(before)
    await expect(backfill(wanted)).rejects.toMatchObject({ code: 'LOCKED' })
    await lock.release()
    const done = await backfill(wanted)
    expect(done.days).toMatchObject([{ added: 1, changed: 1, removed: 1, rows: 2, file: DAYFILE }])
  })

  it('C8: bars keep their numbers when they are corrected, and new ones of a numbered day have none', async () => {
    const at15 = (count: number, ts: number): CandleRow[] =>
      candles(count, ts, { timeframe: '15m', step: 900_000 })
    const rows = at15(4, TS) as [CandleRow, CandleRow, CandleRow, CandleRow]
    await backfill([rows[0], rows[1], rows[3], ...at15(2, TS + DAY)])
    await backfill([{ ...rows[0], close: 100.25 }, rows[1], rows[2], rows[3]])
    expect((await globbedBars(store.root)).map(({ global_x }) => global_x)).toEqual([0, 1, null, 2, 3, 4])
  })

  it('W8: parts of other programs: a readable one with bad rows is quarantined, an unreadable one stays', async () => {
    const rows = candles(2, TS) as [CandleRow, CandleRow]
    await foreignBars(store.root, `${FOLDER}/mixed.parquet`, [
      rows[0],
      candle({ ts: TS + 600_000, open: Number.NaN }),
    ])
    await writeFile(inStore(FOLDER, 'empty.parquet'), '')
    await backfill([rows[1]])
    expect(await readdir(inStore(FOLDER))).toEqual(['empty.parquet'])
    expect(await readdir(inStore('.barkeep/quarantine', FOLDER))).toEqual(['mixed.parquet'])
  })

  it('W8: replaces a damaged dayfile that no part can rebuild, and keeps it in quarantine', async () => {
    const rows = candles(3, TS, { timeframe: '15m', step: 900_000 })
    await backfill(rows)
    const file = inStore('data/15m/2024-03-08.parquet')
    await rm(file)
    await writeFile(file, 'damaged')
    const receipt = await backfill(rows)
    expect(receipt.days).toMatchObject([{ added: 3, changed: 0, removed: 0 }])
    expect((await globbedBars(store.root)).map(({ global_x }) => global_x)).toEqual([0, 1, 2])
    expect(await readdir(inStore('.barkeep/quarantine/data/15m'))).toHaveLength(1)
  })

  it('takes a stream, tells progress, and stops at a safe point when cancelled', async () => {
    const rows = [0, 1, 2].flatMap((day) => candles(2, TS + day * DAY))
    async function* stream(): AsyncGenerator<unknown> {
      for (const row of rows) yield row
    }
    const abort = new AbortController()
    const steps: string[] = []
    const onProgress = ({ step }: { step: string }): void => {
      steps.push(step)
      if (step === '2m 2024-03-09: write') abort.abort()
    }
    await expect(backfill(stream(), { signal: abort.signal, onProgress })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    expect(steps[0]).toBe('2m 2024-03-08: read')
    expect(await globbedBars(store.root)).toHaveLength(2)
    expect((await backfill(stream())).days.map(({ file }) => file)).toEqual([
      null,
      'data/2m/2024-03-09.parquet',
      'data/2m/2024-03-10.parquet',
    ])
  })
})
