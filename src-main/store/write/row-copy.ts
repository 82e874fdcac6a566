import {
  BIGINT,
  DOUBLE,
  type DuckDBAppender,
  DuckDBDataChunk,
  type DuckDBValue,
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
const CHUNK_TYPE = { BIGINT, DOUBLE, VARCHAR, JSON: VARCHAR } as const satisfies Record<ColumnType, unknown>

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
  } else if (column.type === 'VARCHAR') {
    if (typeof value === 'string') return value
  } else if (column.type === 'JSON') {
    if (typeof value === 'object') return canonicalJson(value)
  } else if (column.type === 'BIGINT') {
    if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  } else if (typeof value === 'number' && Number.isFinite(value)) {
    // + 0 turns −0 into 0.
    return value + 0
  }
  throw new BarkeepError(
    'BAD_ROW',
    `${table.name}.${column.name} can't hold ${String(value)} as ${column.type}.`,
  )
}
