import type { MarketZone } from '../../../schemas/contract/market-time.ts'
import { LEDGER, type LedgerTable } from '../../../schemas/tables/index.ts'
import type { Row } from '../write/part-writer.ts'
import { type Checked, rowChecker } from '../write/validate.ts'

/** Turns one document of a bot into rows of a table, or says which field is wrong and why (SPEC V11–V16). */
export interface LedgerDocuments {
  /** An audit or stats document gives several rows, all others one; never none. Columns in the table's order. */
  check(document: unknown): Checked<readonly Row[]>
}

/**
 * @param source stem of the file that the documents come from: an audit document without an id is named for it
 */
export function ledgerDocuments(
  table: LedgerTable,
  _zone: MarketZone,
  _source?: string | undefined,
): LedgerDocuments {
  const check = rowChecker(LEDGER[table])
  return {
    check(document) {
      const rejection = check(document)
      return rejection === null ? { row: [document as Row] } : { rejection }
    },
  }
}
