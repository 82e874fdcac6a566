import { CANDLES, OBJECT_EVENTS, OBJECT_SNAPSHOT, type TableSchema } from '../../../schemas/tables/index.ts'

/** Length of the footer and the closing magic number. */
const TRAILER = 8

/** Fields 1 and 2 of a struct, both text, and its end: texts under 128 bytes have a length of one byte. */
function entry(key: string, value: string): Buffer {
  const text = (given: string): Buffer => Buffer.concat([Buffer.of(0x18, given.length), Buffer.from(given)])
  return Buffer.concat([text(key), text(value), Buffer.of(0)])
}

const MARKS = [CANDLES, OBJECT_EVENTS, OBJECT_SNAPSHOT].map((table) => ({
  table,
  entries: [entry('barkeep.table', table.name), entry('barkeep.schema', String(table.version))],
}))

/**
 * The table that a whole Parquet file says it is of, in today's schema: then its columns are those of the schema and
 * needn't be asked for. Told by the key-value entries of its footer, as a Thrift compact struct spells them. Only for
 * bytes that were compared with a SHA-256 of ours: anybody can write these words. Null when it doesn't say.
 */
export function ownTable(bytes: Uint8Array): TableSchema | null {
  if (bytes.length < TRAILER) return null
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = file.readUInt32LE(file.length - TRAILER)
  const footer = file.subarray(Math.max(0, file.length - TRAILER - length))
  return MARKS.find(({ entries }) => entries.every((each) => footer.includes(each)))?.table ?? null
}
