import path from 'node:path'
import type { DuckDBResult } from '@duckdb/node-api'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import { parseInstant } from '../../../schemas/contract/market-time.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { Column, TableSchema } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import { identifier } from './duckdb.ts'
import { eachAloneOnFailure, fileList, probe } from './file-types.ts'
import { expressionFor, type FileTypes, missingColumns, timeSource } from './projection.ts'

/** Numbers with NaN for null (no stored number is NaN), or text (JSON as its text) with null. */
export type ColumnValues = Float64Array | readonly (string | null)[]

/** One file's rows, in the file's order, by column. */
export interface FileColumns {
  readonly file: StorePath
  readonly rows: number
  readonly columns: ReadonlyMap<string, ColumnValues>
}

export interface FilesRead {
  /** In the order asked for; files that could not be read are left out. */
  readonly files: readonly FileColumns[]
  readonly problems: readonly Problem[]
  /** Gone between listing and reading (compacted, moved): look again in a fresh listing. */
  readonly vanished: readonly StorePath[]
}

export interface ReadOptions {
  /** Only these columns; all of the table's unless given. */
  readonly columns?: readonly string[] | undefined
  /** Files that are known to have the table's own columns, so they aren't asked for them; with their rows, where known. */
  readonly own?: ReadonlyMap<StorePath, FileColumns | null> | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads Parquet files of a table, whoever wrote them: each group of files with the same columns by its own casts, as few
 * queries as there are groups (SPEC R8). A file that can't be read costs only itself.
 * @throws CANCELLED
 */
export async function readFiles(
  context: StoreContext,
  table: TableSchema,
  files: readonly StorePath[],
  options: ReadOptions = {},
): Promise<FilesRead> {
  const wanted = table.columns.filter(({ name }) => options.columns?.includes(name) ?? true)
  const read = new Map<StorePath, FileColumns>()
  const problems: Problem[] = []
  const vanished: StorePath[] = []

  const failed = async (file: StorePath, error: unknown): Promise<void> => {
    if (error instanceof BarkeepError && error.code === 'CANCELLED') throw error
    if ((await context.env.stat(at(context, file))) === null) vanished.push(file)
    else problems.push({ file, code: 'UNREADABLE', detail: firstLine(context, error) })
  }

  const readGroup = async (
    group: readonly StorePath[],
    types: FileTypes,
    onFailure: (file: StorePath, error: unknown) => Promise<void>,
  ): Promise<void> => {
    const one = (batch: readonly StorePath[]): Promise<readonly FileColumns[]> =>
      queryGroup(context, batch, wanted, types, options.signal)
    for (const found of await eachAloneOnFailure(group, one, onFailure)) read.set(found.file, found)
  }

  const { own } = options
  const toProbe: StorePath[] = []
  const ours: StorePath[] = []
  for (const file of files) {
    const rows = own?.get(file)
    if (rows === undefined) toProbe.push(file)
    else if (rows === null) ours.push(file)
    else read.set(file, rows)
  }
  // One that is not what it was taken for is read as any other.
  await readGroup(ours, new Map(table.columns.map(({ name, type }) => [name, type])), async (file, error) => {
    if (error instanceof BarkeepError && error.code === 'CANCELLED') throw error
    toProbe.push(file)
  })
  const types = toProbe.length === 0 ? NO_TYPES : await probe(context, toProbe, failed, options.signal)
  const groups = new Map<string, StorePath[]>()
  for (const [file, columns] of types) {
    const missing = missingColumns(table, columns)
    if (missing.length > 0) {
      problems.push({ file, code: 'BAD_COLUMNS', detail: `has no column ${missing.join(', ')}` })
      continue
    }
    const signature = JSON.stringify([...columns])
    const group = groups.get(signature)
    if (group === undefined) groups.set(signature, [file])
    else group.push(file)
  }
  for (const group of groups.values())
    await readGroup(group, types.get(group[0] as StorePath) as FileTypes, failed)
  return { files: files.flatMap((file) => read.get(file) ?? []), problems, vanished }
}

const NO_TYPES: ReadonlyMap<StorePath, FileTypes> = new Map()

async function queryGroup(
  context: StoreContext,
  files: readonly StorePath[],
  wanted: readonly Column[],
  types: FileTypes,
  signal: AbortSignal | undefined,
): Promise<readonly FileColumns[]> {
  const source = timeSource(types)
  const timeText = source?.isText === true && wanted.some(({ name }) => name === 'ts') ? source.column : null
  const columns = wanted.map((column) => `${expressionFor(column, types)} AS ${identifier(column.name)}`)
  if (timeText !== null) columns.push(`${identifier(timeText)} AS __time_text`)
  if (files.length > 1) columns.push('file_index')
  const sql = `SELECT ${columns.join(', ')}
    FROM read_parquet([${fileList(context, files)}], hive_partitioning=false, union_by_name=false)`
  return context.duck.query(
    sql,
    (result) => collect(context, result, files, wanted, timeText !== null),
    signal,
  )
}

/** Splits the one stream of rows at the changes of file_index; insertion order keeps files and rows in theirs. */
async function collect(
  context: StoreContext,
  result: DuckDBResult,
  files: readonly StorePath[],
  wanted: readonly Column[],
  hasTimeText: boolean,
): Promise<readonly FileColumns[]> {
  const chunks = await result.fetchAllChunks()
  const total = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0)
  const counts = new Array<number>(files.length).fill(0)
  const isNumber = wanted.map(({ type }) => type === 'BIGINT' || type === 'DOUBLE')
  const columns = wanted.map((_, index) =>
    isNumber[index] ? new Float64Array(total) : new Array<string | null>(total),
  )
  const isInteger = wanted.map(({ type }) => type === 'BIGINT')
  const tsIndex = wanted.findIndex(({ name }) => name === 'ts')
  let start = 0
  for (const chunk of chunks) {
    // A getter that asks DuckDB: once a chunk, not once a value.
    const { rowCount } = chunk
    if (files.length > 1) {
      const fileIndex = chunk.getColumnVector(wanted.length + (hasTimeText ? 1 : 0))
      for (let row = 0; row < rowCount; row++) {
        const index = Number(fileIndex.getItem(row))
        counts[index] = (counts[index] ?? 0) + 1
      }
    }
    for (const [index, target] of columns.entries()) {
      const vector = chunk.getColumnVector(index)
      if (target instanceof Float64Array) {
        const whole = isInteger[index]
        for (let row = 0; row < rowCount; row++) {
          const value = vector.getItem(row) as number | null
          const usable = value !== null && Number.isFinite(value) && (!whole || Number.isSafeInteger(value))
          target[start + row] = usable ? value : Number.NaN
        }
      } else {
        for (let row = 0; row < rowCount; row++) target[start + row] = vector.getItem(row) as string | null
      }
    }
    const times = columns[tsIndex]
    if (hasTimeText && times instanceof Float64Array) {
      const text = chunk.getColumnVector(wanted.length)
      for (let row = 0; row < rowCount; row++) {
        times[start + row] = instantOfText(context, text.getItem(row) as string | null)
      }
    }
    start += rowCount
  }
  if (files.length === 1) counts[0] = total
  let offset = 0
  return files.map((file, index) => {
    const from = offset
    offset += counts[index] ?? 0
    const to = offset
    const sliced = wanted.map(({ name }, column) => [name, (columns[column] ?? []).slice(from, to)] as const)
    return { file, rows: to - from, columns: new Map<string, ColumnValues>(sliced) }
  })
}

function instantOfText(context: StoreContext, text: string | null): number {
  if (text === null) return Number.NaN
  try {
    return parseInstant(text, context.zone)
  } catch {
    // Unparseable is unusable: the row check names the row.
    return Number.NaN
  }
}

/** Rows as objects in column order, NaN back to null and JSON parsed: for the small sets of compaction and events. */
export function rowsOf(table: TableSchema, read: FileColumns): Record<string, unknown>[] {
  const rows: Record<string, unknown>[] = Array.from({ length: read.rows }, () => ({}))
  for (const { name, type } of table.columns) {
    const values = read.columns.get(name)
    if (values === undefined) continue
    for (const [index, row] of rows.entries()) {
      const value = values[index]
      if (typeof value === 'number') row[name] = Number.isNaN(value) ? null : value
      else row[name] = type !== 'VARCHAR' && typeof value === 'string' ? parsedJson(value) : (value ?? null)
    }
  }
  return rows
}

/** Text that is no JSON stays text, for the row check to name. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** Key-value metadata of files; a file that can't be read, or has none, is left out. */
export async function readMetadata(
  context: StoreContext,
  files: readonly StorePath[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<StorePath, ReadonlyMap<string, string>>> {
  const byPath = new Map(files.map((file) => [at(context, file), file]))
  const found = new Map<StorePath, Map<string, string>>()
  const rows = await eachAloneOnFailure(
    files,
    (batch) =>
      context.duck.rows(
        `SELECT file_name, decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata([${fileList(context, batch)}])`,
        [],
        signal,
      ),
    // Unreadable files are named where their rows are read; here they just have no metadata.
    async () => {},
  )
  for (const row of rows) {
    const file = byPath.get(String(row.file_name))
    if (file === undefined) continue
    const entries = found.get(file) ?? new Map<string, string>()
    entries.set(String(row.key), String(row.value))
    found.set(file, entries)
  }
  return found
}

/** What DuckDB says of a file, without the folder of the store before its name (SPEC L7). */
function firstLine(context: StoreContext, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return (text.split('\n')[0] ?? text).replaceAll(path.join(context.root, path.sep), '').slice(0, 300)
}
