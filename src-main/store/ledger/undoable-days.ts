import type { StorePath, UtcDay } from '../../../schemas/contract/units.ts'
import type { DailyTable } from '../../../schemas/tables/index.ts'
import { readGeneration } from '../compact/generation.ts'
import { at, type StoreContext } from '../context.ts'
import { companion, firstName, PREVIOUS, within } from '../layout/file-names.ts'
import { undoablesOf } from './undoable.ts'

/**
 * Days whose last backfill or undo can still be taken back, by what is kept of them (SPEC E11): cheap enough for every look
 * at the store, since only files with something kept have their record read. An undo itself checks far more.
 */
export async function undoableDays(context: StoreContext, table: DailyTable): Promise<ReadonlySet<UtcDay>> {
  const kept = await keptFiles(context, companion(PREVIOUS, table as string as StorePath))
  const files = new Set([...kept].map((path) => firstName(path.slice(PREVIOUS.length + 1) as StorePath)))
  const days = new Set<UtcDay>()
  for (const file of files) {
    // A record that can't be understood is doctor's to name; nothing is offered by it.
    const record = await readGeneration(context, file).catch(() => null)
    if (record === null) continue
    for (const { days: replaced, replaces } of undoablesOf(record)) {
      const keptAs = replaces?.keptAs ?? null
      if (keptAs !== null && kept.has(keptAs)) for (const day of replaced) days.add(day)
    }
  }
  return days
}

/** Those in a folder and in the hive folders in it. */
async function keptFiles(context: StoreContext, folder: StorePath): Promise<ReadonlySet<StorePath>> {
  const found = new Set<StorePath>()
  for (const { name, isDirectory } of await context.env.readDir(at(context, folder))) {
    const entry = within(folder, name)
    if (!isDirectory) found.add(entry)
    else
      for (const inside of await context.env.readDir(at(context, entry)))
        if (!inside.isDirectory) found.add(within(entry, inside.name))
  }
  return found
}
