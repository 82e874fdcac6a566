import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { formatUtcIso, utcDayOf } from '../../schemas/contract/market-time.ts'
import { parseTimeframe } from '../../schemas/contract/timeframe.ts'
import type { PartName, StorePath } from '../../schemas/contract/units.ts'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { CANDLES } from '../../schemas/tables/index.ts'
import type { OpenOptions, Store } from '../../src-main/store/api.ts'
import { at, type StoreContext } from '../../src-main/store/context.ts'
import { openStore } from '../../src-main/store/index.ts'
import { dayfilePath, partFolder, within } from '../../src-main/store/layout/file-names.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'

/** An opened store in a folder of its own, whose name has what paths may have: a space, a quote, brackets. */
export interface TemporaryStore {
  readonly root: string
  readonly context: StoreContext
  /** Closes it and takes the folder away. */
  close(): Promise<void>
}

export async function temporaryFolder(name = 'store'): Promise<string> {
  return mkdtemp(path.join(os.tmpdir(), `barkeep it's [${name}] `))
}

/** Linux keeps this one in memory, where a sync costs nothing. */
const MEMORY = '/dev/shm'
/** Bytes: containers often have 64 MB of it, which is plenty. */
const MEMORY_NEEDED = 40 * 2 ** 20

/**
 * The same in memory where the system has such a folder: for thousands of attempts whose faults are made by the tests
 * themselves, so that what the disk under them does tells nothing.
 */
export async function memoryFolder(name: string): Promise<string> {
  const inMemory = await statfs(MEMORY).catch(() => null)
  const room = inMemory === null ? 0 : inMemory.bavail * inMemory.bsize
  if (room < MEMORY_NEEDED) return temporaryFolder(name)
  return mkdtemp(path.join(MEMORY, `barkeep it's [${name}] `))
}

export async function temporaryStore(options: OpenOptions = {}): Promise<TemporaryStore> {
  const root = await temporaryFolder()
  const context = await openContext(root, options)
  return {
    root,
    context,
    async close() {
      await closeContext(context)
      await rm(root, { recursive: true, force: true })
    },
  }
}

/** A whole store, opened as the app opens it, in a folder of its own. */
export interface OpenedStore extends Store {
  /** Closes it and takes the folder away. */
  remove(): Promise<void>
}

export async function openedStore(options: OpenOptions = {}): Promise<OpenedStore> {
  const root = await temporaryFolder()
  const store = await openStore(root, options)
  return {
    ...store,
    async remove() {
      await store.close()
      await rm(root, { recursive: true, force: true })
    },
  }
}

/** A sound bar; what isn't given is plain. */
export function candle(given: Partial<CandleRow> & { readonly ts: number }): CandleRow {
  const { ts } = given
  return {
    symbol: 'SPY',
    timeframe: '2m',
    ts_iso: formatUtcIso(ts),
    open: 10,
    high: 12,
    low: 9,
    close: 11,
    volume: 100,
    global_x: null,
    ...given,
  }
}

/** `count` bars from an instant on, prices telling their place in the row. */
export function candles(
  count: number,
  first: number,
  given: Partial<CandleRow> & { readonly step?: number } = {},
): CandleRow[] {
  const { step = 120_000, ...rest } = given
  return Array.from({ length: count }, (_, index) => {
    const base = 100 + (index % 50) / 4
    const prices = { open: base, high: base + 1, low: base - 1, close: base + 0.5, volume: index }
    return candle({ ts: first + index * step, ...prices, ...rest })
  })
}

/** An object event as a bot hands it in: by default the creation of a zone. */
export function zoneEvent(given: Readonly<Record<string, unknown>>): object {
  return {
    action: 'create',
    object_id: 'z1',
    type: 'zone',
    symbol: 'SPY',
    timeframe: '15m',
    top: 12,
    bottom: 10,
    ...given,
  }
}

/** Where a bar's files stand. */
function placeOf({ timeframe, ts }: CandleRow): { folder: StorePath; dayfile: StorePath } {
  const series = { table: 'candles', timeframe: parseTimeframe(timeframe) } as const
  const day = utcDayOf(ts)
  return { folder: partFolder(series, day), dayfile: dayfilePath(series, day) }
}

/** Writes a bar as a part, by the engine's own part writer. @returns the part's path in the store */
export async function writePart(context: StoreContext, row: CandleRow): Promise<StorePath> {
  const { folder } = placeOf(row)
  const name: PartName = await context.partWriter.write(at(context, folder), CANDLES, { ...row })
  return within(folder, name)
}

/** Writes bars as parts, one after another. */
export async function writeParts(context: StoreContext, rows: readonly CandleRow[]): Promise<StorePath[]> {
  const files: StorePath[] = []
  for (const row of rows) files.push(await writePart(context, row))
  return files
}

/** Runs SQL in a plain DuckDB, as another program would: no sandbox, its own types. */
export async function plainSql(...statements: readonly string[]): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    for (const statement of statements) await connection.run(statement)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** A Parquet file as another program writes it, at a path of the store. */
export async function foreignFile(root: string, file: string, select: string): Promise<StorePath> {
  const target = path.join(root, file)
  await mkdir(path.dirname(target), { recursive: true })
  await plainSql(`COPY (${select}) TO '${target.replaceAll("'", "''")}' (FORMAT parquet)`)
  return file as StorePath
}

function valuesOf(rows: readonly CandleRow[]): string {
  const number = (value: number): string =>
    Number.isFinite(value) ? `${value}::DOUBLE` : `'${value}'::DOUBLE`
  return rows
    .map(
      ({ symbol, timeframe, ts, ts_iso, open, high, low, close, volume, global_x }) =>
        `('${symbol}', '${timeframe}', ${ts}::BIGINT, '${ts_iso}', ${[open, high, low, close, volume].map(number).join(', ')}, ${global_x ?? 'NULL'}::BIGINT)`,
    )
    .join(', ')
}

/** A statement for `plainSql` that writes bars to a file; absolute. */
export function sqlOfBars(target: string, rows: readonly CandleRow[]): string {
  const columns = CANDLES.columns.map(({ name }) => name).join(', ')
  return `COPY (SELECT * FROM (VALUES ${valuesOf(rows)}) AS bars(${columns})) TO '${target.replaceAll("'", "''")}' (FORMAT parquet)`
}

/** How another program may write the rows of a file; each a SELECT over the table's columns. */
export const PANDAS_FORMS = {
  /** The table's own types. */
  plain: 'SELECT *',
  /** No `ts`; local offsets in `ts_iso`; upper case; an all-null column typed INT32; a column of its own. */
  local: `SELECT symbol, upper(timeframe) AS timeframe,
    strftime(make_timestamp((ts - 21600000) * 1000), '%Y-%m-%dT%H:%M:%S') || '-06:00' AS ts_iso,
    open, high, low, close, volume, NULL::INTEGER AS global_x, 'bot-7' AS source`,
  /** Pandas' own timestamps, and `global_x` as the double that a null makes of it. */
  stamped: `SELECT symbol, timeframe, make_timestamp(ts * 1000) AS ts, ts_iso, open, high, low, close,
    volume, global_x::DOUBLE AS global_x`,
  /** Whole volumes, no timeframe, columns in another order. */
  reordered: 'SELECT volume::BIGINT AS volume, close, low, high, open, ts, symbol',
} as const

export type PandasForm = keyof typeof PANDAS_FORMS

/** Bars in one file of another program, at any path of the store. */
export async function foreignBars(
  root: string,
  file: string,
  rows: readonly CandleRow[],
  form: PandasForm = 'plain',
): Promise<StorePath> {
  const columns = CANDLES.columns.map(({ name }) => name).join(', ')
  return foreignFile(root, file, `${PANDAS_FORMS[form]} FROM (VALUES ${valuesOf(rows)}) AS bars(${columns})`)
}

/** A dayfile of another program for the day of the bars. */
export async function foreignDayfile(
  root: string,
  rows: readonly CandleRow[],
  form: PandasForm = 'plain',
): Promise<StorePath> {
  const [first] = rows
  if (first === undefined) throw new Error('a dayfile needs a bar')
  return foreignBars(root, placeOf(first).dayfile, rows, form)
}
