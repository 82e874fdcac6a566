import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CompactReceipt } from '../../schemas/contract/jobs.ts'
import type { StorePath } from '../../schemas/contract/units.ts'
import type { CompactRequest } from '../../schemas/generated/requests.ts'
import { DAILY_TABLES, type DailyTable, LEDGER } from '../../schemas/tables/index.ts'
import { checksumPath } from '../../src-main/store/layout/checksums.ts'
import { dayfilePath, type LedgerSeries, monthfilePath } from '../../src-main/store/layout/file-names.ts'
import { readLedgerRows } from '../../src-main/store/ledger/read-rows.ts'
import { allFiles, brokenChecksums, compactCandles, fingerprints, plainRows } from '../support/compaction.ts'
import { ledgerDay, plainSeries, rowOf, symbolSeries } from '../support/ledger-store.ts'
import { type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

const MONTH = '2024-03'

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

function compact(request: CompactRequest): Promise<CompactReceipt> {
  return compactCandles(store.context, request)
}

async function publicFiles(): Promise<string[]> {
  const files = (await allFiles(store.root)).map((file) => path.relative(store.root, file))
  return files.filter((file) => !file.startsWith('.barkeep/'))
}

async function rowsIn(table: DailyTable, files: readonly string[]): Promise<unknown[]> {
  const read = await readLedgerRows(store.context, LEDGER[table], files as StorePath[])
  expect(read.problems).toEqual([])
  return read.files.flatMap(({ rows }) => rows.map(({ row }) => row))
}

/** As any reader of plain Parquet sees them. */
async function globbed(table: DailyTable): Promise<number> {
  const glob = path.join(store.root, table, '**/*.parquet').replaceAll('[', '[[]').replaceAll("'", "''")
  const [row] = await plainRows(`SELECT count(*) AS n FROM read_parquet('${glob}')`)
  return Number(row?.n)
}

function series(table: DailyTable, form: 'plain' | 'hive'): LedgerSeries {
  return form === 'plain' ? plainSeries(table) : symbolSeries('SPY')
}

const FORMS = [...DAILY_TABLES.map((table) => [table, 'plain'] as const), ['decisions', 'hive'] as const]

describe.each(FORMS)('a month of %s, %s', (table, form) => {
  const of = series(table, form)

  it('E20, C19: its day files become one file with the same rows, and leave tombstones', async () => {
    const rows = ['2024-03-04', '2024-03-05', '2024-03-31'].map((day, index) => [
      rowOf(table, `a${index}`, `${day}T14:30`),
      rowOf(table, `b${index}`, `${day}T09:30`),
    ])
    const days: string[] = []
    for (const [index, day] of ['2024-03-04', '2024-03-05', '2024-03-31'].entries())
      days.push(await ledgerDay(store.context, of, day, rows[index] ?? []))
    await ledgerDay(store.context, of, '2024-04-01', [rowOf(table, 'c', '2024-04-01')])

    const { days: receipt } = await compact({ month: MONTH, table })
    const file = monthfilePath(MONTH as never, of)
    expect(receipt).toEqual([
      {
        table,
        timeframe: null,
        day: MONTH,
        parts: 0,
        dayfiles: 3,
        rows: 6,
        conflicts: 0,
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        file,
        skipped: null,
      },
    ])
    expect(await publicFiles()).toEqual([dayfilePath(of, '2024-04-01' as never), file].sort())
    const held = await rowsIn(table, [file])
    expect(held).toHaveLength(6)
    for (const row of rows.flat()) expect(held).toContainEqual(row)
    expect(await globbed(table)).toBe(7)
    for (const day of days) {
      const stone = JSON.parse(
        await readFile(path.join(store.root, `.barkeep/tombstones/${day}.json`), 'utf8'),
      )
      expect(stone).toMatchObject({
        file: day,
        rows: 2,
        replacedBy: file,
        movedTo: `.barkeep/recovery/${day}`,
      })
      await expect(readFile(path.join(store.root, checksumPath(day as StorePath)))).rejects.toThrow('ENOENT')
    }
    expect(await brokenChecksums(store.root)).toEqual([])
  })

  it('C3: a second run changes no file, inode and all', async () => {
    await ledgerDay(store.context, of, '2024-03-04', [rowOf(table, 'a', '2024-03-04')])
    await compact({ month: MONTH, table })
    const before = await fingerprints(store.root)
    const { days } = await compact({ month: MONTH })
    expect(days).toMatchObject([{ table, day: MONTH, rows: 1, dayfiles: 0, skipped: 'nothing to do' }])
    expect((await compact({})).days).toEqual([])
    expect(await fingerprints(store.root)).toEqual(before)
  })

  it('C6, E20: at once or with late days, the same rows give the same bytes', async () => {
    const days = ['2024-03-04', '2024-03-05', '2024-03-06']
    const write = (day: string) =>
      ledgerDay(store.context, of, day, [
        rowOf(table, `b${day}`, `${day}T10:00`),
        rowOf(table, `a${day}`, day),
      ])
    const file = path.join(store.root, monthfilePath(MONTH as never, of))
    for (const day of days) await write(day)
    await compact({ month: MONTH })
    const atOnce = await readFile(file)
    await rm(path.join(store.root, table), { recursive: true })
    await rm(path.join(store.root, '.barkeep/checksums', table), { recursive: true })
    for (const day of [...days].reverse()) {
      await write(day)
      await compact({ month: MONTH })
    }
    expect(await readFile(file)).toEqual(atOnce)
  })

  it('E20: a day file that comes later merges into the month file, by day, month or all', async () => {
    for (const [index, request] of [{ day: '2024-03-06' }, { month: MONTH }, {}].entries()) {
      await ledgerDay(store.context, of, '2024-03-04', [rowOf(table, `a${index}`, '2024-03-04')])
      await compact({ month: MONTH })
      const late = rowOf(table, `late${index}`, '2024-03-06')
      await ledgerDay(store.context, of, '2024-03-06', [late])
      const { days } = await compact(request)
      expect(days).toMatchObject([{ day: MONTH, dayfiles: 1, rows: 2 * index + 2, skipped: null }])
      const file = monthfilePath(MONTH as never, of)
      expect(await publicFiles()).toEqual([file])
      expect(await rowsIn(table, [file])).toContainEqual(late)
      expect(await brokenChecksums(store.root)).toEqual([])
    }
  })
})
