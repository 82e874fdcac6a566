import type { StorePath } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { checkFile } from '../layout/checksums.ts'
import { judgeFiles } from './dayfile-check.ts'
import { eachAloneOnFailure, fileList } from './file-types.ts'
import { sameLook } from './listing.ts'

/** What an overview tells of a ledger's file. */
export interface LedgerFacts {
  readonly file: StorePath
  readonly stat: FileStat
  /** Null when it can't be used. */
  readonly rows: number | null
  /** Rows of each UTC day, of a month file; empty for others. */
  readonly days: ReadonlyMap<string, number>
  readonly sha256: string | null
  /** Why it is left out of answers. */
  readonly problem: Problem | null
}

interface Wanted {
  readonly file: StorePath
  /** Its rows are of several days, to be told apart. */
  readonly byDay: boolean
}

const remembered = new WeakMap<StoreContext, Map<StorePath, LedgerFacts>>()

/**
 * Facts of files of a table; of those that are as they were at the last call nothing is read again.
 * @returns without those that are gone
 * @throws CANCELLED; IO when the file system fails
 */
export async function ledgerFacts(
  context: StoreContext,
  table: TableSchema,
  files: readonly Wanted[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<StorePath, LedgerFacts>> {
  const memory = remembered.get(context) ?? new Map<StorePath, LedgerFacts>()
  remembered.set(context, memory)
  const found = new Map<StorePath, LedgerFacts>()
  const fresh: Wanted[] = []
  const stats = new Map<StorePath, FileStat>()
  for (const wanted of files) {
    const stat = await context.env.stat(at(context, wanted.file))
    if (stat === null) continue
    const known = memory.get(wanted.file)
    if (known !== undefined && sameLook(known.stat, stat)) found.set(wanted.file, known)
    else {
      stats.set(wanted.file, stat)
      fresh.push(wanted)
    }
  }
  if (fresh.length === 0) return found
  for (const facts of await readFacts(context, table, fresh, stats, signal)) {
    memory.set(facts.file, facts)
    found.set(facts.file, facts)
  }
  return found
}

async function readFacts(
  context: StoreContext,
  table: TableSchema,
  files: readonly Wanted[],
  stats: ReadonlyMap<StorePath, FileStat>,
  signal: AbortSignal | undefined,
): Promise<readonly LedgerFacts[]> {
  const verdicts = await judgeFiles(
    context,
    table,
    files.map(({ file }) => file),
    signal,
  )
  const problems = new Map<StorePath, Problem>()
  const usable: Wanted[] = []
  for (const wanted of files) {
    const verdict = verdicts.get(wanted.file)
    if (typeof verdict !== 'object') continue
    if (verdict.use) usable.push(wanted)
    else problems.set(wanted.file, verdict.problem)
  }
  const failed = async (file: StorePath, error: unknown): Promise<void> => {
    const text = error instanceof Error ? error.message : String(error)
    const detail = (text.split('\n')[0] ?? text).replaceAll(`${context.root}/`, '')
    problems.set(file, { file, code: 'UNREADABLE', detail })
  }
  const counts = await countRows(context, usable, failed, signal)
  const months = usable.filter(({ file, byDay }) => byDay && counts.has(file))
  const days = await countDays(context, months, failed, signal)
  const facts: LedgerFacts[] = []
  for (const { file } of files) {
    const stat = stats.get(file)
    const check = await checkFile(context, file)
    if (stat === undefined || check.state === 'missing') continue
    facts.push({
      file,
      stat,
      rows: problems.has(file) ? null : (counts.get(file) ?? null),
      days: days.get(file) ?? new Map(),
      sha256: check.sha256,
      problem: problems.get(file) ?? null,
    })
  }
  return facts
}

type Failed = (file: StorePath, error: unknown) => Promise<void>

/** By footers alone. */
async function countRows(
  context: StoreContext,
  files: readonly Wanted[],
  failed: Failed,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<StorePath, number>> {
  const byPath = new Map(files.map(({ file }) => [at(context, file), file]))
  const rows = await eachAloneOnFailure(
    files.map(({ file }) => file),
    (batch) =>
      context.duck.rows(
        `SELECT file_name, num_rows::DOUBLE AS n FROM parquet_file_metadata([${fileList(context, batch)}])`,
        [],
        signal,
      ),
    failed,
  )
  const counts = new Map<StorePath, number>()
  for (const { file_name, n } of rows) {
    const file = byPath.get(String(file_name))
    if (file !== undefined) counts.set(file, Number(n))
  }
  return counts
}

/** Rows by the day that their time begins with, of each file: one column is read. */
async function countDays(
  context: StoreContext,
  files: readonly Wanted[],
  failed: Failed,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<StorePath, ReadonlyMap<string, number>>> {
  const days = new Map<StorePath, ReadonlyMap<string, number>>()
  for (const { file } of files) {
    const rows = await eachAloneOnFailure(
      [file],
      (batch) =>
        context.duck.rows(
          `SELECT left(CAST(timestamp_utc AS VARCHAR), 10) AS day, count(*)::DOUBLE AS n
           FROM read_parquet([${fileList(context, batch)}], hive_partitioning=false) GROUP BY ALL`,
          [],
          signal,
        ),
      failed,
    )
    const ofDays = rows.flatMap(({ day, n }) => {
      const text = String(day)
      // A time that can't be told is of no day.
      return /^\d{4}-\d{2}-\d{2}$/.test(text) ? [[text, Number(n)] as const] : []
    })
    days.set(file, new Map(ofDays))
  }
  return days
}
