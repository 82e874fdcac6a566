import type { TableSchema } from '../../../schemas/tables/index.ts'
import { compareText } from '../events/event-order.ts'
import type { Row } from '../write/part-writer.ts'

/**
 * Rows in their table's order: total over rows of different keys, so that the same rows give the same bytes whatever order
 * they came in. What is absent comes first, text goes by code point.
 */
export function inLedgerOrder(table: TableSchema, rows: readonly Row[]): Row[] {
  return [...rows].sort((a, b) => {
    for (const name of table.order) {
      const order = compare(a[name] ?? null, b[name] ?? null)
      if (order !== 0) return order
    }
    return 0
  })
}

function compare(a: unknown, b: unknown): number {
  if (a === b) return 0
  if (a === null) return -1
  if (b === null) return 1
  return compareText(String(a), String(b))
}

/** A row's stable key as one text; a part of it may be absent. */
export function ledgerKey(table: TableSchema, row: Row): string {
  return JSON.stringify(table.key.map((name) => row[name] ?? null))
}
