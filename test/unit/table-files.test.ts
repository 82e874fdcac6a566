import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StorePath } from '../../schemas/contract/units.ts'
import { CANDLES } from '../../schemas/tables/index.ts'
import type { StoreContext } from '../../src-main/store/context.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { readFiles, rowsOf } from '../../src-main/store/read/table-files.ts'

const TS = 1_709_908_200_000

let root: string
let context: StoreContext

/** A file as another program writes it: a plain DuckDB, no sandbox, its own column types. */
async function foreign(name: string, select: string): Promise<StorePath> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`COPY (${select}) TO '${path.join(root, name)}' (FORMAT parquet)`)
  connection.closeSync()
  instance.closeSync()
  return name as StorePath
}

beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'barkeep [files] '))
  context = await openContext(root)
})
afterAll(async () => {
  await closeContext(context)
  await rm(root, { recursive: true })
})

describe('readFiles', () => {
  it('R8: reads our part back exactly, beside a dayfile and a pandas-like file, each by its own casts', async () => {
    const own = { symbol: 'SPY', timeframe: '2m', ts: TS, ts_iso: '2024-03-08T14:30:00.000+00:00' }
    const prices = { open: 0.1 + 0.2, high: 2, low: 5e-324, close: 1.7976931348623157e308, volume: 0 }
    const part = await context.partWriter.write(path.join(root, 'data/2m/2024-03-08'), CANDLES, {
      ...own,
      ...prices,
    })
    const pandas = await foreign(
      'pandas.parquet',
      `SELECT 'SPY' AS symbol, '2M' AS timeframe, '2024-03-08T08:32:00.000-06:00' AS ts_iso, 1::FLOAT AS open, 2 AS high,
       '0.5' AS low, 1.25::DECIMAL(9,2) AS close, 7::BIGINT AS volume, NULL::INTEGER AS global_x, 'x' AS extra`,
    )
    const stamped = await foreign(
      'stamped.parquet',
      `SELECT 'SPY' AS symbol, '2m' AS timeframe, TIMESTAMP '2024-03-08 14:34:00' AS ts, 1.0 AS open, 2.0 AS high, 0.5 AS low,
       1.0 AS close, 7.0 AS volume`,
    )
    const files = [`data/2m/2024-03-08/${part}` as StorePath, pandas, stamped]
    const read = await readFiles(context, CANDLES, files)
    expect(read.problems).toEqual([])
    expect(read.files.map(({ file }) => file)).toEqual(files)
    const rows = read.files.flatMap((file) => rowsOf(CANDLES, file))
    expect(rows[0]).toEqual({ ...own, ...prices, global_x: null })
    expect(rows[1]).toMatchObject({
      ts: TS + 120_000,
      open: 1,
      high: 2,
      low: 0.5,
      close: 1.25,
      volume: 7,
      global_x: null,
    })
    expect(rows[2]).toMatchObject({ ts: TS + 240_000 })
  })

  it('R7: a zero-byte, a truncated, a text and a vanished file cost only themselves', async () => {
    const good: StorePath[] = []
    for (let index = 0; index < 9; index++) {
      good.push(
        await foreign(
          `good-${index}.parquet`,
          `SELECT 'SPY' AS symbol, '2m' AS timeframe, ${TS + index}::BIGINT AS ts, 1.0 AS open, 2.0 AS high, 0.5 AS low, 1.0 AS close,
           ${index}.0 AS volume`,
        ),
      )
    }
    await writeFile(path.join(root, 'empty.parquet'), '')
    await writeFile(path.join(root, 'text.parquet'), 'not parquet at all, but long enough to have a footer')
    const torn = await foreign('torn.parquet', `SELECT range AS ts FROM range(10000)`)
    await truncate(path.join(root, 'torn.parquet'), 5_000)
    const columns = await foreign('columns.parquet', `SELECT 1 AS a`)
    await mkdir(path.join(root, 'folder.parquet'), { recursive: true })
    const bad = ['empty.parquet', 'text.parquet', torn, columns, 'gone.parquet'] as StorePath[]
    const files = good.flatMap((file, index) => [file, ...(bad[index] === undefined ? [] : [bad[index]])])
    const read = await readFiles(context, CANDLES, files, { columns: ['symbol', 'ts', 'volume'] })
    expect(read.files.map(({ file }) => file)).toEqual(good)
    expect(read.files.map(({ columns: found }) => found.get('volume')?.[0])).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8,
    ])
    expect(read.vanished).toEqual(['gone.parquet'])
    // L7: no path of this machine in what a person reads.
    for (const { detail } of read.problems) expect(detail).not.toContain(root)
    const codes = new Map(read.problems.map(({ file, code }) => [file, code]))
    expect(codes).toEqual(
      new Map([
        ['empty.parquet', 'UNREADABLE'],
        ['text.parquet', 'UNREADABLE'],
        ['torn.parquet', 'UNREADABLE'],
        ['columns.parquet', 'BAD_COLUMNS'],
      ]),
    )
  })

  it('R9: nothing outside the folder can be read or written', async () => {
    const outside = path.join(os.tmpdir(), 'barkeep-outside.parquet')
    await expect(context.duck.rows(`SELECT * FROM read_parquet('${outside}')`)).rejects.toThrow()
    await expect(context.duck.rows(`COPY (SELECT 1) TO '${outside}' (FORMAT parquet)`)).rejects.toThrow()
    await expect(context.duck.rows(`SELECT * FROM read_text('/etc/hostname')`)).rejects.toThrow()
    await expect(context.duck.rows('SET enable_external_access=true')).rejects.toThrow()
  })
})
