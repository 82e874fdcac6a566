import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { AuditTimeline } from '../../../schemas/contract/ledger.ts'
import type { AuditTimelineRequest } from '../../../schemas/generated/requests.ts'
import type { Asking } from '../api.ts'
import type { LedgerSources } from '../query/sources.ts'

/** Audits by day, run and feature. */
export async function auditTimeline(
  _sources: LedgerSources,
  _request: AuditTimelineRequest,
  _asking: Asking = {},
): Promise<AuditTimeline> {
  throw new BarkeepError('INTERNAL', 'auditTimeline is not there yet')
}
