import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { PartitionPlan } from '../../../schemas/contract/ledger.ts'
import type { PartitionRequest } from '../../../schemas/generated/requests.ts'
import type { StoreContext } from '../context.ts'

/** Counts what a partition would come to, and sets it. */
export async function setPartition(
  _context: StoreContext,
  _request: PartitionRequest,
): Promise<PartitionPlan> {
  throw new BarkeepError('INTERNAL', 'partition is not there yet')
}
