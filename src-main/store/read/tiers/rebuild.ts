import type { StorePath } from '../../../../schemas/contract/units.ts'
import type { Problem } from '../../../../schemas/contract/viewport.ts'
import type { RebuiltTier, TierReceipt, WorkOptions } from '../../api.ts'
import { at, type StoreContext } from '../../context.ts'
import { OLD_DAYFILE_FACTS, TIERS, tierPath, within, yearOfTier } from '../../layout/file-names.ts'
import type { DayfileFactsCache } from '../dayfile-facts.ts'
import { type ListedDay, listDays, listTimeframes } from '../listing.ts'
import { throwIfAborted } from '../shared-work.ts'

/**
 * Writes the tiers of all dayfiles anew, year by year, each as one whole file in place of the one before; then takes away
 * tiers that no dayfile belongs to. Under the writer lock.
 * @throws CANCELLED between two years, NO_SPACE and IO as Node's own errors; years that were finished before stay
 */
export async function rebuildTiers(
  context: StoreContext,
  facts: DayfileFactsCache,
  { onProgress, signal }: WorkOptions = {},
): Promise<TierReceipt> {
  const tiers: RebuiltTier[] = []
  const leftOut: Problem[] = []
  const years = await yearsWithDayfiles(context)
  const total = [...years.values()].reduce((sum, { length }) => sum + length, 0)
  const written = new Set<StorePath>()
  let done = 0
  for (const [year, days] of years) {
    const [first] = days
    if (first === undefined) continue
    const { timeframe } = first
    const date = first.day.slice(0, 4)
    throwIfAborted(signal)
    onProgress?.({ done, total, step: year })
    const rebuilt = await facts.rebuildYear(timeframe, date, days, signal)
    written.add(tierPath(timeframe, date))
    tiers.push({ timeframe, year: date, days: rebuilt.days, bytes: rebuilt.bytes })
    leftOut.push(...rebuilt.leftOut)
    done += days.length
  }
  await removeOthers(context, written)
  onProgress?.({ done, total, step: 'done' })
  return { tiers, leftOut }
}

/** By `2m 2024`, shorter bars first. */
async function yearsWithDayfiles(context: StoreContext): Promise<ReadonlyMap<string, readonly ListedDay[]>> {
  const years = new Map<string, ListedDay[]>()
  for (const timeframe of await listTimeframes(context)) {
    for (const day of await listDays(context, timeframe)) {
      if (day.dayfile === null) continue
      const name = `${timeframe} ${day.day.slice(0, 4)}`
      const known = years.get(name)
      if (known === undefined) years.set(name, [day])
      else known.push(day)
    }
  }
  return years
}

async function removeOthers(context: StoreContext, written: ReadonlySet<StorePath>): Promise<void> {
  const { env } = context
  for (const folder of await env.readDir(at(context, TIERS))) {
    if (!folder.isDirectory) continue
    for (const { name, isDirectory } of await env.readDir(at(context, within(TIERS, folder.name)))) {
      const file = within(TIERS, folder.name, name)
      if (!isDirectory && yearOfTier(name) !== null && !written.has(file))
        await env.removeFile(at(context, file))
    }
  }
  await env.removeFile(at(context, OLD_DAYFILE_FACTS))
}
