import type { StorePath } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import { leftOfFile } from '../compact/left-of-file.ts'
import type { StoreContext } from '../context.ts'
import { firstName, parseStorePath, RECOVERY, seriesFolder } from '../layout/file-names.ts'
import type { LedgerFile } from '../ledger/ledger-files.ts'

export interface StandIns {
  /** Kept files, with the day or month that they are of. */
  readonly files: readonly LedgerFile[]
  /** The problem, saying what is shown instead. */
  readonly problem: Problem
  /** Kept files that are damaged themselves. */
  readonly problems: readonly Problem[]
}

/**
 * What answers in place of a damaged file of ours (SPEC Q3): the generation before it, and of a month the day files that
 * it was made of, as long as they are kept.
 */
export async function standInsFor(
  context: StoreContext,
  table: TableSchema,
  damaged: LedgerFile,
  problem: Problem,
): Promise<StandIns> {
  const left = await leftOfFile(context, table, damaged.file, seriesFolder(damaged.series))
  const files: LedgerFile[] = left.recovered.flatMap((file) => {
    const found = originOf(file)
    const isOfIt =
      found !== null &&
      JSON.stringify(found.series) === JSON.stringify(damaged.series) &&
      found.month === damaged.month &&
      (damaged.day === null || found.day === damaged.day)
    return isOfIt ? [{ ...found, file }] : []
  })
  if (left.previous !== null) files.push({ ...damaged, file: left.previous })
  const problems = left.problems.filter(({ file }) => originOf(file as StorePath)?.month === damaged.month)
  const shown =
    files.length === 0
      ? 'nothing is kept of it'
      : `shown instead: ${files.map(({ file }) => file).join(', ')}`
  return { files, problem: { ...problem, detail: `${problem.detail}; ${shown}` }, problems }
}

/** What a file in recovery was; a version of it may have been renamed to stand beside another. */
function originOf(recovered: StorePath): LedgerFile | null {
  const file = firstName(recovered.slice(RECOVERY.length + 1) as StorePath)
  const named = parseStorePath(file)
  if (named.kind !== 'dayfile' && named.kind !== 'monthfile') return null
  const { series } = named
  if (series.table === 'candles' || series.table === 'object_events') return null
  if (named.kind === 'monthfile') return { file, series, day: null, month: named.month }
  return { file, series, day: named.day, month: named.day.slice(0, 7) as LedgerFile['month'] }
}
