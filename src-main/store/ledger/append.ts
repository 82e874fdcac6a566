import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { LedgerTable } from '../../../schemas/tables/index.ts'
import type { LedgerAppend, LedgerOutcome } from '../api.ts'
import type { StoreContext } from '../context.ts'

/** Takes one batch of a ledger. */
export async function appendLedger(
  _context: StoreContext,
  _table: LedgerTable,
  _documents: readonly unknown[],
  _options: LedgerAppend = {},
): Promise<readonly LedgerOutcome[]> {
  throw new BarkeepError('INTERNAL', 'appendLedger is not there yet')
}
