import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { OperationsPage } from '../../../schemas/contract/live.ts'
import type { OperationsRequest } from '../../../schemas/generated/requests.ts'
import type { OperationRow } from '../../../schemas/generated/rows.ts'
import type { StoreContext } from '../context.ts'

/** What is known of an operation when it ends; id, times and derived columns are the log's. */
export type EndedOperation = Omit<OperationRow, 'operation_id' | 'ts' | 'ts_iso'>

/** Adds a row to the log of operations; durable when it resolves. @throws NO_SPACE, IO */
export async function logOperation(_context: StoreContext, _ended: EndedOperation): Promise<OperationRow> {
  throw new BarkeepError('INTERNAL', 'The log of operations is not there yet.')
}

/** The log, newest first. Files that can't be read are named in `problems`. */
export async function operationsOf(
  _context: StoreContext,
  _request: OperationsRequest,
): Promise<OperationsPage> {
  return { operations: [], total: 0, problems: [] }
}
