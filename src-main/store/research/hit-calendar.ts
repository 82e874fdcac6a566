import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { HitCalendar } from '../../../schemas/contract/ledger.ts'
import type { HitCalendarRequest } from '../../../schemas/generated/requests.ts'
import type { Asking } from '../api.ts'
import type { LedgerSources } from '../query/sources.ts'

/** Hits by trading day. */
export async function hitCalendar(
  _sources: LedgerSources,
  _request: HitCalendarRequest,
  _asking: Asking = {},
): Promise<HitCalendar> {
  throw new BarkeepError('INTERNAL', 'hitCalendar is not there yet')
}
