import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StabilityReport } from '../../../schemas/contract/ledger.ts'
import type { StabilityRequest } from '../../../schemas/generated/requests.ts'
import type { Asking } from '../api.ts'
import type { LedgerSources } from '../query/sources.ts'

/** Features over time. */
export async function featureStability(
  _sources: LedgerSources,
  _request: StabilityRequest,
  _asking: Asking = {},
): Promise<StabilityReport> {
  throw new BarkeepError('INTERNAL', 'featureStability is not there yet')
}
