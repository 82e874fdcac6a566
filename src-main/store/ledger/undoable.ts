import type { StorePath, UtcDay } from '../../../schemas/contract/units.ts'
import { type Generation, readGeneration, type Undoable } from '../compact/generation.ts'
import type { StoreContext } from '../context.ts'

/** What a file's record says can be brought back: by its own backfill or undo, and by those of other days before it. */
export function undoablesOf(generation: Generation): readonly Undoable[] {
  const { origin, operation, days = [], replaces, writtenAt, others = [] } = generation
  if (operation === undefined || (origin !== 'backfill' && origin !== 'undo')) return []
  return [{ operation, days, replaces, writtenAt }, ...others]
}

/** What stays so once these days are replaced anew: a month's file has many, and each is taken back for itself. */
export async function stillUndoable(
  context: StoreContext,
  file: StorePath,
  days: readonly UtcDay[],
): Promise<readonly Undoable[]> {
  const record = await readGeneration(context, file)
  if (record === null) return []
  return undoablesOf(record).flatMap((each) => {
    const left = each.days.filter((day) => !days.includes(day))
    return left.length === 0 ? [] : [{ ...each, days: left }]
  })
}
