import type { Column, TableSchema } from '../../../schemas/tables/index.ts'
import { identifier } from './duckdb.ts'

/** Columns of one file as DuckDB types them, by name. */
export type FileTypes = ReadonlyMap<string, string>

/** Names under which other writers keep the instant when there is no `ts`. */
const TIME_ALIASES = ['ts_iso', 'timestamp', 'timestamp_utc'] as const

/**
 * The column that holds a file's instants, and whether it is text to be parsed. Null when there is none.
 */
export function timeSource(types: FileTypes): { readonly column: string; readonly isText: boolean } | null {
  const column = ['ts', ...TIME_ALIASES].find((name) => types.has(name))
  if (column === undefined) return null
  return { column, isText: types.get(column) === 'VARCHAR' }
}

/** Columns without which a file of the table can't be read: neither nullable nor derived nor told by its place. */
export function missingColumns(table: TableSchema, types: FileTypes): string[] {
  const missing = table.columns
    .filter(({ name, nullable, derived }) => !nullable && !derived && name !== 'ts' && name !== 'timeframe')
    .filter(({ name }) => !types.has(name))
    .map(({ name }) => name)
  const needsTime = table.columns.some(({ name }) => name === 'ts')
  return needsTime && timeSource(types) === null ? ['ts', ...missing] : missing
}

/**
 * An SQL expression that gives a column in the form it is read in: integers as DOUBLE (exact to 2^53, and a number in
 * JavaScript without a bigint each), all else as text: truth, lists, maps and JSON as their JSON. A value that can't be cast becomes null, for the row check to
 * name; nothing is rounded or guessed (SPEC R8).
 */
export function expressionFor(column: Column, types: FileTypes): string {
  if (column.name === 'ts') return instantExpression(types)
  const actual = types.get(column.name)
  if (actual === undefined)
    return column.type === 'BIGINT' || column.type === 'DOUBLE' ? 'NULL::DOUBLE' : 'NULL::VARCHAR'
  const name = identifier(column.name)
  switch (column.type) {
    case 'BIGINT':
      return isInstantType(actual) ? epochMillis(name) : `TRY_CAST(TRY_CAST(${name} AS BIGINT) AS DOUBLE)`
    case 'DOUBLE':
      return `TRY_CAST(${name} AS DOUBLE)`
    case 'VARCHAR':
      return `CAST(${name} AS VARCHAR)`
    case 'BOOLEAN':
      return `CAST(TRY_CAST(${name} AS BOOLEAN) AS VARCHAR)`
    default:
      return actual === 'JSON' || actual === 'VARCHAR'
        ? `CAST(${name} AS VARCHAR)`
        : `CAST(to_json(${name}) AS VARCHAR)`
  }
}

function instantExpression(types: FileTypes): string {
  const source = timeSource(types)
  if (source === null) return 'NULL::DOUBLE'
  const name = identifier(source.column)
  // Text is parsed in TypeScript by the one parser of times, for its zone rules.
  if (source.isText) return 'NULL::DOUBLE'
  return isInstantType(types.get(source.column) ?? '') ? epochMillis(name) : `TRY_CAST(${name} AS DOUBLE)`
}

function isInstantType(type: string): boolean {
  return type.startsWith('TIMESTAMP') || type === 'DATE'
}

function epochMillis(name: string): string {
  return `CAST(epoch_ms(CAST(${name} AS TIMESTAMP)) AS DOUBLE)`
}
