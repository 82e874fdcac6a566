import type { StorePath } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import { readForeignRows } from '../query/foreign-rows.ts'
import { judgeFiles } from '../read/dayfile-check.ts'
import { readFiles, rowsOf } from '../read/table-files.ts'
import type { Row } from '../write/part-writer.ts'
import { rowChecker } from '../write/validate.ts'

/** A row in the table's own form, whoever wrote it. */
export interface ReadRow {
  readonly row: Row
  /** What of the schema it breaks, `field: reason`; null for a sound row. */
  readonly breach: string | null
}

export interface LedgerFileRows {
  readonly file: StorePath
  /** In the file's order. */
  readonly rows: readonly ReadRow[]
  /** Another program wrote it. */
  readonly foreign: boolean
}

export interface LedgerRowsRead {
  readonly files: readonly LedgerFileRows[]
  /** Files that are damaged or can't be read. */
  readonly problems: readonly Problem[]
  /** Gone since they were listed. */
  readonly vanished: readonly StorePath[]
}

/**
 * Reads whole files of a ledger's table as rows, each file compared with its recorded SHA-256 first: for merging and
 * checking, where a day's or a month's rows are in memory. Another program's file is read as questions read it (SPEC Q2): what
 * of a row the table's types can't hold is in its breach. Questions over years go through DuckDB instead.
 * @throws CANCELLED
 */
export async function readLedgerRows(
  context: StoreContext,
  table: TableSchema,
  files: readonly StorePath[],
  signal?: AbortSignal,
): Promise<LedgerRowsRead> {
  const verdicts = await judgeFiles(context, table, files, signal)
  const problems: Problem[] = []
  const vanished: StorePath[] = []
  const own: StorePath[] = []
  const foreign: StorePath[] = []
  for (const file of files) {
    const verdict = verdicts.get(file)
    if (verdict === undefined || verdict === 'missing') vanished.push(file)
    else if (!verdict.use) problems.push(verdict.problem)
    else if (verdict.foreign) foreign.push(file)
    else own.push(file)
  }
  const read = await readFiles(context, table, own, { signal })
  const check = rowChecker(table)
  const breachOf = (row: Row): string | null => {
    const rejection = check(row)
    return rejection === null ? null : `${rejection.field ?? 'row'}: ${rejection.reason}`
  }
  const found = read.files.map((each): LedgerFileRows => {
    const rows = rowsOf(table, each).map((row) => ({ row, breach: breachOf(row) }))
    return { file: each.file, rows, foreign: false }
  })
  const others = await readForeignRows(context, table, foreign, signal)
  for (const { file, rows } of others.files)
    found.push({
      file,
      rows: rows.map(({ row, breach }) => ({ row, breach: breach ?? breachOf(row) })),
      foreign: true,
    })
  const order = new Map(files.map((file, index) => [file, index]))
  return {
    files: found.sort((a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0)),
    problems: [...problems, ...read.problems, ...others.problems],
    vanished: [...vanished, ...read.vanished, ...others.vanished],
  }
}
