import type { StorePath } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { isParquet, monthOfName, parseStorePath, TIMELINE, within } from '../layout/file-names.ts'
import { forEachOf } from '../read/shared-work.ts'
import { type EventFile, TIER } from './event-set.ts'

/** A file of the timeline by its name, and what tells whether it was replaced. */
export interface ListedFile extends EventFile {
  /** Null for a file that is known not to change. */
  readonly stat: FileStat | null
}

const STATS_AT_ONCE = 16

/**
 * Files of the timeline. Parts are listed before dayfiles and those before month files: compaction publishes the
 * larger file before it takes the smaller away, so an event missed in one pass is met in a later one. An event may be
 * met twice (the set of events sees to that), never not at all.
 * @param settled files that need no look at their size and time
 * @returns null when a file vanished on the way: list again
 */
export async function listTimeline(
  context: StoreContext,
  settled: (file: StorePath) => boolean,
): Promise<readonly ListedFile[] | null> {
  const found = new Map<StorePath, EventFile>()
  for (const tier of [TIER.part, TIER.dayfile, TIER.monthfile]) {
    const months = (await context.env.readDir(at(context, TIMELINE)))
      .filter(({ name, isDirectory }) => isDirectory && monthOfName(name) !== null)
      .map(({ name }) => within(TIMELINE, name))
    const listings = await Promise.all(months.map((folder) => listFolder(context, folder)))
    for (const file of listings.flat()) if (file.tier === tier) found.set(file.file, file)
  }
  return await identified(context, [...found.values()], settled)
}

/** Event files in a folder of the timeline, or in its companion below a private folder. */
export async function listFolder(
  context: StoreContext,
  folder: StorePath,
  standsFor: StorePath = folder,
): Promise<readonly EventFile[]> {
  const entries = await context.env.readDir(at(context, folder))
  return entries.flatMap(({ name, isDirectory }) => {
    if (isDirectory || !isParquet(name)) return []
    const { kind } = parseStorePath(within(standsFor, name))
    const tier = kind === 'dayfile' || kind === 'monthfile' ? TIER[kind] : TIER.part
    return [{ file: within(folder, name), tier }]
  })
}

/** The files with their sizes and times; null when one of them vanished. */
export async function identified(
  context: StoreContext,
  files: readonly EventFile[],
  settled: (file: StorePath) => boolean,
): Promise<readonly ListedFile[] | null> {
  const stats = new Map<StorePath, FileStat | null>()
  await forEachOf(files, STATS_AT_ONCE, async ({ file }) => {
    if (!settled(file)) stats.set(file, await context.env.stat(at(context, file)))
  })
  if ([...stats.values()].includes(null)) return null
  return files.map((file) => ({ ...file, stat: stats.get(file.file) ?? null }))
}
