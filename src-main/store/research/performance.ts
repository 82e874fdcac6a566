import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { PerformanceReport } from '../../../schemas/contract/ledger.ts'
import type { PerformanceRequest } from '../../../schemas/generated/requests.ts'
import type { Asking } from '../api.ts'
import type { LedgerSources } from '../query/sources.ts'

/** Performance by groups. */
export async function performanceReport(
  _sources: LedgerSources,
  _request: PerformanceRequest,
  _asking: Asking = {},
): Promise<PerformanceReport> {
  throw new BarkeepError('INTERNAL', 'performanceReport is not there yet')
}
