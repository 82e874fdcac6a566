import type { StorePath } from '../../../schemas/contract/units.ts'
import type { Column, ColumnType, TableSchema } from '../../../schemas/tables/index.ts'
import type { ColumnValues, FileColumns } from './table-files.ts'
import { ThriftReader, type ThriftStruct, type ThriftValue } from './thrift.ts'

/** The magic number at both ends, and the length of the footer before the last one. */
const MAGIC = 4
const TRAILER = 8

/** What a data page's and a column's codes are in a part of ours: no dictionary, no compression, one value. */
const DATA_PAGE = 0
const PLAIN = 0
export const PARQUET_TYPE: Readonly<Partial<Record<ColumnType, number>>> = {
  BIGINT: 2,
  DOUBLE: 5,
  VARCHAR: 6,
  JSON: 6,
}
const REQUIRED = 0
const OPTIONAL = 1

/** Whether the one value of a nullable column is there: a bit-packed run of one group, with its length before it. */
const LEVELS = 6
const GROUP_OF_EIGHT = 3

/**
 * Reads a part that we wrote from its bytes, which have just been compared with their SHA-256: some microseconds, where
 * DuckDB takes a fifth of a millisecond a file. The layout is the one that write/part-writer.ts gives: one row, a plain
 * page a column, in the table's order.
 * @returns null for bytes of any other layout: they are read as other programs' are
 */
export function ownPartRow(table: TableSchema, file: StorePath, bytes: Uint8Array): FileColumns | null {
  try {
    if (!hasSchemaOf(table, bytes)) return null
    const columns = new Map<string, ColumnValues>()
    let position = MAGIC
    for (const column of table.columns) {
      const reader = new ThriftReader(bytes, position)
      const header = reader.struct()
      const page = header.get(5)
      if (!(page instanceof Map) || header.get(1) !== DATA_PAGE) return null
      if (page.get(1) !== 1 || page.get(2) !== PLAIN) return null
      const length = header.get(3)
      if (typeof length !== 'number' || header.get(2) !== length) return null
      const value = cellOf(column, bytes.subarray(reader.position, reader.position + length))
      if (value === undefined) return null
      columns.set(column.name, value)
      reader.position += length
      // What parquetjs-lite tells of the column stands behind it, and again in the footer.
      reader.struct()
      position = reader.position
    }
    return { file, rows: 1, columns }
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** Undefined for a page that is none of ours. */
function cellOf({ type, nullable }: Column, page: Uint8Array): ColumnValues | undefined {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength)
  const isText = type === 'VARCHAR' || type === 'JSON'
  let start = 0
  if (nullable) {
    if (view.getUint32(0, true) !== LEVELS - 4 || view.getUint8(4) !== GROUP_OF_EIGHT) return undefined
    if (view.getUint8(5) === 0) return isText ? [null] : Float64Array.of(Number.NaN)
    start = LEVELS
  }
  if (isText) {
    const length = view.getUint32(start, true)
    if (start + 4 + length !== page.length) return undefined
    return [UTF8.decode(page.subarray(start + 4))]
  }
  if (start + 8 !== page.length) return undefined
  const value = type === 'DOUBLE' ? view.getFloat64(start, true) : Number(view.getBigInt64(start, true))
  const isUsable = type === 'DOUBLE' ? Number.isFinite(value) : Number.isSafeInteger(value)
  return isUsable ? Float64Array.of(value) : undefined
}

/** Drops a byte order mark at the beginning, as @duckdb/node-api does: one row reads the same from every file. */
const UTF8 = new TextDecoder()

/** The beginning of a footer, up to the end of its schema, that was found to be a table's: the same in all its parts. */
const knownSchemas = new Map<string, Buffer>()

function hasSchemaOf(table: TableSchema, bytes: Uint8Array): boolean {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (file.length < MAGIC + TRAILER) return false
  const start = file.length - TRAILER - file.readUInt32LE(file.length - TRAILER)
  if (start < MAGIC) return false
  const footer = file.subarray(start, file.length - TRAILER)
  const known = knownSchemas.get(table.name)
  if (known?.equals(footer.subarray(0, known.length)) === true) return true
  const reader = new ThriftReader(footer, 0)
  const schema = reader.struct(SCHEMA).get(SCHEMA)
  if (!isSchemaOf(table, schema, ({ nullable }) => (nullable ? OPTIONAL : REQUIRED))) return false
  // A copy: the bytes of the file that it was found in are not kept for it.
  knownSchemas.set(table.name, Buffer.from(footer.subarray(0, reader.position)))
  return true
}

/** The field of a footer that holds it. */
const SCHEMA = 2

/**
 * Whether a footer's schema names the columns of a table, in their order and types.
 * @param repetition what a column must say of its nulls
 */
export function isSchemaOf(
  { columns }: TableSchema,
  schema: ThriftValue | undefined,
  repetition: (column: Column) => number,
): boolean {
  if (!Array.isArray(schema)) return false
  const [root, ...elements] = schema as readonly ThriftStruct[]
  if (root?.get(5) !== columns.length || elements.length !== columns.length) return false
  return columns.every((column, index) => {
    const element = elements[index]
    const own = element?.get(4)
    return (
      own instanceof Uint8Array &&
      UTF8.decode(own) === column.name &&
      element?.get(1) === PARQUET_TYPE[column.type] &&
      element?.get(3) === repetition(column)
    )
  })
}
