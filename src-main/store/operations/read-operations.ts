import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { OperationsPage } from '../../../schemas/contract/live.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { OperationsRequest } from '../../../schemas/generated/requests.ts'
import type { OperationRow } from '../../../schemas/generated/rows.ts'
import type { StoreContext } from '../context.ts'
import { type IndexedOperation, indexOf, logFiles, rowsOfOperations } from './log-files.ts'

/** Unless asked for more. */
const PAGE = 200

/** Looks during which a file was rolled up each time. */
const LOOKS = 25

/**
 * The log, newest first, each operation once (SPEC F32). Files that can't be read are named in `problems`; the others are told.
 * @throws IO when the log can't be listed
 */
export async function operationsOf(
  context: StoreContext,
  { limit = PAGE, before, kinds }: OperationsRequest,
): Promise<OperationsPage> {
  const wanted = ({ ts, kind }: IndexedOperation): boolean =>
    (before === undefined || ts < before) && (kinds === undefined || kinds.includes(kind))
  return pageOf(context, wanted, limit)
}

/**
 * The last run after the close that the log knows, by any program; of one trading day where one is named. Its `state` tells
 * whether it came to its end.
 */
export async function lastRunOf(context: StoreContext, session?: string): Promise<OperationRow | null> {
  const wanted = (operation: IndexedOperation): boolean =>
    operation.kind === 'after-close' && (session === undefined || operation.session === session)
  return (await pageOf(context, wanted, 1)).operations[0] ?? null
}

async function pageOf(
  context: StoreContext,
  wanted: (operation: IndexedOperation) => boolean,
  limit: number,
): Promise<OperationsPage> {
  for (let look = 1; look <= LOOKS; look++) {
    const { operations, problems, vanished } = await indexOf(context, await logFiles(context))
    if (vanished) continue
    // A roll and what it was made of stand side by side for a moment, or after a crash.
    const once = new Map(operations.filter(wanted).map((operation) => [operation.operation_id, operation]))
    const page = [...once.values()].sort(newestFirst).slice(0, limit)
    const rows = page.length === 0 ? new Map<string, OperationRow>() : await rowsOfOperations(context, page)
    if (page.every(({ operation_id }) => rows.has(operation_id)))
      return {
        operations: page.flatMap(({ operation_id }) => rows.get(operation_id) ?? []),
        total: once.size,
        problems: sorted(problems),
      }
  }
  throw new BarkeepError(
    'IO',
    'Files of the log of operations keep vanishing while they are read. Try again.',
  )
}

function newestFirst(a: IndexedOperation, b: IndexedOperation): number {
  return b.ts - a.ts || (a.operation_id < b.operation_id ? 1 : -1)
}

function sorted(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort((a, b) => (a.file < b.file ? -1 : 1))
}
