import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { AfterCloseReceipt } from '../../../schemas/contract/live.ts'
import type { AfterCloseRequest } from '../../../schemas/generated/requests.ts'
import type { WorkOptions } from '../api.ts'
import type { StoreContext } from '../context.ts'

/** Compacts what is due after the last close, writes its moving averages, purges what retention lets go (SPEC F20). */
export async function runAfterClose(
  _context: StoreContext,
  _request: AfterCloseRequest,
  _work: WorkOptions = {},
): Promise<AfterCloseReceipt> {
  throw new BarkeepError('INTERNAL', 'The run after the close is not there yet.')
}
