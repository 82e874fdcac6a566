import type { StorePath } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'
import type { DirEntry, FileStat } from '../fs/env.ts'
import { isParquet, monthOfName, parseStorePath, TIMELINE, within } from '../layout/file-names.ts'
import { KnownFolder } from '../layout/known-folder.ts'
import { forEachOf } from '../read/shared-work.ts'
import { type EventFile, TIER } from './event-set.ts'

/** A file of the timeline by its name, and what tells whether it was replaced. */
export interface ListedFile extends EventFile {
  /** Null for a file that is known not to change. */
  readonly stat: FileStat | null
}

const LISTINGS_AT_ONCE = 16

/**
 * How long a file in a folder at rest is taken for what it was: only a program that writes into a file in place changes
 * it there. Five years of dayfiles cost some 3 ms a look at each, more than all else that a viewport does.
 */
const STAT_LASTS_MILLIS = 1_000

/** The latest month, into which nearly all events go: looked at on every question, as those that changed lately are. */
const LIVELY_MONTHS = 1

/** A month's folder, and its files as of its last listing. */
interface Month {
  readonly folder: KnownFolder
  entries: readonly DirEntry[] | null
  files: readonly EventFile[]
}

/** Lists the files of the timeline, again and again: what can't have changed is not asked for. */
export class TimelineListing {
  readonly #context: StoreContext
  readonly #folder: KnownFolder
  /** By name. */
  #months = new Map<StorePath, Month>()
  readonly #stats = new Map<StorePath, { readonly stat: FileStat; readonly at: number }>()
  /** When the files of the last listing were looked at, the first of them; null while none has come to its end. */
  #lookedAt: number | null = null

  constructor(context: StoreContext) {
    this.#context = context
    this.#folder = new KnownFolder(context.env, at(context, TIMELINE))
  }

  /**
   * Whether the last listing still holds: a look at the latest month and those that changed lately, and once a second at
   * all others and at each file. Doesn't leave the thread.
   */
  isCurrent(): boolean {
    const age = this.#lookedAt === null ? Number.NaN : this.#context.env.now() - this.#lookedAt
    if (!(age >= 0 && age < STAT_LASTS_MILLIS) || !this.#folder.isCurrent()) return false
    let older = this.#months.size - LIVELY_MONTHS
    for (const { folder } of this.#months.values())
      if (!(older-- > 0 ? folder.isLikelyCurrent() : folder.isCurrent())) return false
    return true
  }

  /**
   * Parts are listed before dayfiles and those before month files: compaction publishes the larger file before it takes
   * the smaller away, so an event missed in one pass is met in a later one. An event may be met twice (the set of
   * events sees to that), never not at all.
   * @param settled files that need no look at their size and time
   * @returns null when a file vanished on the way: list again
   */
  async list(settled: (file: StorePath) => boolean): Promise<readonly ListedFile[] | null> {
    this.#lookedAt = null
    const found = new Map<StorePath, EventFile>()
    const restless = new Set<StorePath>()
    for (const tier of [TIER.part, TIER.dayfile, TIER.monthfile]) {
      let atRest = true
      await forEachOf(await this.#listMonths(), LISTINGS_AT_ONCE, async ([path, month]) => {
        const isAtRest = month.entries !== null && month.folder.isCurrent()
        if (!isAtRest) {
          restless.add(path)
          await this.#listMonth(path, month)
        }
        atRest &&= isAtRest
        for (const file of month.files) if (file.tier === tier || isAtRest) found.set(file.file, file)
      })
      // Nothing moved between any two folders while each was as it had been: one pass has seen it all.
      if (atRest && tier === TIER.part) break
    }
    const listed = identified(this.#context, [...found.values()], (file) => {
      return settled(file) || (!restless.has(folderOf(file)) && this.#isRecent(file))
    })
    return listed === null ? null : this.#withStats(listed, settled)
  }

  async #listMonths(): Promise<ReadonlyMap<StorePath, Month>> {
    if (!this.#folder.isCurrent()) await this.#folder.list()
    const months = new Map<StorePath, Month>()
    for (const { name, isDirectory } of this.#folder.entries) {
      if (!isDirectory || monthOfName(name) === null) continue
      const path = within(TIMELINE, name)
      const folder = new KnownFolder(this.#context.env, at(this.#context, path))
      months.set(path, this.#months.get(path) ?? { folder, entries: null, files: [] })
    }
    this.#months = months
    return months
  }

  async #listMonth(path: StorePath, month: Month): Promise<void> {
    await month.folder.list()
    const { entries } = month.folder
    if (entries === month.entries) return
    month.entries = entries
    month.files = eventFilesOf(entries, path, path)
  }

  /** Looked at a moment ago: what a question finds a second later is looked at again. */
  #isRecent(file: StorePath): boolean {
    const known = this.#stats.get(file)
    const age = known === undefined ? Number.NaN : this.#context.env.now() - known.at
    return age >= 0 && age < STAT_LASTS_MILLIS
  }

  #withStats(listed: readonly ListedFile[], settled: (file: StorePath) => boolean): readonly ListedFile[] {
    const now = this.#context.env.now()
    const standing = new Set(listed.map(({ file }) => file))
    for (const file of this.#stats.keys()) if (!standing.has(file)) this.#stats.delete(file)
    let lookedAt = now
    const whole = listed.map((entry) => {
      if (settled(entry.file)) return entry
      if (entry.stat !== null) {
        this.#stats.set(entry.file, { stat: entry.stat, at: now })
        return entry
      }
      const known = this.#stats.get(entry.file)
      lookedAt = Math.min(lookedAt, known?.at ?? 0)
      return { ...entry, stat: known?.stat ?? null }
    })
    this.#lookedAt = lookedAt
    return whole
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
  return eventFilesOf(await context.env.readDir(at(context, folder)), folder, standsFor)
}

function eventFilesOf(
  entries: readonly DirEntry[],
  folder: StorePath,
  standsFor: StorePath,
): readonly EventFile[] {
  return entries.flatMap(({ name, isDirectory }) => {
    if (isDirectory || !isParquet(name)) return []
    const { kind } = parseStorePath(within(standsFor, name))
    const tier = kind === 'dayfile' || kind === 'monthfile' ? TIER[kind] : TIER.part
    return [{ file: within(folder, name), tier }]
  })
}

/** The files with their sizes and times; null when one of them vanished. Doesn't leave the thread. */
export function identified(
  context: StoreContext,
  files: readonly EventFile[],
  settled: (file: StorePath) => boolean,
): readonly ListedFile[] | null {
  const listed: ListedFile[] = []
  for (const file of files) {
    const isSettled = settled(file.file)
    const stat = isSettled ? null : context.env.statNow(at(context, file.file))
    if (!isSettled && stat === null) return null
    listed.push({ ...file, stat })
  }
  return listed
}

export function folderOf(file: StorePath): StorePath {
  return file.slice(0, file.lastIndexOf('/')) as StorePath
}
