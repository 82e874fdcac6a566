import { reportOf } from '../../../schemas/contract/errors.ts'
import { utcDayOf } from '../../../schemas/contract/market-time.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { LedgerFilter } from '../../../schemas/generated/requests.ts'
import { LEDGER, type LedgerTable, type TableSchema } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import { POLICIES_FILE } from '../layout/file-names.ts'
import { listLedgerFiles } from '../ledger/ledger-files.ts'
import { identifier } from '../read/duckdb.ts'
import { fileList } from '../read/file-types.ts'
import { canonicalExpression } from './drift.ts'
import { type LedgerFileFacts, ledgerFileFacts } from './file-facts.ts'
import { ledgerConditions, type TimeRange } from './ledger-filter.ts'

/**
 * The rows of a table that meet a filter, as an SQL relation over the files that may hold them: what every question to
 * the ledger is built on.
 *
 *   const answer = await askLedger(context, 'decisions', filter, async (scan) => {
 *     if (scan.sql === null) return []                       // no file in range
 *     return context.duck.rows(`SELECT action, count(*) FROM (${scan.sql}) GROUP BY action`, [], signal)
 *   }, signal)
 *
 * Its columns are the table's, by name and in its own types (`schemas/tables`), then
 *   `__file`   INTEGER: which of `scan.files`
 *   `__row`    BIGINT: the row's place in that file, from 0
 *   `__breach` VARCHAR: what of the schema the row breaks, `field: reason`; null for a sound row
 * Only columns that are asked for are read. Each row stands in it once. With `filter.asOf`, outcomes that weren't known
 * then are null in it (SPEC Q4).
 */
export interface LedgerScan {
  /** A SELECT without ORDER; null when no file can hold such a row. */
  readonly sql: string | null
  readonly files: readonly StorePath[]
  /** Files left out and rows that break their schema, counted by file. */
  readonly problems: readonly Problem[]
  /** The same relation over given places alone, whatever the filter says; null for none. */
  at(places: readonly RowPlace[]): string | null
}

/** Where a row stands: index into a scan's files, and place in the file. */
export interface RowPlace {
  readonly file: number
  readonly row: number
}

/** How often files may change under a question before it fails. */
const TRIES = 5

/**
 * Scans, and asks. When files go on the way (compacted, replaced), both are done again over what stands there then.
 * @throws BAD_REQUEST for a field of the filter that the table has no column for; CANCELLED; what `ask` throws
 */
export async function askLedger<T>(
  context: StoreContext,
  table: LedgerTable,
  filter: LedgerFilter,
  ask: (scan: LedgerScan) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const { scan, facts } = await prepare(context, table, filter, signal)
    try {
      return await ask(scan)
    } catch (error) {
      if (reportOf(error).code === 'CANCELLED' || attempt >= TRIES || stillThere(context, facts)) throw error
    }
  }
}

/** The scan alone; its files may go at any time, so prefer `askLedger`. @throws BAD_REQUEST, CANCELLED */
export async function scanLedger(
  context: StoreContext,
  table: LedgerTable,
  filter: LedgerFilter,
  signal?: AbortSignal,
): Promise<LedgerScan> {
  return (await prepare(context, table, filter, signal)).scan
}

interface Prepared {
  readonly scan: LedgerScan
  readonly facts: ReadonlyMap<StorePath, LedgerFileFacts>
}

/** Files that one SELECT reads. */
interface Group {
  readonly files: readonly StorePath[]
  readonly facts: LedgerFileFacts
  /** Place of the first of them in the scan's files. */
  readonly offset: number
}

async function prepare(
  context: StoreContext,
  name: LedgerTable,
  filter: LedgerFilter,
  signal: AbortSignal | undefined,
): Promise<Prepared> {
  const table = LEDGER[name]
  const { where, ranges } = ledgerConditions(table, filter, context.zone)
  const listed = await filesOf(context, name, ranges)
  const { facts, problems } = await ledgerFileFacts(context, table, listed, signal)
  const bySignature = new Map<string, StorePath[]>()
  for (const file of listed) {
    const signature = facts.get(file)?.signature
    if (signature === undefined) continue
    const group = bySignature.get(signature)
    if (group === undefined) bySignature.set(signature, [file])
    else group.push(file)
  }
  const files: StorePath[] = []
  const groups: Group[] = []
  for (const group of bySignature.values()) {
    const found = facts.get(group[0] as StorePath)
    if (found === undefined) continue
    groups.push({ files: group, facts: found, offset: files.length })
    files.push(...group)
  }
  const sql =
    groups.length === 0
      ? null
      : groups.map((group) => select(context, table, group, where)).join('\nUNION ALL ')
  const atPlaces = (places: readonly RowPlace[]): string | null =>
    placesSelect(context, table, groups, places)
  return { scan: { sql, files, problems, at: atPlaces }, facts }
}

async function filesOf(
  context: StoreContext,
  table: LedgerTable,
  ranges: readonly TimeRange[] | null,
): Promise<readonly StorePath[]> {
  if (table === 'policies')
    return (await context.env.stat(at(context, POLICIES_FILE))) === null ? [] : [POLICIES_FILE]
  const listed = await listLedgerFiles(context, table)
  if (ranges === null) return listed.map(({ file }) => file)
  const days = ranges.map(({ from, to }) => ({
    from: from === -Infinity ? '' : utcDayOf(from),
    to: to === Infinity ? '~' : utcDayOf(to),
  }))
  // A month's text is the beginning of its days': 2024-03 ≤ 2024-03-08 ≤ 2024-03-~.
  return listed
    .filter(({ day, month }) =>
      days.some(({ from, to }) => (day ?? month) <= to && (day ?? `${month}-~`) >= from),
    )
    .map(({ file }) => file)
}

function select(context: StoreContext, table: TableSchema, group: Group, where: readonly string[]): string {
  const columns = table.columns.map((column) => {
    const expression = group.facts.own
      ? identifier(column.name)
      : canonicalExpression(column, group.facts.types)
    return `${expression} AS ${identifier(column.name)}`
  })
  columns.push(
    `CAST(file_index AS INTEGER) + ${group.offset} AS __file`,
    'file_row_number AS __row',
    'NULL::VARCHAR AS __breach',
  )
  const inner = `SELECT ${columns.join(', ')} FROM read_parquet([${fileList(context, group.files)}],
    hive_partitioning=false, union_by_name=false)`
  return where.length === 0 ? inner : `SELECT * FROM (${inner}) WHERE ${where.join(' AND ')}`
}

/** Files and rows of a page: only its files are opened. */
function placesSelect(
  context: StoreContext,
  table: TableSchema,
  groups: readonly Group[],
  places: readonly RowPlace[],
): string | null {
  const rowsOf = new Map<number, number[]>()
  for (const { file, row } of places) {
    const rows = rowsOf.get(file)
    if (rows === undefined) rowsOf.set(file, [row])
    else rows.push(row)
  }
  const selects = groups.flatMap((group) =>
    group.files.flatMap((file, index) => {
      const rows = rowsOf.get(group.offset + index)
      if (rows === undefined) return []
      const one = { files: [file], facts: group.facts, offset: group.offset + index }
      return select(context, table, one, [`__row IN (${rows.join(', ')})`])
    }),
  )
  return selects.length === 0 ? null : selects.join('\nUNION ALL ')
}

function stillThere(context: StoreContext, facts: ReadonlyMap<StorePath, LedgerFileFacts>): boolean {
  return [...facts].every(([file, { stat }]) => context.env.statNow(at(context, file))?.inode === stat.inode)
}
