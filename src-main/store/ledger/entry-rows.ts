import type { UtcDay } from '../../../schemas/contract/units.ts'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import type { LedgerOutcome } from '../api.ts'
import { canonicalJson, canonicalRow } from '../layout/digest.ts'
import type { Row } from '../write/part-writer.ts'

/** The UTC day of a row of the ledger: its time is text of fixed width in UTC. */
export function dayOfRow(row: Row): UtcDay {
  return String(row.timestamp_utc).slice(0, 10) as UtcDay
}

/** All values as text. */
export function lineOf({ columns }: TableSchema, row: Row): string {
  return canonicalRow(columns, row)
}

/** What a row says of the entry that stands under its key (SPEC E3). */
export type Meeting =
  | { readonly kind: 'duplicate' }
  /** In which column, the first of them. */
  | { readonly kind: 'conflict'; readonly field: string }
  /** The entry with what was learned later. */
  | { readonly kind: 'completed'; readonly row: Row }

const OUTCOME = /^outcome_/

/**
 * The first row of a key stands. A later one that differs in what isn't known yet completes it: outcome columns go from
 * null to a value. One without the outcome that is known by now is the entry as it was told first.
 */
export function meet(table: TableSchema, standing: Row, given: Row): Meeting {
  let completed: Row | null = null
  for (const { name } of table.columns) {
    const [known, told] = [standing[name] ?? null, given[name] ?? null]
    if (canonicalJson(known) === canonicalJson(told)) continue
    if (!OUTCOME.test(name) || (known !== null && told !== null)) return { kind: 'conflict', field: name }
    if (told !== null) completed = { ...(completed ?? standing), [name]: told }
  }
  return completed === null ? { kind: 'duplicate' } : { kind: 'completed', row: completed }
}

/** How a conflict is told. */
export function conflictOf(table: TableSchema, row: Row, field: string): LedgerOutcome {
  const key = table.key.map((name) => `${name} ${JSON.stringify(row[name] ?? null)}`).join(', ')
  return { outcome: 'conflict', field, reason: `${key} stands with another ${field}: the first row stays` }
}
