import type { StorePath } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { sameFile } from '../layout/checksums.ts'
import { isParquet, monthOfName, parseStorePath, TIMELINE, within } from '../layout/file-names.ts'
import { forEachOf } from '../read/shared-work.ts'
import { type EventFile, TIER } from './event-set.ts'

/** A file of the timeline by its name, and what tells whether it was replaced. */
export interface ListedFile extends EventFile {
  /** Null for a file that is known not to change. */
  readonly stat: FileStat | null
}

const STATS_AT_ONCE = 16

/** A folder changed less than this ago may change again at the same time of a coarse clock, unseen. */
const RESTLESS_MILLIS = 2_000

/**
 * How long a file in a folder at rest is taken for what it was: only a program that writes into a file in place changes
 * it there. Five years of dayfiles cost some 50 ms a look at each, more than all else that a viewport does.
 */
const STAT_LASTS_MILLIS = 1_000

/** A month's folder as it was last listed. */
interface MonthFolder {
  readonly stat: FileStat
  readonly listedAt: number
  readonly files: readonly EventFile[]
}

/** Lists the files of the timeline, again and again: what can't have changed is not asked for. */
export class TimelineListing {
  readonly #context: StoreContext
  readonly #months = new Map<StorePath, MonthFolder>()
  readonly #stats = new Map<StorePath, { readonly stat: FileStat; readonly at: number }>()

  constructor(context: StoreContext) {
    this.#context = context
  }

  /**
   * Parts are listed before dayfiles and those before month files: compaction publishes the larger file before it takes
   * the smaller away, so an event missed in one pass is met in a later one. An event may be met twice (the set of
   * events sees to that), never not at all.
   * @param settled files that need no look at their size and time
   * @returns null when a file vanished on the way: list again
   */
  async list(settled: (file: StorePath) => boolean): Promise<readonly ListedFile[] | null> {
    const found = new Map<StorePath, EventFile>()
    const restless = new Set<StorePath>()
    for (const tier of [TIER.part, TIER.dayfile, TIER.monthfile]) {
      const entries = await this.#context.env.readDir(at(this.#context, TIMELINE))
      const months = entries.flatMap(({ name, isDirectory }) =>
        isDirectory && monthOfName(name) !== null ? within(TIMELINE, name) : [],
      )
      let atRest = true
      await forEachOf(months, STATS_AT_ONCE, async (month) => {
        const { files, isAtRest } = await this.#folder(month)
        atRest &&= isAtRest
        if (!isAtRest) restless.add(month)
        for (const file of files) if (file.tier === tier || isAtRest) found.set(file.file, file)
      })
      // Nothing moved between any two folders while each was as it had been: one pass has seen it all.
      if (atRest && tier === TIER.part) break
    }
    const listed = await identified(this.#context, [...found.values()], (file) => {
      return settled(file) || (!restless.has(folderOf(file)) && this.#isRecent(file))
    })
    return listed === null ? null : this.#withStats(listed, settled)
  }

  async #folder(month: StorePath): Promise<{ files: readonly EventFile[]; isAtRest: boolean }> {
    const { env } = this.#context
    const known = this.#months.get(month)
    const stat = await env.stat(at(this.#context, month))
    if (known !== undefined && stat !== null && sameFile(known.stat, stat)) {
      if (stat.mtimeMs < known.listedAt - RESTLESS_MILLIS) return { files: known.files, isAtRest: true }
    }
    const listedAt = env.now()
    const files = await listFolder(this.#context, month)
    // The time of before the listing: a change during it shows at the next look.
    if (stat !== null) this.#months.set(month, { stat, listedAt, files })
    return { files, isAtRest: false }
  }

  #isRecent(file: StorePath): boolean {
    const known = this.#stats.get(file)
    const age = known === undefined ? Number.NaN : this.#context.env.now() - known.at
    return age >= 0 && age < STAT_LASTS_MILLIS
  }

  #withStats(listed: readonly ListedFile[], settled: (file: StorePath) => boolean): readonly ListedFile[] {
    const now = this.#context.env.now()
    const standing = new Set(listed.map(({ file }) => file))
    for (const file of this.#stats.keys()) if (!standing.has(file)) this.#stats.delete(file)
    return listed.map((entry) => {
      if (settled(entry.file)) return entry
      if (entry.stat === null) return { ...entry, stat: this.#stats.get(entry.file)?.stat ?? null }
      this.#stats.set(entry.file, { stat: entry.stat, at: now })
      return entry
    })
  }
}

/** The files of the timeline, for one who looks once. @returns null when one vanished on the way: list again */
export function listTimeline(
  context: StoreContext,
  settled: (file: StorePath) => boolean,
): Promise<readonly ListedFile[] | null> {
  return new TimelineListing(context).list(settled)
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

export function folderOf(file: StorePath): StorePath {
  return file.slice(0, file.lastIndexOf('/')) as StorePath
}
