import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { finishInterrupted } from '../../src-main/store/compact/interrupted.ts'
import { purgeRecovery } from '../../src-main/store/compact/retention.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { checksumPath } from '../../src-main/store/layout/checksums.ts'
import { sha256 } from '../../src-main/store/layout/digest.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { readMetadata } from '../../src-main/store/read/table-files.ts'
import {
  allFiles,
  compactCandles,
  fingerprints,
  globbedBars,
  plainBars,
  sha256sumCheck,
} from '../support/compaction.ts'
import { compactionBench, DAY, DAYFILE, FOLDER, TS } from '../support/compaction-bench.ts'
import {
  candle,
  candles,
  foreignBars,
  foreignFile,
  temporaryStore,
  writePart,
  writeParts,
} from '../support/store-fixture.ts'

const bench = compactionBench()
const { compact, inStore, names } = bench

describe('compaction of a day', () => {
  it('C1, C2, C9: parts become one dayfile in the table’s order, each bar once, and go to recovery', async () => {
    const rows = [
      ...candles(5, TS),
      ...candles(5, TS, { symbol: 'QQQ' }),
      ...candles(5, TS, { symbol: 'AA.B' }),
    ]
    const parts = await writeParts(bench.store.context, [...rows].reverse())
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
    const globbed = await globbedBars(bench.store.root)
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
    await writeParts(bench.store.context, [bar, { ...bar, close: 100.25 }])
    expect((await compact()).days).toMatchObject([{ parts: 2, rows: 1, conflicts: 1 }])
    const loser = await writePart(bench.store.context, { ...bar, close: 100.75 })
    const same = await writePart(bench.store.context, { ...bar, close: 100.25 })
    const before = await fingerprints(inStore('data'))
    expect((await compact()).days).toMatchObject([{ parts: 2, rows: 1, conflicts: 1, skipped: null }])
    expect((await globbedBars(bench.store.root)).map(({ close }) => close)).toEqual([100.25])
    expect((await fingerprints(inStore('data')))['2m/2024-03-08.parquet']).toBe(
      before['2m/2024-03-08.parquet'],
    )
    expect(await names(`.barkeep/quarantine/${FOLDER}`)).toEqual([path.basename(loser)])
    expect(await names(`.barkeep/recovery/${FOLDER}`)).toContain(path.basename(same))
  })

  it('C3: a second run changes no file, inode and all', async () => {
    await writeParts(bench.store.context, [
      ...candles(5, TS),
      ...candles(5, TS, { timeframe: '15m', step: 900_000 }),
    ])
    await compact()
    const before = await fingerprints(bench.store.root)
    expect((await compact()).days).toEqual([])
    expect((await compact({ day: '2024-03-08' })).days).toMatchObject([
      { timeframe: '2m', parts: 0, rows: 5, skipped: 'nothing to do' },
      { timeframe: '15m', parts: 0, rows: 5, skipped: 'nothing to do' },
    ])
    expect(await fingerprints(bench.store.root)).toEqual(before)
  })

  it('C1: parts that come late merge, and the file says the same as if all had come at once', async () => {
    const rows = candles(9, TS)
    await writeParts(bench.store.context, rows.slice(3))
    await compact()
    await writeParts(bench.store.context, rows.slice(0, 3))
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
    const parts = await writeParts(bench.store.context, rows)
    const hashes = await Promise.all(parts.map(async (part) => sha256(await readFile(inStore(part)))))
    const [day] = (await compact()).days
    const metadata = (await readMetadata(bench.store.context, [DAYFILE])).get(DAYFILE)
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
    expect(await sha256sumCheck(bench.store.root, [checksumPath(DAYFILE)])).toBe(`${DAYFILE}: OK\n`)
  })

  it('C4: a difference between what was written and what reads back publishes nothing', async () => {
    await writeParts(bench.store.context, candles(3, TS))
    const context = await openContext(bench.store.root, {
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
    await writeParts(bench.store.context, rows.slice(0, 2))
    await writeFile(inStore(FOLDER, 'empty.parquet'), '')
    await foreignFile(bench.store.root, `${FOLDER}/columns.parquet`, 'SELECT 1 AS x')
    await foreignBars(bench.store.root, `${FOLDER}/nan.parquet`, [
      rows[2] as CandleRow,
      candle({ ts: TS + 600_000, open: Number.NaN }),
    ])
    await foreignBars(bench.store.root, `${FOLDER}/other-day.parquet`, [
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
    const part = await writePart(bench.store.context, bar)
    await writePart(bench.store.context, next)
    await foreignBars(bench.store.root, `${FOLDER}/zz.parquet`, [
      { ...bar, close: 100.25 },
      candle({ ts: TS + 600_000, open: Number.NaN }),
    ])
    expect((await compact()).days).toMatchObject([{ parts: 1, rows: 1 }])
    expect(await names(FOLDER)).toEqual([path.basename(part), 'zz.parquet'])
  })

  it('R8: foreign parts of every form merge with their values, a row that only breaks V4 included', async () => {
    const rows = candles(8, TS).map((row, index) => (index === 7 ? { ...row, high: 1, low: 2 } : row))
    for (const [index, form] of (['plain', 'local', 'stamped', 'reordered'] as const).entries()) {
      await foreignBars(
        bench.store.root,
        `${FOLDER}/${form}.parquet`,
        rows.slice(index * 2, index * 2 + 2),
        form,
      )
    }
    expect((await compact()).days).toMatchObject([{ parts: 4, rows: 8, skipped: null }])
    expect(plainBars(await globbedBars(bench.store.root))).toEqual(plainBars(rows))
  })

  it('C9: with a retention of 0 days parts are gone at once; keepParts leaves them until the next run', async () => {
    const brief = await openContext(bench.store.root, { recoveryDays: 0 })
    await writeParts(bench.store.context, candles(3, TS))
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
      await writeParts(bench.store.context, candles(2, TS + day * DAY))
    }
    await compact()
    expect(await purgeRecovery(bench.store.context)).toBe(0)
    const damaged = inStore('data/2m/2024-03-09.parquet')
    const bytes = await readFile(damaged)
    bytes[100] = (bytes[100] ?? 0) ^ 1
    await rm(damaged)
    await writeFile(damaged, bytes)
    const later = await openContext(bench.store.root, {
      env: { ...nodeEnv, now: () => Date.now() + 8 * DAY },
    })
    expect(await finishInterrupted(later)).toMatchObject({ purged: 2, problems: [] })
    expect(await names('.barkeep/recovery/data/2m')).toEqual(['2024-03-09'])
    await closeContext(later)
  })

  it('C9: a part under a name that recovery already has takes nothing’s place', async () => {
    const rows = candles(2, TS)
    await foreignBars(bench.store.root, `${FOLDER}/bars.parquet`, rows.slice(0, 1))
    await compact()
    await foreignBars(bench.store.root, `${FOLDER}/bars.parquet`, rows.slice(1))
    await compact()
    expect(await names(`.barkeep/recovery/${FOLDER}`)).toHaveLength(2)
    expect(plainBars(await globbedBars(bench.store.root))).toEqual(plainBars(rows))
  })
})
