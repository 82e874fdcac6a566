import path from 'node:path'
import { BarkeepError, reportOf } from '../../../schemas/contract/errors.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import { discard } from '../fs/atomic-file.ts'
import { canonicalRow, digestOfLines, sha256OfFile } from '../layout/digest.ts'
import { storePathOf } from '../layout/file-names.ts'
import { throwIfAborted } from '../read/shared-work.ts'
import { readFiles, rowsOf } from '../read/table-files.ts'
import type { Row } from '../write/part-writer.ts'
import { copyRows } from '../write/row-copy.ts'
import { linesOf } from './row-lines.ts'

/** A dayfile in staging: durable, read back and found equal to the rows it was made of. */
export interface StagedFile {
  /** Absolute. */
  readonly path: string
  readonly sha256: string
  readonly rows: number
  readonly digest: string
}

/** What the file says of itself (SPEC C6): neither names nor times, so that the same rows give the same bytes. */
function metadataOf(
  table: TableSchema,
  rows: readonly Row[],
  digest: string,
  inputsDigest: string,
): Record<string, string> {
  return {
    'barkeep.table': table.name,
    'barkeep.schema': String(table.version),
    'barkeep.rows': String(rows.length),
    'barkeep.digest': digest,
    'barkeep.inputs': inputsDigest,
  }
}

export interface StageOptions {
  readonly signal?: AbortSignal | undefined
  /** Told before each of `write` and `verify`. */
  readonly onStep: (step: 'write' | 'verify') => void
}

/**
 * Writes rows, in the table's order, to staging and compares what is read back with them (SPEC C4).
 * @param target the name that the file will get; here it only names the staged one
 * @throws VERIFY_FAILED, NO_SPACE, IO, CANCELLED; nothing is left behind then, at worst an orphan in staging
 */
export async function stageFile(
  context: StoreContext,
  table: TableSchema,
  target: StorePath,
  rows: readonly Row[],
  inputsDigest: string,
  { signal, onStep }: StageOptions,
): Promise<StagedFile> {
  const { env, staging } = context
  const digest = digestOfLines(await linesOf(table, rows, signal))
  const staged = path.join(staging, `${env.randomId()}-${path.posix.basename(target)}`)
  try {
    onStep('write')
    await copyOrExplain(context, table, rows, staged, metadataOf(table, rows, digest, inputsDigest))
    throwIfAborted(signal)
    await env.syncFile(staged)
    onStep('verify')
    await verify(context, table, target, rows, digest, staged, signal)
    return { path: staged, sha256: await sha256OfFile(env, staged), rows: rows.length, digest }
  } catch (error) {
    await discard(env, staged)
    throw error
  }
}

/** Digest over all values of rows (SPEC C5). */
export function digestOf(table: TableSchema, rows: readonly Row[]): string {
  return digestOfLines(rows.map((row) => canonicalRow(table.columns, row)))
}

/** DuckDB tells a full disk in words alone; a write of our own next to it tells the code. */
async function copyOrExplain(
  context: StoreContext,
  table: TableSchema,
  rows: readonly Row[],
  staged: string,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  try {
    await copyRows(context, table, rows, staged, metadata)
  } catch (cause) {
    if (reportOf(cause).code !== 'INTERNAL') throw cause
    const probe = `${staged}.probe`
    try {
      await context.env.writeNew(probe, new Uint8Array(PROBE_BYTES))
      await context.env.syncFile(probe)
    } finally {
      await discard(context.env, probe)
    }
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new BarkeepError('IO', `DuckDB could not write a file to .barkeep/staging: ${why}`, { cause })
  }
}

const PROBE_BYTES = 1024 * 1024

async function verify(
  context: StoreContext,
  table: TableSchema,
  target: StorePath,
  rows: readonly Row[],
  digest: string,
  staged: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const file = storePathOf(context.root, staged)
  if (file === null) throw new BarkeepError('INTERNAL', `${staged} lies outside the store`)
  const read = await readFiles(context, table, [file], { signal })
  const [found] = read.files
  if (found === undefined) {
    const why = read.problems[0]?.detail ?? 'it is gone'
    throw failed(target, `the new file can't be read back (${why})`)
  }
  const back = rowsOf(table, found)
  if (back.length !== rows.length)
    throw failed(target, `${rows.length} rows written, ${back.length} read back`)
  const keys = new Set(back.map((row) => JSON.stringify(table.key.map((name) => row[name]))))
  if (keys.size !== rows.length) {
    throw failed(target, `${rows.length} rows written, ${keys.size} distinct keys read back`)
  }
  for (const [place, index] of [
    ['first', 0],
    ['last', -1],
  ] as const) {
    const [written, got] = [rows.at(index)?.ts, back.at(index)?.ts]
    if (written !== got)
      throw failed(target, `its ${place} ts reads back as ${String(got)}, not ${String(written)}`)
  }
  const again = digestOfLines(await linesOf(table, back, signal))
  if (again !== digest) throw failed(target, `digest ${digest} written, ${again} read back`)
}

function failed(target: StorePath, what: string): BarkeepError {
  return new BarkeepError(
    'VERIFY_FAILED',
    `${target} was not published: ${what}. The day's files are as they were; check the disk and run it again.`,
    { file: target },
  )
}
