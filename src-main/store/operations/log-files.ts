import type { StorePath, UtcMonth } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { OperationRow } from '../../../schemas/generated/rows.ts'
import { OPERATIONS } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { sameFile } from '../layout/checksums.ts'
import { sha256 } from '../layout/digest.ts'
import { OPERATIONS_LOG, within } from '../layout/file-names.ts'
import {
  monthOfOperations,
  operationsFolder,
  type RollLevel,
  rollLevelOf,
} from '../layout/operation-names.ts'
import { partBytes, recordedParts } from '../layout/part-checksums.ts'
import { identifier, literal } from '../read/duckdb.ts'
import { eachAloneOnFailure, fileList } from '../read/file-types.ts'
import { readFiles, rowsOf } from '../read/table-files.ts'

/** A file of the log. */
export interface LogFile {
  readonly month: UtcMonth
  readonly name: string
  readonly file: StorePath
  readonly level: 0 | RollLevel
}

/** What is asked of an operation before all of it is read. */
export interface IndexedOperation {
  readonly operation_id: string
  readonly ts: number
  readonly kind: string
  readonly session: string | null
  readonly file: StorePath
}

/** A file as it was read: its operations, or why there are none. */
interface Indexed {
  readonly stat: FileStat
  readonly operations: readonly IndexedOperation[]
  readonly problem: Problem | null
}

const indexes = new WeakMap<StoreContext, Map<StorePath, Indexed>>()

/** The log's files, by month and name, ascending. */
export async function logFiles(context: StoreContext): Promise<readonly LogFile[]> {
  const files: LogFile[] = []
  for (const { name, isDirectory } of await context.env.readDir(at(context, OPERATIONS_LOG))) {
    const month = isDirectory ? monthOfOperations(name) : null
    if (month !== null) files.push(...(await logFilesOf(context, month)))
  }
  return files.sort((a, b) => (a.file < b.file ? -1 : 1))
}

export async function logFilesOf(context: StoreContext, month: UtcMonth): Promise<readonly LogFile[]> {
  const folder = operationsFolder(month)
  const entries = await context.env.readDir(at(context, folder))
  return entries.flatMap(({ name, isDirectory }) => {
    const level = isDirectory ? null : rollLevelOf(name)
    return level === null ? [] : { month, name, file: within(folder, name), level }
  })
}

/**
 * The operations in files of the log, each file read once and compared with its SHA-256 first. A file that is gone is
 * in `vanished`: list again.
 */
export async function indexOf(
  context: StoreContext,
  files: readonly LogFile[],
): Promise<{
  readonly operations: readonly IndexedOperation[]
  readonly problems: readonly Problem[]
  readonly vanished: boolean
}> {
  const known = indexes.get(context) ?? new Map<StorePath, Indexed>()
  indexes.set(context, known)
  const fresh = new Map<StorePath, FileStat>()
  const operations: IndexedOperation[] = []
  const problems: Problem[] = []
  let vanished = false
  for (const { file } of files) {
    const stat = await context.env.stat(at(context, file))
    if (stat === null) vanished = true
    else if (!sameStat(known.get(file)?.stat, stat)) fresh.set(file, stat)
  }
  const damaged = await damageOf(
    context,
    files.filter(({ file }) => fresh.has(file)),
  )
  const toRead = [...fresh.keys()].filter((file) => !damaged.has(file))
  const read = await readFiles(context, OPERATIONS, toRead, {
    columns: ['operation_id', 'ts', 'kind', 'session'],
  })
  vanished ||= read.vanished.length > 0
  for (const found of read.files) {
    const stat = fresh.get(found.file)
    if (stat === undefined) continue
    const rows = rowsOf(OPERATIONS, found) as unknown as Omit<IndexedOperation, 'file'>[]
    known.set(found.file, {
      stat,
      operations: rows.map((row) => ({ ...row, file: found.file })),
      problem: null,
    })
  }
  for (const problem of [...damaged.values(), ...read.problems]) {
    const stat = fresh.get(problem.file as StorePath)
    if (stat !== undefined) known.set(problem.file as StorePath, { stat, operations: [], problem })
  }
  const wanted = new Set(files.map(({ file }) => file))
  for (const [file, { operations: of, problem }] of known) {
    if (!wanted.has(file)) continue
    operations.push(...of)
    if (problem !== null) problems.push(problem)
  }
  return { operations, problems, vanished }
}

/** Forgets files that were rolled into another. */
export function forgetFiles(context: StoreContext, files: readonly LogFile[]): void {
  for (const { file } of files) indexes.get(context)?.delete(file)
}

/** Files that differ from what was recorded of them. One without a line, after a power cut, is read as it is. */
export async function damageOf(
  context: StoreContext,
  files: readonly LogFile[],
): Promise<ReadonlyMap<StorePath, Problem>> {
  const damaged = new Map<StorePath, Problem>()
  const lines = new Map<UtcMonth, ReadonlyMap<string, string>>()
  for (const { month, name, file } of files) {
    const recorded = lines.get(month) ?? (await recordedParts(context, operationsFolder(month)))
    lines.set(month, recorded)
    const expected = recorded.get(name)
    if (expected === undefined) continue
    const bytes = await partBytes(context, file)
    if (bytes === null || sha256(bytes) === expected) continue
    const detail = 'its SHA-256 is not the one on record; its operations are not told'
    damaged.set(file, { file, code: 'BAD_CHECKSUM', detail })
  }
  return damaged
}

/** All that is known of some operations; of one whose file vanished meanwhile nothing. */
export async function rowsOfOperations(
  context: StoreContext,
  operations: readonly IndexedOperation[],
): Promise<ReadonlyMap<string, OperationRow>> {
  const files = [...new Set(operations.map(({ file }) => file))]
  const ids = operations.map(({ operation_id }) => literal(operation_id))
  const found = new Map<string, OperationRow>()
  const columns = OPERATIONS.columns.map(({ name }) => identifier(name)).join(', ')
  // One at a time where one of them is gone.
  const rows = await eachAloneOnFailure(
    files,
    (batch) =>
      context.duck.rows(
        `SELECT ${columns} FROM read_parquet([${fileList(context, batch)}]) WHERE operation_id IN (${ids.join(', ')})`,
      ),
    async (file, error) => {
      if ((await context.env.stat(at(context, file))) !== null) throw error
    },
  )
  for (const row of rows) {
    const values = Object.entries(row).map(([name, value]) => {
      if (typeof value === 'bigint') return [name, Number(value)]
      return [name, name === 'receipt' && typeof value === 'string' ? (JSON.parse(value) as unknown) : value]
    })
    const operation = Object.fromEntries(values) as OperationRow
    found.set(operation.operation_id, operation)
  }
  return found
}

function sameStat(a: FileStat | undefined, b: FileStat): boolean {
  return a !== undefined && sameFile(a, b)
}
