import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { UndoReceipt } from '../../../schemas/contract/jobs.ts'
import type { UndoRequest } from '../../../schemas/generated/requests.ts'
import type { WorkOptions } from '../api.ts'
import type { StoreContext } from '../context.ts'

/** Brings back what a backfill replaced. */
export async function undoBackfill(
  _context: StoreContext,
  _request: UndoRequest,
  _options: WorkOptions = {},
): Promise<UndoReceipt> {
  throw new BarkeepError('INTERNAL', 'undo is not there yet')
}
