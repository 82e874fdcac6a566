import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { DecisionDetail } from '../../../schemas/contract/ledger.ts'
import type { DecisionDetailRequest } from '../../../schemas/generated/requests.ts'
import type { Asking } from '../api.ts'
import type { LedgerSources } from './sources.ts'

/** All that is known around one decision. */
export async function decisionDetail(
  _sources: LedgerSources,
  _request: DecisionDetailRequest,
  _asking: Asking = {},
): Promise<DecisionDetail> {
  throw new BarkeepError('INTERNAL', 'decisionDetail is not there yet')
}
