import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Progress } from '../../schemas/contract/jobs.ts'
import type { StorePath } from '../../schemas/contract/units.ts'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { finishInterrupted } from '../../src-main/store/compact/interrupted.ts'
import { purgeRecovery } from '../../src-main/store/compact/retention.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { checksumPath } from '../../src-main/store/layout/checksums.ts'
import { sha256 } from '../../src-main/store/layout/digest.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { readMetadata } from '../../src-main/store/read/table-files.ts'
import { appendCandles } from '../../src-main/store/write/candles.ts'
import {
  allFiles,
  compactCandles,
  fingerprints,
  globbedBars,
  plainBars,
  sha256sumCheck,
} from '../support/compaction.ts'
import {
  candle,
  candles,
  foreignBars,
  foreignDayfile,
  foreignFile,
  type TemporaryStore,
  temporaryStore,
  writePart,
  writeParts,
} from '../support/store-fixture.ts'

const TS = Date.parse('2024-03-08T14:30:00Z')
const DAY = 86_400_000
const FOLDER = 'data/2m/2024-03-08'
const DAYFILE = `${FOLDER}.parquet` as StorePath

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

const inStore = (...names: string[]): string => path.join(store.root, ...names)
const compact = (request = {}, options = {}) => compactCandles(store.context, request, options)
const names = async (folder: string): Promise<string[]> =>
  (await readdir(inStore(folder)).catch(() => [])).sort()
const isThere = async (file: string): Promise<boolean> =>
  (await stat(inStore(file)).catch(() => null)) !== null

describe('compaction of a day', () => {
  it('C1, C2, C9: parts become one dayfile in the table’s order, each bar once, and go to recovery', async () => {
    const rows = [
      ...candles(5, TS),
      ...candles(5, TS, { symbol: 'QQQ' }),
      ...candles(5, TS, { symbol: 'AA.B' }),
    ]
    const parts = await writeParts(store.context, [...rows].reverse())
    const receipt = await compact()
    expect(receipt.days).toMatchObject([
      {
        table: 'candles',
        timeframe: '2m',
        day: '2024-03-08',
        parts: 15,
        rows: 15,
        conflicts: 0,
        file: DAYFILE,
        skipped: null,
      },
    ])
    const globbed = await globbedBars(store.root)
    expect(plainBars(globbed)).toEqual(plainBars(rows))
    expect(globbed.map(({ symbol }) => symbol).join()).toBe(
      [...'AQS'].map((s) => Array(5).fill({ A: 'AA.B', Q: 'QQQ', S: 'SPY' }[s])).join(),
    )
    expect(await names(FOLDER)).toEqual([])
    expect(await names(`.barkeep/recovery/${FOLDER}`)).toEqual(
      parts.map((part) => path.basename(part)).sort(),
    )
  })

  it('C1: of parts the last by name wins, the dayfile over every part; what lost against it is quarantined', async () => {
    const [bar] = candles(1, TS) as [CandleRow]
    await writeParts(store.context, [bar, { ...bar, close: 100.25 }])
    expect((await compact()).days).toMatchObject([{ parts: 2, rows: 1, conflicts: 1 }])
    const loser = await writePart(store.context, { ...bar, close: 100.75 })
    const same = await writePart(store.context, { ...bar, close: 100.25 })
    const before = await fingerprints(inStore('data'))
    expect((await compact()).days).toMatchObject([{ parts: 2, rows: 1, conflicts: 1, skipped: null }])
    expect((await globbedBars(store.root)).map(({ close }) => close)).toEqual([100.25])
    expect((await fingerprints(inStore('data')))['2m/2024-03-08.parquet']).toBe(
      before['2m/2024-03-08.parquet'],
    )
    expect(await names(`.barkeep/quarantine/${FOLDER}`)).toEqual([path.basename(loser)])
    expect(await names(`.barkeep/recovery/${FOLDER}`)).toContain(path.basename(same))
  })

  it('C3: a second run changes no file, inode and all', async () => {
    await writeParts(store.context, [
      ...candles(5, TS),
      ...candles(5, TS, { timeframe: '15m', step: 900_000 }),
    ])
    await compact()
    const before = await fingerprints(store.root)
    expect((await compact()).days).toEqual([])
    expect((await compact({ day: '2024-03-08' })).days).toMatchObject([
      { timeframe: '2m', parts: 0, rows: 5, skipped: 'nothing to do' },
      { timeframe: '15m', parts: 0, rows: 5, skipped: 'nothing to do' },
    ])
    expect(await fingerprints(store.root)).toEqual(before)
  })

  it('C1: parts that come late merge, and the file says the same as if all had come at once', async () => {
    const rows = candles(9, TS)
    await writeParts(store.context, rows.slice(3))
    await compact()
    await writeParts(store.context, rows.slice(0, 3))
    expect((await compact()).days).toMatchObject([{ parts: 3, rows: 9 }])
    const late = await readFile(inStore(DAYFILE))
    const other = await temporaryStore()
    await writeParts(other.context, rows)
    await compactCandles(other.context)
    expect(late.equals(await readFile(path.join(other.root, DAYFILE)))).toBe(true)
    await other.close()
  })

  it('C6, C7: metadata, the record of inputs and the checksum tell what the file was made of', async () => {
    const rows = candles(3, TS)
    const parts = await writeParts(store.context, rows)
    const hashes = await Promise.all(parts.map(async (part) => sha256(await readFile(inStore(part)))))
    const [day] = (await compact()).days
    const metadata = (await readMetadata(store.context, [DAYFILE])).get(DAYFILE)
    expect(Object.fromEntries(metadata ?? [])).toMatchObject({
      'barkeep.table': 'candles',
      'barkeep.schema': '1',
      'barkeep.rows': '3',
      'barkeep.digest': day?.digest,
      'barkeep.inputs': expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    const record = JSON.parse(await readFile(inStore(`.barkeep/generations/${DAYFILE}.json`), 'utf8'))
    const bytes = await readFile(inStore(DAYFILE))
    expect(record).toMatchObject({
      file: DAYFILE,
      sha256: sha256(bytes),
      rows: 3,
      digest: day?.digest,
      replaces: null,
    })
    expect(record.inputs.map(({ file, sha256 }: { file: string; sha256: string }) => [file, sha256])).toEqual(
      parts.map((part, index) => [part, hashes[index]]),
    )
    expect(await names('.barkeep/generations/pending')).toEqual([])
    expect(await sha256sumCheck(store.root, [checksumPath(DAYFILE)])).toBe(`${DAYFILE}: OK\n`)
  })

  it('C4: a difference between what was written and what reads back publishes nothing', async () => {
    await writeParts(store.context, candles(3, TS))
    const context = await openContext(store.root, {
      env: {
        ...nodeEnv,
        async syncFile(target) {
          await nodeEnv.syncFile(target)
          if (!target.endsWith('2024-03-08.parquet')) return
          // Another whole and readable file than the one that was written.
          await rm(target)
          await foreignBars('/', target.slice(1), candles(3, TS, { close: 100 }))
        },
      },
    })
    const before = await fingerprints(inStore('data'))
    expect((await compactCandles(context)).days).toMatchObject([
      { skipped: 'failed', error: { code: 'VERIFY_FAILED', file: DAYFILE } },
    ])
    expect(await fingerprints(inStore('data'))).toEqual(before)
    expect(await readdir(context.staging)).toEqual([])
    await closeContext(context)
  })

  it('C1: a part that can’t be read, or with a row that can’t be kept, stays as it is; the others merge', async () => {
    const rows = candles(4, TS)
    await writeParts(store.context, rows.slice(0, 2))
    await writeFile(inStore(FOLDER, 'empty.parquet'), '')
    await foreignFile(store.root, `${FOLDER}/columns.parquet`, 'SELECT 1 AS x')
    await foreignBars(store.root, `${FOLDER}/nan.parquet`, [
      rows[2] as CandleRow,
      candle({ ts: TS + 600_000, open: Number.NaN }),
    ])
    await foreignBars(store.root, `${FOLDER}/other-day.parquet`, [
      rows[3] as CandleRow,
      candle({ ts: TS + DAY }),
    ])
    expect((await compact()).days).toMatchObject([{ parts: 2, rows: 2, skipped: null }])
    expect(await names(FOLDER)).toEqual([
      'columns.parquet',
      'empty.parquet',
      'nan.parquet',
      'other-day.parquet',
    ])
    expect((await compact()).days).toMatchObject([{ parts: 0, rows: 2, skipped: 'nothing to do' }])
  })

  it('R3: a part that a staying part outranks stays with it, so that the answer is the same after', async () => {
    const [bar, next] = candles(2, TS) as [CandleRow, CandleRow]
    const part = await writePart(store.context, bar)
    await writePart(store.context, next)
    await foreignBars(store.root, `${FOLDER}/zz.parquet`, [
      { ...bar, close: 100.25 },
      candle({ ts: TS + 600_000, open: Number.NaN }),
    ])
    expect((await compact()).days).toMatchObject([{ parts: 1, rows: 1 }])
    expect(await names(FOLDER)).toEqual([path.basename(part), 'zz.parquet'])
  })

  it('R8: foreign parts of every form merge with their values, a row that only breaks V4 included', async () => {
    const rows = candles(8, TS).map((row, index) => (index === 7 ? { ...row, high: 1, low: 2 } : row))
    for (const [index, form] of (['plain', 'local', 'stamped', 'reordered'] as const).entries()) {
      await foreignBars(store.root, `${FOLDER}/${form}.parquet`, rows.slice(index * 2, index * 2 + 2), form)
    }
    expect((await compact()).days).toMatchObject([{ parts: 4, rows: 8, skipped: null }])
    expect(plainBars(await globbedBars(store.root))).toEqual(plainBars(rows))
  })

  it('C9: with a retention of 0 days parts are gone at once; keepParts leaves them until the next run', async () => {
    const brief = await openContext(store.root, { recoveryDays: 0 })
    await writeParts(store.context, candles(3, TS))
    expect((await compactCandles(brief, { keepParts: true })).days).toMatchObject([
      { parts: 3, rows: 3, skipped: null },
    ])
    expect(await names(FOLDER)).toHaveLength(3)
    expect((await compactCandles(brief, { keepParts: true })).days).toMatchObject([
      { skipped: 'nothing to do' },
    ])
    expect((await compactCandles(brief)).days).toMatchObject([{ parts: 3, rows: 3, skipped: null }])
    expect(await names(FOLDER)).toEqual([])
    expect(await allFiles(inStore('.barkeep/recovery'))).toEqual([])
    await closeContext(brief)
  })

  it('C9: recovery parts are purged after the retention, but not while their dayfile is damaged', async () => {
    for (const day of [0, 1]) {
      await writeParts(store.context, candles(2, TS + day * DAY))
    }
    await compact()
    expect(await purgeRecovery(store.context)).toBe(0)
    const damaged = inStore('data/2m/2024-03-09.parquet')
    const bytes = await readFile(damaged)
    bytes[100] = (bytes[100] ?? 0) ^ 1
    await rm(damaged)
    await writeFile(damaged, bytes)
    const later = await openContext(store.root, { env: { ...nodeEnv, now: () => Date.now() + 8 * DAY } })
    expect(await finishInterrupted(later)).toMatchObject({ purged: 2, problems: [] })
    expect(await names('.barkeep/recovery/data/2m')).toEqual(['2024-03-09'])
    await closeContext(later)
  })

  it('C9: a part under a name that recovery already has takes nothing’s place', async () => {
    const rows = candles(2, TS)
    await foreignBars(store.root, `${FOLDER}/bars.parquet`, rows.slice(0, 1))
    await compact()
    await foreignBars(store.root, `${FOLDER}/bars.parquet`, rows.slice(1))
    await compact()
    expect(await names(`.barkeep/recovery/${FOLDER}`)).toHaveLength(2)
    expect(plainBars(await globbedBars(store.root))).toEqual(plainBars(rows))
  })
})

describe('dayfiles of others, and damaged ones', () => {
  it('store §4: a dayfile that another program put in place is the day’s truth: its rows win and are kept', async () => {
    const rows = candles(4, TS)
    await writeParts(store.context, rows.slice(0, 3))
    await compact()
    const theirs = rows.slice(0, 2).map((row) => ({ ...row, close: row.open }))
    await rm(inStore(DAYFILE))
    await foreignDayfile(store.root, theirs, 'local')
    const bytes = await readFile(inStore(DAYFILE))
    await writeParts(store.context, rows.slice(0, 1))
    await writePart(store.context, rows[3] as CandleRow)
    expect((await compact()).days).toMatchObject([{ parts: 2, rows: 3, conflicts: 1, skipped: null }])
    expect(plainBars(await globbedBars(store.root))).toEqual(plainBars([...theirs, rows[3] as CandleRow]))
    // With its own columns, that ours have no place for.
    expect(bytes.equals(await readFile(inStore('.barkeep/previous', DAYFILE)))).toBe(true)
  })

  it('C3: another program’s dayfile that holds the parts’ bars stays as it is, and is known from then on', async () => {
    const rows = candles(3, TS)
    await foreignDayfile(store.root, rows, 'reordered')
    await writeParts(store.context, rows)
    const before = await fingerprints(inStore('data'))
    expect((await compact()).days).toMatchObject([{ parts: 3, rows: 3, skipped: null }])
    expect((await fingerprints(inStore('data')))['2m/2024-03-08.parquet']).toBe(
      before['2m/2024-03-08.parquet'],
    )
    expect(await readFile(inStore(checksumPath(DAYFILE)), 'utf8')).toContain(DAYFILE)
  })

  it('a dayfile of another program with a row that ours could not hold is not merged into', async () => {
    await foreignDayfile(store.root, [...candles(2, TS), candle({ ts: TS + DAY })])
    await writePart(store.context, candle({ ts: TS + 600_000 }))
    const before = await fingerprints(inStore('data'))
    expect((await compact()).days).toMatchObject([
      { skipped: 'failed', error: { code: 'WRONG_PLACE', file: DAYFILE } },
    ])
    expect(await fingerprints(inStore('data'))).toEqual(before)
  })

  /** Replaces the dayfile by damaged bytes, as a new inode. */
  async function damage(change: (bytes: Buffer) => Buffer): Promise<Buffer> {
    const bytes = change(await readFile(inStore(DAYFILE)))
    await rm(inStore(DAYFILE))
    await writeFile(inStore(DAYFILE), bytes)
    return bytes
  }

  const flipped = (bytes: Buffer): Buffer => {
    bytes[60] = (bytes[60] ?? 0) ^ 4
    return bytes
  }

  it.each([
    ['one flipped bit', flipped],
    ['cut short', (bytes: Buffer) => bytes.subarray(0, 300)],
    ['empty', () => Buffer.alloc(0)],
  ])(
    'C1: a damaged dayfile (%s) is set aside and made again from its recovery parts, late ones merged',
    async (_, change) => {
      const rows = candles(6, TS, { timeframe: '2m' })
      await writeParts(store.context, rows.slice(0, 5))
      await compact()
      const bytes = await damage(change)
      await writePart(store.context, rows[5] as CandleRow)
      expect((await compact()).days).toMatchObject([{ parts: 1, rows: 6, skipped: null }])
      expect(plainBars(await globbedBars(store.root))).toEqual(plainBars(rows))
      const [kept] = await names('.barkeep/quarantine/data/2m')
      expect(bytes.equals(await readFile(inStore('.barkeep/quarantine/data/2m', kept as string)))).toBe(true)
    },
  )

  it.each([
    ['one flipped bit', flipped, 'BAD_CHECKSUM'],
    ['empty', () => Buffer.alloc(0), 'UNREADABLE'],
  ])(
    'C1: a damaged dayfile (%s) whose parts are not all there is neither replaced nor removed',
    async (_, change, code) => {
      await writeParts(store.context, candles(5, TS))
      await compact()
      const [one] = await names(`.barkeep/recovery/${FOLDER}`)
      await rm(inStore('.barkeep/recovery', FOLDER, one as string))
      await damage(change)
      await writePart(store.context, candle({ ts: TS + 3_600_000 }))
      const before = await fingerprints(inStore('data'))
      expect((await compact()).days).toMatchObject([{ skipped: 'failed', error: { code, file: DAYFILE } }])
      expect(await fingerprints(inStore('data'))).toEqual(before)
    },
  )
})

describe('global_x', () => {
  const at15 = (count: number, ts: number, given: Partial<CandleRow> = {}): CandleRow[] =>
    candles(count, ts, { timeframe: '15m', step: 900_000, ...given })

  async function numbers(symbol = 'SPY'): Promise<(number | null)[]> {
    const bars = await globbedBars(store.root)
    return bars.filter((bar) => bar.symbol === symbol).map(({ global_x }) => global_x)
  }

  it('C8: 15m dayfiles number their bars per symbol from day to day; other timeframes have none', async () => {
    await writeParts(store.context, [
      ...at15(3, TS),
      ...at15(2, TS + DAY),
      ...at15(2, TS + DAY, { symbol: 'QQQ' }),
    ])
    await writeParts(store.context, candles(2, TS))
    await compact()
    await writeParts(store.context, [...at15(2, TS + 40 * DAY), ...at15(1, TS + 40 * DAY, { symbol: 'QQQ' })])
    await compact()
    const all = await globbedBars(store.root)
    const of = (symbol: string) => all.filter((bar) => bar.timeframe === '15m' && bar.symbol === symbol)
    expect(of('SPY').map(({ global_x }) => global_x)).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(of('QQQ').map(({ global_x }) => global_x)).toEqual([0, 1, 2])
    expect(all.filter(({ timeframe }) => timeframe === '2m').map(({ global_x }) => global_x)).toEqual([
      null,
      null,
    ])
  })

  it('C8: a symbol that was away for a hundred days goes on from its last number', async () => {
    await writeParts(store.context, [...at15(3, TS), ...at15(1, TS, { symbol: 'QQQ' })])
    for (let day = 1; day <= 100; day++) await foreignDayfileOf15m(day)
    await compact()
    await writeParts(store.context, at15(2, TS + 101 * DAY))
    await compact()
    expect(await numbers()).toEqual([0, 1, 2, 3, 4])
  })

  /** Dayfiles in between that say nothing of the symbol. */
  async function foreignDayfileOf15m(day: number): Promise<void> {
    if (day === 1) await foreignDayfile(store.root, at15(1, TS + DAY, { symbol: 'IWM' }))
    const name = new Date(TS + day * DAY).toISOString().slice(0, 10)
    if (day > 1) {
      await writeFile(
        inStore(`data/15m/${name}.parquet`),
        await readFile(inStore('data/15m/2024-03-09.parquet')),
      )
    }
  }

  it('C8: a bar that joins a numbered day, or comes before numbered days, has no number; no number changes', async () => {
    const [first, second, third] = at15(3, TS) as [CandleRow, CandleRow, CandleRow]
    await writeParts(store.context, [first, third, ...at15(2, TS + DAY)])
    await compact()
    await writeParts(store.context, [second, ...at15(2, TS - DAY), ...at15(1, TS - DAY, { symbol: 'QQQ' })])
    await compact()
    expect(await numbers()).toEqual([null, null, 0, null, 1, 2, 3])
    // QQQ has no later number: it begins there.
    expect(await numbers('QQQ')).toEqual([0])
    await writeParts(store.context, at15(1, TS + 2 * DAY))
    await compact()
    expect((await numbers()).at(-1)).toBe(4)
  })

  it('C8: numbers go on from the highest though another program began anew in between', async () => {
    await writeParts(store.context, at15(3, TS))
    await compact()
    await foreignDayfile(
      store.root,
      at15(2, TS + DAY).map((row, index) => ({ ...row, global_x: index })),
    )
    await writeParts(store.context, at15(2, TS + 2 * DAY))
    await compact()
    expect(await numbers()).toEqual([0, 1, 2, 0, 1, 3, 4])
  })

  it('C8: a damaged earlier dayfile’s numbers come from its record; without one the day waits', async () => {
    await writeParts(store.context, at15(3, TS))
    await compact()
    const file = 'data/15m/2024-03-08.parquet'
    await rm(inStore(file))
    await writeFile(inStore(file), 'damaged')
    await writeParts(store.context, at15(2, TS + DAY))
    expect((await compact({ day: '2024-03-09' })).days).toMatchObject([{ rows: 2, skipped: null }])
    await rm(inStore(`.barkeep/generations/${file}.json`))
    await rm(inStore('.barkeep/generations/data/15m/2024-03-09.parquet.json'))
    await rm(inStore('data/15m/2024-03-09.parquet'))
    await writeParts(store.context, at15(2, TS + DAY))
    expect((await compact({ day: '2024-03-09' })).days).toMatchObject([
      { skipped: 'failed', error: { code: 'UNREADABLE', file } },
    ])
    await rm(inStore(file))
  })

  it('C8: a rebuilt 15m dayfile has the numbers that it had', async () => {
    const rows = at15(4, TS)
    await writeParts(store.context, [...rows.slice(0, 2), ...at15(1, TS + DAY)])
    await compact()
    await writePart(store.context, rows[2] as CandleRow)
    await compact()
    const file = inStore('data/15m/2024-03-08.parquet')
    await rm(file)
    await writeFile(file, 'damaged')
    await writePart(store.context, rows[3] as CandleRow)
    expect((await compact()).days).toMatchObject([{ rows: 4, skipped: null }])
    expect(await numbers()).toEqual([0, 1, null, null, 2])
  })
})

describe('a run', () => {
  it('C10: a dry run tells what would be done and changes nothing', async () => {
    await writeParts(store.context, candles(3, TS))
    const before = await fingerprints(store.root)
    const dry = await compact({ dryRun: true })
    expect(dry.days).toMatchObject([{ parts: 3, rows: 3, skipped: 'dry run' }])
    expect(await fingerprints(store.root)).toEqual(before)
    const [done] = (await compact()).days
    expect(done?.digest).toBe(dry.days[0]?.digest)
  })

  it('C10: progress names the step; cancelling stops at the next one and finished days stay finished', async () => {
    for (const day of [0, 1, 2]) await writeParts(store.context, candles(2, TS + day * DAY))
    const told: Progress[] = []
    const abort = new AbortController()
    const receipt = await compact(
      {},
      {
        signal: abort.signal,
        onProgress: (progress: Progress) => {
          told.push(progress)
          if (progress.step === '2m 2024-03-09: verify') abort.abort()
        },
      },
    )
    expect(receipt.days.map(({ skipped }) => skipped)).toEqual([null, 'cancelled', 'cancelled'])
    expect(told.slice(0, 5).map(({ step }) => step)).toEqual(
      ['read', 'write', 'verify', 'publish', 'move'].map((step) => `2m 2024-03-08: ${step}`),
    )
    expect(told[0]).toMatchObject({ done: 0, total: 3 })
    expect(await isThere(DAYFILE)).toBe(true)
    expect(await isThere('data/2m/2024-03-09.parquet')).toBe(false)
    expect(await readdir(store.context.staging)).toEqual([])
    expect((await compact()).days.map(({ rows }) => rows)).toEqual([2, 2])
  })

  it('a day that fails stops no other, and its error is in the receipt', async () => {
    for (const day of [0, 1]) await writeParts(store.context, candles(2, TS + day * DAY))
    await mkdir(inStore('.barkeep/recovery/data/2m'), { recursive: true })
    await writeFile(inStore('.barkeep/recovery/data/2m/2024-03-08'), 'in the way')
    const { days } = await compact()
    expect(days).toMatchObject([{ skipped: 'failed', error: { code: 'IO' } }, { skipped: null }])
    // It was published, and is finished by the next run.
    await rm(inStore('.barkeep/recovery/data/2m/2024-03-08'))
    expect((await compact()).days).toEqual([])
    expect(await names(FOLDER)).toEqual([])
    expect(await globbedBars(store.root)).toHaveLength(4)
  })

  it('private folders that somebody took away are made again', async () => {
    const rows = candles(4, TS)
    await writeParts(store.context, rows.slice(0, 2))
    await compact()
    await rm(inStore('.barkeep'), { recursive: true })
    await writeParts(store.context, rows.slice(2))
    expect((await compact()).days).toMatchObject([{ parts: 2, rows: 4, skipped: null }])
    expect(plainBars(await globbedBars(store.root))).toEqual(plainBars(rows))
  })

  it('a request picks a day, a timeframe, a table', async () => {
    const rows = [...candles(2, TS), ...candles(2, TS + DAY), ...candles(2, TS, { timeframe: '15m' })]
    await writeParts(store.context, rows)
    const planned = async (request: object): Promise<string[]> =>
      (await compact({ ...request, dryRun: true })).days.map(({ timeframe, day }) => `${timeframe} ${day}`)
    expect(await planned({})).toEqual(['2m 2024-03-08', '2m 2024-03-09', '15m 2024-03-08'])
    expect(await planned({ timeframe: '2M' })).toEqual(['2m 2024-03-08', '2m 2024-03-09'])
    expect(await planned({ day: '2024-03-08' })).toEqual(['2m 2024-03-08', '15m 2024-03-08'])
    expect(await planned({ table: 'object_events' })).toEqual([])
    expect(await planned({ day: '2024-03-30' })).toEqual([])
    await expect(compact({ timeframe: '7q' })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await expect(compact({ day: '2024-02-30' })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })

  it('W5: a part that comes while its day is compacted is merged with it, or waits; it is never lost', async () => {
    const rows = candles(6, TS)
    await writeParts(store.context, rows.slice(0, 3))
    const late = rows.slice(3)
    await compact(
      {},
      {
        onProgress: ({ step }: Progress) => {
          // Synchronously begun at each step of the day, as a bot's writes would come.
          const row = late.shift()
          if (row !== undefined) void appendCandles(store.context, [row])
          if (step === 'done') late.length = 0
        },
      },
    )
    await compact()
    expect(plainBars(await globbedBars(store.root))).toEqual(plainBars(rows))
    expect(await names(FOLDER)).toEqual([])
  })

  it('C7: staging of a process that is no more is swept at open, that of a living one is not', async () => {
    const dead = inStore('.barkeep/staging/999999999-0a1b2c3d')
    const ours = inStore(`.barkeep/staging/${process.pid}-0a1b2c3d`)
    for (const folder of [dead, ours]) {
      await mkdir(folder, { recursive: true })
      await writeFile(path.join(folder, 'x.tmp'), 'x')
    }
    expect((await finishInterrupted(store.context)).problems).toEqual([])
    expect((await names('.barkeep/staging')).filter((name) => name.endsWith('-0a1b2c3d'))).toEqual([
      path.basename(ours),
    ])
    // Of an earlier process with our number.
    await utimes(ours, 1, 1)
    await finishInterrupted(store.context)
    expect(await isThere(`.barkeep/staging/${path.basename(ours)}`)).toBe(false)
  })
})
