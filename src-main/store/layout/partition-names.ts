/** Columns that decisions may be partitioned by, besides their day (SPEC E12). */
export const PARTITION_COLUMNS = ['symbol', 'session_regime', 'timeframe'] as const
export type PartitionColumn = (typeof PARTITION_COLUMNS)[number]

/** One hive folder: all its rows have this value in this column, and hold the column themselves too. */
export interface Partition {
  readonly column: PartitionColumn
  readonly value: string
}

/** Hive's own name for a value that can't be spelled. */
const EMPTY = '__HIVE_DEFAULT_PARTITION__'

/** `symbol=SPY`; what a file name can't hold is percent-encoded, as hive readers decode it. */
export function partitionFolder({ column, value }: Partition): string {
  const spelled = encodeURIComponent(value)
    .replace(/[!'()*~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    // `.`, `..` and a name with a dot at its end mean something else on some file systems.
    .replace(/^\.+$|\.$/, (dots) => '%2E'.repeat(dots.length))
  return `${column}=${value === '' ? EMPTY : spelled}`
}

/** Null for a folder that isn't one of ours, or not spelled as we would. */
export function parsePartitionFolder(name: string): Partition | null {
  const column = PARTITION_COLUMNS.find((each) => name.startsWith(`${each}=`))
  if (column === undefined) return null
  const text = name.slice(column.length + 1)
  try {
    return { column, value: text === EMPTY ? '' : decodeURIComponent(text) }
  } catch {
    // A stray percent sign: another program's folder.
    return null
  }
}
