import type { StorePath } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { sameFile } from '../layout/checksums.ts'
import { judgeFiles } from '../read/dayfile-check.ts'
import { literal } from '../read/duckdb.ts'
import { eachAloneOnFailure, fileList } from '../read/file-types.ts'
import type { FileTypes } from '../read/projection.ts'
import { readMetadata } from '../read/table-files.ts'
import { messageOf } from './problems.ts'

/** What is known of a file's bytes, once for each generation of it. */
export interface LedgerFileFacts {
  readonly stat: FileStat
  /** Columns as DuckDB types them, nested types in full. */
  readonly types: FileTypes
  /** Files of one signature are read by one SELECT. */
  readonly signature: string
  /** Written by us and proven whole: its rows are sound, and its times have the one form. */
  readonly own: boolean
}

export interface FactsFound {
  readonly facts: ReadonlyMap<StorePath, LedgerFileFacts>
  /** Files that can't be used, each once. */
  readonly problems: readonly Problem[]
}

const knownFacts = new WeakMap<StoreContext, Map<StorePath, LedgerFileFacts>>()
const KNOWN_LIMIT = 50_000

/**
 * Judges and probes files of a table, each generation of a file once (SPEC Q3). Files that are gone are in neither list.
 * @throws CANCELLED
 */
export async function ledgerFileFacts(
  context: StoreContext,
  table: TableSchema,
  files: readonly StorePath[],
  signal?: AbortSignal,
): Promise<FactsFound> {
  let known = knownFacts.get(context)
  if (known === undefined) {
    known = new Map()
    knownFacts.set(context, known)
  }
  const facts = new Map<StorePath, LedgerFileFacts>()
  const fresh: StorePath[] = []
  const stats = new Map<StorePath, FileStat>()
  for (const file of files) {
    const stat = context.env.statNow(at(context, file))
    if (stat === null || stat.isDirectory) continue
    const found = known.get(file)
    if (found !== undefined && sameFile(found.stat, stat)) facts.set(file, found)
    else {
      fresh.push(file)
      stats.set(file, stat)
    }
  }
  const problems: Problem[] = []
  if (fresh.length === 0) return { facts, problems }
  const verdicts = await judgeFiles(context, table, fresh, signal)
  const usable: StorePath[] = []
  for (const file of fresh) {
    const verdict = verdicts.get(file)
    if (verdict === undefined || verdict === 'missing') continue
    if (verdict.use) usable.push(file)
    else problems.push(verdict.problem)
  }
  const failed = async (file: StorePath, error: unknown): Promise<void> => {
    if ((await context.env.stat(at(context, file))) !== null)
      problems.push({ file, code: 'UNREADABLE', detail: messageOf(context, error) })
  }
  const typed = await typesOf(context, usable, failed, signal)
  const metadata = await readMetadata(context, [...typed.keys()], signal)
  for (const [file, { types, signature }] of typed) {
    const stat = stats.get(file)
    if (stat === undefined) continue
    const verdict = verdicts.get(file)
    const named = metadata.get(file)
    const own =
      verdict !== undefined &&
      verdict !== 'missing' &&
      verdict.use &&
      !verdict.foreign &&
      named?.get('barkeep.digest') !== undefined &&
      named.get('barkeep.table') === table.name
    const found = { stat, types, signature: `${own ? 'own' : 'foreign'} ${signature}`, own }
    if (known.size >= KNOWN_LIMIT) known.clear()
    known.set(file, found)
    facts.set(file, found)
  }
  return { facts, problems }
}

interface Typed {
  readonly types: FileTypes
  readonly signature: string
}

/** One look at all schemas; then one file of each kind is asked for its types in full. */
async function typesOf(
  context: StoreContext,
  files: readonly StorePath[],
  failed: (file: StorePath, error: unknown) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<StorePath, Typed>> {
  const byPath = new Map(files.map((file) => [at(context, file), file]))
  const schemas = await eachAloneOnFailure(
    files,
    (batch) =>
      context.duck.rows(
        `SELECT file_name, md5(string_agg(concat_ws('|', name, type, repetition_type, num_children, converted_type,
            logical_type, duckdb_type), ';' ORDER BY column_id)) AS signature
          FROM parquet_schema([${fileList(context, batch)}]) GROUP BY file_name`,
        [],
        signal,
      ),
    failed,
  )
  const kinds = new Map<string, StorePath[]>()
  for (const { file_name, signature } of schemas) {
    const file = byPath.get(String(file_name))
    if (file === undefined) continue
    const kind = kinds.get(String(signature))
    if (kind === undefined) kinds.set(String(signature), [file])
    else kind.push(file)
  }
  const typed = new Map<StorePath, Typed>()
  for (const [signature, kind] of kinds) {
    for (const file of kind) {
      const types = await describe(context, file, failed, signal)
      // The first of its kind may just have gone.
      if (types === null) continue
      for (const each of kind) typed.set(each, { types, signature })
      break
    }
  }
  return typed
}

async function describe(
  context: StoreContext,
  file: StorePath,
  failed: (file: StorePath, error: unknown) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<FileTypes | null> {
  try {
    const rows = await context.duck.rows(
      `DESCRIBE SELECT * FROM read_parquet(${literal(at(context, file))}, hive_partitioning=false)`,
      [],
      signal,
    )
    return new Map(rows.map(({ column_name, column_type }) => [String(column_name), String(column_type)]))
  } catch (error) {
    await failed(file, error)
    return null
  }
}
