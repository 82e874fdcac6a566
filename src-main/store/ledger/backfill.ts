import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { DailyTable } from '../../../schemas/tables/index.ts'
import type { BackfillReceipt, LedgerAppend } from '../api.ts'
import type { StoreContext } from '../context.ts'

/** Replaces whole past days of a ledger. */
export async function backfillLedger(
  _context: StoreContext,
  _table: DailyTable,
  _documents: AsyncIterable<unknown> | Iterable<unknown>,
  _options: LedgerAppend = {},
): Promise<BackfillReceipt> {
  throw new BarkeepError('INTERNAL', 'backfillLedger is not there yet')
}
