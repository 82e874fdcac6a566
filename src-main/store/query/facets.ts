import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { LedgerFacets } from '../../../schemas/contract/ledger.ts'
import type { LedgerFacetsRequest } from '../../../schemas/generated/requests.ts'
import type { Asking } from '../api.ts'
import type { LedgerSources } from './sources.ts'

/** What filters can be set to. */
export async function ledgerFacets(
  _sources: LedgerSources,
  _request: LedgerFacetsRequest,
  _asking: Asking = {},
): Promise<LedgerFacets> {
  throw new BarkeepError('INTERNAL', 'ledgerFacets is not there yet')
}
