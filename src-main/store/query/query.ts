import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { LedgerEntry, LedgerPage } from '../../../schemas/contract/ledger.ts'
import type { LedgerQuery } from '../../../schemas/generated/requests.ts'
import { LEDGER, type TableSchema } from '../../../schemas/tables/index.ts'
import type { Asking } from '../api.ts'
import type { StoreContext } from '../context.ts'
import { identifier } from '../read/duckdb.ts'
import { readEntries } from './entries.ts'
import { FEATURE, featureColumn } from './file-relation.ts'
import { askLedger, type LedgerScan, type RowPlace } from './ledger-scan.ts'
import { placesOf, rowIndexes } from './row-index.ts'
import type { LedgerSources } from './sources.ts'

/** Beyond so many rows a page is not sorted for but looked up in an index, which is waited for. */
const DEEP = 10_000
/** As many rows as are worth an index before anybody has asked for the second page. */
const WORTH_AN_INDEX = 5_000

/** A page of a table (SPEC Q1, Q8). @throws BAD_REQUEST, CANCELLED */
export async function queryLedger(
  { context }: LedgerSources,
  request: LedgerQuery,
  { signal }: Asking = {},
): Promise<LedgerPage> {
  const table = LEDGER[request.table]
  const order = orderOf(table, request.sort)
  const columns = wantedColumns(table, request.columns)
  const { offset, limit } = request
  for (let look = 1; ; look++) {
    const { page, isWhole } = await askLedger(
      context,
      request.table,
      request.filter,
      async (scan) => {
        const { total, places } = await pageOf(context, scan, order, { offset, limit }, signal)
        const entries: readonly LedgerEntry[] = await readEntries(context, columns, scan, places, signal)
        const found = { table: request.table, offset, problems: scan.problems, total, entries }
        return { page: found, isWhole: scan.holds(places) }
      },
      signal,
    )
    // A file that was replaced between sorting and reading has other rows at the same places.
    if (isWhole || look === LOOKS) return page
  }
}

/** How often a page is asked for again because its files were replaced meanwhile. */
const LOOKS = 5

interface PlacesOfPage {
  readonly total: number
  readonly places: readonly RowPlace[]
}

async function pageOf(
  context: StoreContext,
  scan: LedgerScan,
  order: Order,
  page: { readonly offset: number; readonly limit: number },
  signal: AbortSignal | undefined,
): Promise<PlacesOfPage> {
  const sorted = scan.only(order.columns)
  if (sorted === null) return { total: 0, places: [] }
  const indexes = rowIndexes(context)
  const whole = `SELECT __file, __row FROM (${sorted}) ORDER BY ${order.sql}`
  const key = `${order.sql} ${scan.generation()}`
  const index = page.offset < DEEP ? indexes.known(key) : await indexes.made(key, whole, signal)
  if (index !== null) return { total: index.files.length, places: placesOf(index, page.offset, page.limit) }
  const found = await sortedPage(context, scan, sorted, order, page, signal)
  if (found.total >= WORTH_AN_INDEX) indexes.ahead(key, whole)
  return found
}

/** The first rows, and how many there are in all. */
async function sortedPage(
  context: StoreContext,
  scan: LedgerScan,
  sorted: string,
  { sql }: Order,
  { offset, limit }: { readonly offset: number; readonly limit: number },
  signal: AbortSignal | undefined,
): Promise<PlacesOfPage> {
  const count = async (): Promise<number> => {
    const [row] = await context.duck.rows(`SELECT count(*) AS total FROM (${scan.only([])})`, [], signal)
    return Number(row?.total ?? 0)
  }
  const range = `ORDER BY ${sql} LIMIT ${limit} OFFSET ${offset}`
  if (!scan.isFiltered) {
    // Counted from what files say of themselves, beside the sort.
    const [total, rows] = await Promise.all([
      count(),
      context.duck.rows(`SELECT __file, __row FROM (${sorted}) ${range}`, [], signal),
    ])
    return { total, places: rows.map(placeOf) }
  }
  // The filter is gone through once, for both.
  const rows = await context.duck.rows(
    `WITH met AS MATERIALIZED (${sorted}) SELECT __file, __row, (SELECT count(*) FROM met) AS total FROM met ${range}`,
    [],
    signal,
  )
  const total = rows[0]?.total
  if (total === undefined) return { total: offset === 0 && limit > 0 ? 0 : await count(), places: [] }
  return { total: Number(total), places: rows.map(placeOf) }
}

function placeOf({ __file, __row }: Readonly<Record<string, unknown>>): RowPlace {
  return { file: Number(__file), row: Number(__row) }
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
