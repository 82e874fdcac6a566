import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { LedgerEntry, LedgerPage } from '../../../schemas/contract/ledger.ts'
import type { LedgerQuery } from '../../../schemas/generated/requests.ts'
import { LEDGER, type TableSchema } from '../../../schemas/tables/index.ts'
import type { Asking } from '../api.ts'
import { identifier } from '../read/duckdb.ts'
import { readEntries } from './entries.ts'
import { FEATURE, featureColumn } from './file-relation.ts'
import { askLedger, type RowPlace } from './ledger-scan.ts'
import type { LedgerSources } from './sources.ts'

/** A page of a table (SPEC Q1, Q8). @throws BAD_REQUEST, CANCELLED */
export async function queryLedger(
  { context }: LedgerSources,
  request: LedgerQuery,
  { signal }: Asking = {},
): Promise<LedgerPage> {
  const table = LEDGER[request.table]
  const order = orderOf(table, request.sort)
  const columns = wantedColumns(table, request.columns)
  return askLedger(
    context,
    request.table,
    request.filter,
    async (scan) => {
      const { problems } = scan
      const page = { table: request.table, offset: request.offset, problems }
      const [all, sorted] = [scan.only([]), scan.only(order.columns)]
      if (all === null || sorted === null) return { ...page, total: 0, entries: [] }
      const [counted, found] = await Promise.all([
        context.duck.rows(`SELECT count(*) AS total FROM (${all})`, [], signal),
        context.duck.rows(
          `SELECT __file, __row FROM (${sorted}) ORDER BY ${order.sql} LIMIT ${request.limit} OFFSET ${request.offset}`,
          [],
          signal,
        ),
      ])
      const places = found.map(
        ({ __file, __row }): RowPlace => ({ file: Number(__file), row: Number(__row) }),
      )
      const entries: readonly LedgerEntry[] = await readEntries(context, columns, scan, places, signal)
      return { ...page, total: Number(counted[0]?.total ?? 0), entries }
    },
    signal,
  )
}

export interface Order {
  /** Behind ORDER BY. */
  readonly sql: string
  /** Columns that it needs. */
  readonly columns: readonly string[]
}

/**
 * Total: nulls last, ties by the table's own order and at last by place, so that pages never overlap.
 * @throws BAD_REQUEST for a column that the table doesn't have
 */
export function orderOf(table: TableSchema, sort: LedgerQuery['sort']): Order {
  const { column, descending } = sort ?? { column: 'timestamp_utc', descending: table.name !== 'policies' }
  const direction = descending ? 'DESC' : 'ASC'
  const first: string[] = []
  if (column.startsWith(FEATURE) && table.columns.some(({ name }) => name === 'key_features')) {
    first.push(`${featureColumn(column.slice(FEATURE.length))} ${direction} NULLS LAST`)
  } else {
    const found = table.columns.find(({ name }) => name === column)
    if (found === undefined)
      throw new BarkeepError(
        'BAD_REQUEST',
        `${table.name} can't be sorted by "${column}": they have no such column.`,
      )
    const nested = found.format === 'map' || found.format === 'json'
    const key = nested ? `CAST(to_json(${identifier(column)}) AS VARCHAR)` : identifier(column)
    first.push(`${key} ${direction} NULLS LAST`)
  }
  const ties = table.order
    .filter((name) => name !== column)
    .map((name) => `${identifier(name)} ASC NULLS LAST`)
  return { sql: [...first, ...ties, '__file', '__row'].join(', '), columns: [column, ...table.order] }
}

/** @throws BAD_REQUEST for a column that the table doesn't have */
function wantedColumns(table: TableSchema, names: readonly string[] | undefined): TableSchema['columns'] {
  if (names === undefined) return table.columns
  const unknown = names.find((name) => !table.columns.some((column) => column.name === name))
  if (unknown !== undefined)
    throw new BarkeepError('BAD_REQUEST', `${table.name} have no column "${unknown}".`)
  return table.columns.filter(
    ({ name }) => names.includes(name) || table.key.includes(name) || name === 'timestamp_utc',
  )
}
