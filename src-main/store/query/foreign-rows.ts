import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import { parseStorePath } from '../layout/file-names.ts'
import type { Partition } from '../layout/partition-names.ts'
import type { Row } from '../write/part-writer.ts'
import { readable, rowOf } from './entries.ts'
import { ledgerFileFacts, missingColumns } from './file-facts.ts'
import { fileRelation } from './file-relation.ts'
import { messageOf } from './problems.ts'

export interface ForeignRowsRead {
  readonly files: readonly {
    readonly file: StorePath
    readonly rows: readonly { readonly row: Row; readonly breach: string | null }[]
  }[]
  /** Files that can't be read. */
  readonly problems: readonly Problem[]
  readonly vanished: readonly StorePath[]
}

/**
 * All rows of other programs' files in the table's own types, in each file's order, also those that repeat a key. A file that
 * lacks a column that must be there has no row that could be kept: it is left out (BAD_COLUMNS).
 * @throws CANCELLED
 */
export async function readForeignRows(
  context: StoreContext,
  table: TableSchema,
  files: readonly StorePath[],
  signal?: AbortSignal,
): Promise<ForeignRowsRead> {
  const listed = files.map((file) => ({ file, series: { partition: partitionOf(file) } }))
  const { facts, problems } = await ledgerFileFacts(context, table, listed, signal)
  const unusable = new Set(problems.map(({ file }) => file))
  const read: ForeignRowsRead['files'][number][] = []
  const failed: Problem[] = [...problems]
  const vanished: StorePath[] = []
  for (const file of files) {
    const form = facts.get(file)?.form
    if (form === undefined) {
      if (!unusable.has(file)) vanished.push(file)
      continue
    }
    const missing = missingColumns(table, form)
    if (missing.length > 0) {
      failed.push({ file, code: 'BAD_COLUMNS', detail: `has no column ${missing.join(', ')}` })
      continue
    }
    try {
      const relation = fileRelation(context, table, [file], form, 0)
      const columns = table.columns.map(readable).join(', ')
      const rows = await context.duck.rows(
        `SELECT __breach, ${columns} FROM (${relation}) ORDER BY __row`,
        [],
        signal,
      )
      const found = rows.map((row) => ({
        row: rowOf(table.columns, row),
        breach: row.__breach === null || row.__breach === undefined ? null : String(row.__breach),
      }))
      read.push({ file, rows: found })
    } catch (error) {
      if (error instanceof BarkeepError && error.code === 'CANCELLED') throw error
      if ((await context.env.stat(at(context, file))) === null) vanished.push(file)
      else failed.push({ file, code: 'UNREADABLE', detail: messageOf(context, error) })
    }
  }
  return { files: read, problems: failed, vanished }
}

function partitionOf(file: StorePath): Partition | null {
  const named = parseStorePath(file)
  if (named.kind !== 'dayfile' && named.kind !== 'monthfile') return null
  const { series } = named
  return series.table === 'candles' || series.table === 'object_events' ? null : series.partition
}
