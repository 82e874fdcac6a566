import { type ErrorReport, reportOf } from '../../../schemas/contract/errors.ts'
import { formatUtcIso } from '../../../schemas/contract/market-time.ts'
import type { OperationRow } from '../../../schemas/generated/rows.ts'
import { OPERATIONS } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import { canonicalJson } from '../layout/digest.ts'
import { operationsFolder, operationsMonth } from '../layout/operation-names.ts'
import { rollUp } from './roll-up.ts'

export { lastRunOf, operationsOf } from './read-operations.ts'

/** What is known of an operation when it ends; id, times and derived columns are the log's. */
export type EndedOperation = Omit<OperationRow, 'operation_id' | 'ts' | 'ts_iso'>

/** Entries of a list that a receipt keeps. */
const LIST_KEPT = 200
/** Text of one value that a receipt keeps; a person reads a line. */
const TEXT_KEPT = 2_000

/**
 * Adds a row to the log of operations (SPEC F30); durable when it resolves. Needs no lock.
 * @param tell told when the files of the log could not be rolled up, which costs time and nothing else
 * @throws NO_SPACE, IO: nothing of the operation itself is undone by that, whoever calls tells it and goes on
 */
export async function logOperation(
  context: StoreContext,
  ended: EndedOperation,
  tell: (problem: ErrorReport) => void = () => {},
): Promise<OperationRow> {
  const { env } = context
  const ts = env.now()
  const row: OperationRow = {
    operation_id: `${env.randomId()}${env.randomId()}`,
    ts,
    ts_iso: formatUtcIso(ts),
    ...ended,
    summary: lineOf(ended.summary),
    error_message: ended.error_message == null ? null : lineOf(ended.error_message),
    receipt: ended.receipt == null ? null : kept(ended.receipt),
  }
  const folder = operationsFolder(operationsMonth(ts))
  await context.partWriter.write(at(context, folder), OPERATIONS, { ...row })
  try {
    await rollUp(context)
  } catch (error) {
    tell(reportOf(error))
  }
  return row
}

/** A receipt as it is kept: keys sorted, and what would let the log grow with the store cut. */
function kept(receipt: object): NonNullable<OperationRow['receipt']> {
  return JSON.parse(canonicalJson(cut(receipt))) as NonNullable<OperationRow['receipt']>
}

/** Lists are cut after 200 entries; the last one then tells how many more there were. */
function cut(value: unknown): unknown {
  if (typeof value === 'string') return shortened(value)
  if (typeof value === 'number' && !Number.isFinite(value)) return null
  if (value === null || typeof value !== 'object') return value
  if (ArrayBuffer.isView(value)) return null
  if (Array.isArray(value)) {
    const first = value.slice(0, LIST_KEPT).map(cut)
    return value.length > LIST_KEPT ? [...first, `… ${value.length - LIST_KEPT} more`] : first
  }
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, cut(entry)]))
}

function lineOf(text: string): string {
  return shortened(text.replaceAll(/\s*\n\s*/g, ' ').trim())
}

/** Whole Unicode: half a surrogate pair is nothing that a file holds. */
function shortened(text: string): string {
  const short = text.length > TEXT_KEPT ? `${text.slice(0, TEXT_KEPT)}…` : text
  return new TextDecoder().decode(new TextEncoder().encode(short))
}
