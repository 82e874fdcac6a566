import type { StorePath } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
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
 * checking, where a day's or a month's rows are in memory. Questions over years go through DuckDB instead.
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
  const usable: StorePath[] = []
  for (const file of files) {
    const verdict = verdicts.get(file)
    if (verdict === undefined || verdict === 'missing') vanished.push(file)
    else if (verdict.use) usable.push(file)
    else problems.push(verdict.problem)
  }
  const read = await readFiles(context, table, usable, { signal })
  const check = rowChecker(table)
  const found = read.files.map((each): LedgerFileRows => {
    const verdict = verdicts.get(each.file)
    const rows = rowsOf(table, each).map((row) => {
      const rejection = check(row)
      return { row, breach: rejection === null ? null : `${rejection.field ?? 'row'}: ${rejection.reason}` }
    })
    return { file: each.file, rows, foreign: typeof verdict === 'object' && verdict.use && verdict.foreign }
  })
  return {
    files: found,
    problems: [...problems, ...read.problems],
    vanished: [...vanished, ...read.vanished],
  }
}
