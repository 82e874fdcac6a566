import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBAppender,
  DuckDBDataChunk,
  DuckDBListValue,
  DuckDBMapValue,
  type DuckDBValue,
  LIST,
  MAP,
  VARCHAR,
} from '@duckdb/node-api'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { Column, ColumnType, TableSchema } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import { canonicalJson } from '../layout/digest.ts'
import { identifier, literal } from '../read/duckdb.ts'
import type { Row } from './part-writer.ts'

const CHUNK_ROWS = 2048

/** JSON is VARCHAR underneath: appended as text, written with the logical type of its column. */
const CHUNK_TYPE = {
  BIGINT,
  DOUBLE,
  VARCHAR,
  BOOLEAN,
  JSON: VARCHAR,
  'VARCHAR[]': LIST(VARCHAR),
  'MAP(VARCHAR, DOUBLE)': MAP(VARCHAR, DOUBLE),
  'MAP(VARCHAR, JSON)': MAP(VARCHAR, VARCHAR),
  'MAP(VARCHAR, MAP(VARCHAR, DOUBLE))': MAP(VARCHAR, MAP(VARCHAR, DOUBLE)),
} as const satisfies Record<ColumnType, unknown>

/**
 * Writes rows of a table as one Parquet file by DuckDB's COPY, in the order given, with the types of the schema
 * (SPEC S2). The same rows and metadata give the same bytes. Neither synced nor checked: staging only.
 * @param staged absolute path below staging
 * @throws BAD_ROW for a value that its column can't hold exactly, and what DuckDB throws
 */
export async function copyRows(
  context: StoreContext,
  table: TableSchema,
  rows: readonly Row[],
  staged: string,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const name = identifier(`rows_${context.env.randomId()}`)
  const columns = table.columns.map((column) => `${identifier(column.name)} ${column.type}`)
  const entries = Object.entries(metadata).map(([key, value]) => `${literal(key)}: ${literal(value)}`)
  const kv = entries.length === 0 ? '' : `, KV_METADATA {${entries.join(', ')}}`
  await context.duck.using(async (connection) => {
    await connection.run(`CREATE TEMP TABLE ${name} (${columns.join(', ')})`)
    try {
      const appender = await connection.createAppender(name.slice(1, -1))
      appendRows(appender, table, rows)
      appender.closeSync()
      await context.env.copyOut(staged, async () => {
        await connection.run(
          `COPY (FROM ${name}) TO ${literal(staged)} (FORMAT parquet, COMPRESSION snappy${kv})`,
        )
      })
    } finally {
      await connection.run(`DROP TABLE IF EXISTS ${name}`)
    }
  })
}

function appendRows(appender: DuckDBAppender, table: TableSchema, rows: readonly Row[]): void {
  const types = table.columns.map(({ type }) => CHUNK_TYPE[type])
  for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
    const some = rows.slice(start, start + CHUNK_ROWS)
    const chunk = DuckDBDataChunk.create(types, some.length)
    chunk.setColumns(
      table.columns.map((column) => some.map((row) => stored(table, column, row[column.name]))),
    )
    appender.appendDataChunk(chunk)
  }
  appender.flushSync()
}

function stored(table: TableSchema, column: Column, value: unknown): DuckDBValue {
  if (value === null || value === undefined) {
    if (column.nullable) return null
  } else {
    const exact = exactly(column.type, value)
    if (exact !== undefined) return exact
  }
  throw new BarkeepError(
    'BAD_ROW',
    `${table.name}.${column.name} can't hold ${JSON.stringify(value) ?? String(value)} as ${column.type}.`,
  )
}

/** Undefined for a value that the type can't hold as it is. */
function exactly(type: ColumnType, value: unknown): DuckDBValue | undefined {
  switch (type) {
    case 'VARCHAR':
      return typeof value === 'string' ? value : undefined
    case 'BOOLEAN':
      return typeof value === 'boolean' ? value : undefined
    case 'JSON':
      return canonicalJson(value)
    case 'BIGINT':
      return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : undefined
    case 'DOUBLE':
      // + 0 turns −0 into 0.
      return typeof value === 'number' && Number.isFinite(value) ? value + 0 : undefined
    case 'VARCHAR[]':
      return Array.isArray(value) && value.every((item) => typeof item === 'string')
        ? new DuckDBListValue(value)
        : undefined
    case 'MAP(VARCHAR, DOUBLE)':
      return mapOf(value, (item) => exactly('DOUBLE', item))
    case 'MAP(VARCHAR, JSON)':
      // A null in it is JSON's own: the key was given.
      return mapOf(value, (item) => canonicalJson(item ?? null))
    case 'MAP(VARCHAR, MAP(VARCHAR, DOUBLE))':
      return mapOf(value, (item) => exactly('MAP(VARCHAR, DOUBLE)', item))
  }
}

/** Keys in text order, so that one map has one sequence of bytes. */
function mapOf(
  value: unknown,
  exact: (item: unknown) => DuckDBValue | undefined,
): DuckDBMapValue | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined
  const entries: { key: string; value: DuckDBValue }[] = []
  for (const [key, item] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const held = exact(item)
    if (held === undefined) return undefined
    entries.push({ key, value: held })
  }
  return new DuckDBMapValue(entries)
}
