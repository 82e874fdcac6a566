import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { DecisionMarkers } from '../../../schemas/contract/ledger.ts'
import type { DecisionMarkersRequest } from '../../../schemas/generated/requests.ts'
import type { Asking } from '../api.ts'
import type { LedgerSources } from './sources.ts'

/** Decisions of a chart window. */
export async function decisionMarkers(
  _sources: LedgerSources,
  _request: DecisionMarkersRequest,
  _asking: Asking = {},
): Promise<DecisionMarkers> {
  throw new BarkeepError('INTERNAL', 'decisionMarkers is not there yet')
}
