import type { StorePath, UtcMonth } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import type { ReplacedFile } from '../compact/resolver.ts'
import { canonicalRow } from '../layout/digest.ts'
import type { Partition } from '../layout/partition-names.ts'
import type { Row } from '../write/part-writer.ts'
import type { LedgerFileRows } from './read-rows.ts'
import { inLedgerOrder, ledgerKey } from './row-order.ts'

/** What a month's rows come to. */
export interface MergedMonth {
  /** In the table's order, each key once. */
  readonly rows: readonly Row[]
  /** Every row that was read, losers included. */
  readonly inputs: readonly Row[]
  readonly merged: readonly ReplacedFile[]
  /** Those of `merged` of which values lost. */
  readonly contested: readonly StorePath[]
  /** Rows that lost to another with their key and other values, and the first of them. */
  readonly conflicts: number
  readonly firstConflict: { readonly file: StorePath; readonly key: string } | null
}

/**
 * The rule of a ledger's month (SPEC E20): the month file is right, then its day files in the order of their days; of a key
 * the first row counts, and a later one with other values is a conflict.
 * @param standing rows of the month file, or those proven to have been in it; empty for a first one
 * @param days sound day files, ascending
 */
export function mergeMonth(
  table: TableSchema,
  standing: readonly Row[],
  days: readonly LedgerFileRows[],
): MergedMonth {
  const winners = new Map<string, Row>()
  const inputs: Row[] = []
  let conflicts = 0
  let firstConflict: MergedMonth['firstConflict'] = null
  /** @returns whether values of these lost */
  const take = (rows: readonly Row[], file: StorePath | null): boolean => {
    let lost = false
    for (const row of rows) {
      inputs.push(row)
      const key = ledgerKey(table, row)
      const winner = winners.get(key)
      if (winner === undefined) winners.set(key, row)
      else if (!isSame(table, winner, row)) {
        conflicts += 1
        lost = true
        if (file !== null) firstConflict ??= { file, key }
      }
    }
    return lost
  }
  take(standing, null)
  const contested = days.flatMap(({ file, rows }) => {
    const given = rows.map(({ row }) => row)
    return take(given, file) ? file : []
  })
  return {
    rows: inLedgerOrder(table, [...winners.values()]),
    inputs,
    merged: days.map(({ file, rows }) => ({ file, rows: rows.length })),
    contested,
    conflicts,
    firstConflict,
  }
}

/** Where a file's rows belong: its month, and the values of its hive folder. */
export interface Place {
  readonly month: UtcMonth
  readonly partition: Partition | null
}

/** Why a file's rows can't all go into a file of ours; null when they can. */
export function rowsObstacle(
  table: TableSchema,
  { file, rows }: LedgerFileRows,
  place: Place,
): Problem | null {
  const broken = rows.filter(({ breach }) => breach !== null)
  const [first] = broken
  if (first?.breach != null)
    return { file, code: 'BAD_ROW', detail: `${first.breach}${andMore(broken.length)}` }
  const strays = rows.filter(({ row }) => !isAt(row, place))
  const [stray] = strays
  if (stray === undefined) return repetition(table, file, rows)
  const { partition, month } = place
  const here = partition === null ? month : `${month} and ${partition.column} ${partition.value}`
  const told = `a row of ${String(stray.row.timestamp_utc)} is not of ${here}`
  return { file, code: 'WRONG_PLACE', detail: `${told}${andMore(strays.length)}` }
}

/** A key that one file gives twice with different values: which of them is meant only its writer knows. */
function repetition(table: TableSchema, file: StorePath, rows: LedgerFileRows['rows']): Problem | null {
  const known = new Map<string, Row>()
  for (const { row } of rows) {
    const key = ledgerKey(table, row)
    const first = known.get(key)
    if (first !== undefined && !isSame(table, first, row))
      return { file, code: 'CONFLICT', detail: `${key} stands in it more than once, with different values` }
    if (first === undefined) known.set(key, row)
  }
  return null
}

/** Asked of rows that share a key alone: most don't. */
function isSame({ columns }: TableSchema, a: Row, b: Row): boolean {
  return canonicalRow(columns, a) === canonicalRow(columns, b)
}

function andMore(count: number): string {
  return count === 1 ? '' : `; ${count} such rows`
}

/** Sound rows have their time in the one stored form, whose beginning is the month. */
function isAt(row: Row, { month, partition }: Place): boolean {
  if (typeof row.timestamp_utc !== 'string' || !row.timestamp_utc.startsWith(`${month}-`)) return false
  return partition === null || row[partition.column] === partition.value
}
