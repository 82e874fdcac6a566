import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { ExportReceipt } from '../../../schemas/contract/jobs.ts'
import type { ExportRequest } from '../../../schemas/generated/requests.ts'
import type { WorkOptions } from '../api.ts'
import type { LedgerSources } from '../query/sources.ts'

/** Writes rows outward. */
export async function exportTable(
  _sources: LedgerSources,
  _request: ExportRequest,
  _file: string,
  _options: WorkOptions = {},
): Promise<ExportReceipt> {
  throw new BarkeepError('INTERNAL', 'export is not there yet')
}
