import { setImmediate } from 'node:timers/promises'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import { canonicalRow } from '../layout/digest.ts'
import { throwIfAborted } from '../read/shared-work.ts'
import type { Row } from '../write/part-writer.ts'

/** So many rows at once: some milliseconds, also of decisions with many features. */
const ROWS_AT_ONCE = 500

/**
 * The canonical line of each row (SPEC C5). A month of decisions takes seconds in all, in which the window that this process
 * may serve must go on answering: it is left every few rows.
 * @throws CANCELLED
 */
export async function linesOf(
  { columns }: TableSchema,
  rows: readonly Row[],
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const lines: string[] = []
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    if (start > 0) {
      throwIfAborted(signal)
      await setImmediate()
    }
    for (const row of rows.slice(start, start + ROWS_AT_ONCE)) lines.push(canonicalRow(columns, row))
  }
  return lines
}
