import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { LedgerPage } from '../../../schemas/contract/ledger.ts'
import type { LedgerQuery } from '../../../schemas/generated/requests.ts'
import type { Asking } from '../api.ts'
import type { LedgerSources } from './sources.ts'

/** A page of a table. */
export async function queryLedger(
  _sources: LedgerSources,
  _request: LedgerQuery,
  _asking: Asking = {},
): Promise<LedgerPage> {
  throw new BarkeepError('INTERNAL', 'queryLedger is not there yet')
}
