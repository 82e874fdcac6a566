import type { DuckDBValue } from '@duckdb/node-api'
import type { LedgerEntry } from '../../../schemas/contract/ledger.ts'
import type { Column } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import { identifier } from '../read/duckdb.ts'
import type { LedgerScan, RowPlace } from './ledger-scan.ts'

/** Rows of a scan at given places, in the order of the places. Places that are gone are left out. */
export async function readEntries(
  context: StoreContext,
  columns: readonly Column[],
  scan: LedgerScan,
  places: readonly RowPlace[],
  signal?: AbortSignal,
): Promise<readonly LedgerEntry[]> {
  const sql = scan.at(places, [...columns.map(({ name }) => name), '__breach'])
  if (sql === null) return []
  const rows = await context.duck.rows(
    `SELECT __file, __row, __breach, ${columns.map(readable).join(', ')} FROM (${sql})`,
    [],
    signal,
  )
  const found = new Map(rows.map((row) => [`${row.__file} ${row.__row}`, row]))
  return places.flatMap(({ file, row: place }) => {
    const values = found.get(`${file} ${place}`)
    if (values === undefined) return []
    return {
      row: rowOf(columns, values),
      file: scan.files[file] ?? '',
      place,
      breach: (values.__breach ?? null) as string | null,
    }
  })
}

/** A column in a form that JavaScript holds exactly: integers as DOUBLE, what nests as its JSON. */
export function readable({ name, type }: Column): string {
  const quoted = identifier(name)
  if (type === 'BIGINT') return `CAST(${quoted} AS DOUBLE) AS ${quoted}`
  if (type === 'VARCHAR' || type === 'DOUBLE' || type === 'BOOLEAN') return quoted
  return `CAST(${type === 'JSON' ? quoted : `to_json(${quoted})`} AS VARCHAR) AS ${quoted}`
}

/** A row of `readable` columns as the table's row type. */
export function rowOf(
  columns: readonly Column[],
  values: Readonly<Record<string, DuckDBValue>>,
): Record<string, unknown> {
  const row: Record<string, unknown> = {}
  for (const { name, type } of columns) {
    const value = values[name] ?? null
    const isText = type === 'VARCHAR' || type === 'DOUBLE' || type === 'BOOLEAN' || type === 'BIGINT'
    row[name] = isText || value === null ? value : (JSON.parse(String(value)) as unknown)
  }
  return row
}
