import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { Performance } from '../../../schemas/contract/ledger.ts'
import type { LedgerSummaryRequest } from '../../../schemas/generated/requests.ts'
import type { Asking } from '../api.ts'
import type { LedgerSources } from './sources.ts'

/** How the decisions of a filter ended. */
export async function ledgerSummary(
  _sources: LedgerSources,
  _request: LedgerSummaryRequest,
  _asking: Asking = {},
): Promise<Performance> {
  throw new BarkeepError('INTERNAL', 'ledgerSummary is not there yet')
}
