import type { Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'
import type { DirEntry, FileStat } from '../fs/env.ts'
import {
  dayfilePath,
  dayOfName,
  isParquet,
  partFolder,
  type Series,
  seriesFolder,
} from '../layout/file-names.ts'
import { KnownFolder, LOOK_LASTS_MILLIS } from '../layout/known-folder.ts'
import { candleSeries, type ListedDay, sameLook } from './listing.ts'
import { forEachOf } from './shared-work.ts'

/**
 * Up to so many days, a question looks at each part folder; over more (years on a screen), at empty and calm ones once a
 * second: 1,260 looks cost 3 ms. Dayfiles come by rename, which the timeframe's folder tells, so each of them is looked
 * at once a second: what is written into one in place can hide for so long.
 */
const EXACT_DAYS = 16

/** Folders listed at once. */
const LISTINGS_AT_ONCE = 16

interface KnownDay {
  readonly day: UtcDay
  /** Absolute. */
  readonly dayfile: string
  /** Null when the timeframe's folder holds none for the day. */
  readonly parts: KnownFolder | null
  /** The entries that `listed.parts` were taken from. */
  entries: readonly DirEntry[] | null
  /** Null before the first look. */
  listed: ListedDay | null
  lookedAt: number
  /** The listing of the timeframe's folder that the look belongs to. */
  listing: number
}

/** The days of one timeframe; see `Catalogue`. */
export class TimeframeDays {
  readonly #context: StoreContext
  readonly #timeframe: Timeframe
  readonly #series: Series
  readonly #folder: KnownFolder
  #days = new Map<UtcDay, KnownDay>()
  /** Ascending. */
  #sorted: readonly UtcDay[] = []
  #indexed: readonly DirEntry[] | null = null
  /** Listings of the folder so far. After another one any dayfile may be another file, under the same names. */
  #listings = 0

  constructor(context: StoreContext, timeframe: Timeframe) {
    this.#context = context
    this.#timeframe = timeframe
    this.#series = candleSeries(timeframe)
    this.#folder = new KnownFolder(context.env, at(context, seriesFolder(this.#series)))
  }

  async open(): Promise<void> {
    await this.#listFolder()
  }

  betweenNow(first = '', last = '~'): readonly ListedDay[] | null {
    if (!this.#folder.isCurrent()) return null
    this.#index()
    return this.#lookNow(this.#range(first, last))
  }

  async between(first = '', last = '~'): Promise<readonly ListedDay[]> {
    const known = this.betweenNow(first, last)
    if (known !== null) return known
    await this.#listFolder()
    return this.#look(this.#range(first, last))
  }

  async named(days: readonly UtcDay[]): Promise<readonly ListedDay[]> {
    await this.#listFolder()
    const known = new Map((await this.#look(days)).map((listed) => [listed.day, listed]))
    return days.map(
      (day) =>
        known.get(day) ?? {
          timeframe: this.#timeframe,
          day,
          parts: [],
          dayfile: this.#statNow(at(this.#context, dayfilePath(this.#series, day))),
        },
    )
  }

  async #listFolder(): Promise<void> {
    if (!this.#folder.isCurrent()) {
      await this.#folder.list()
      this.#listings++
    }
    this.#index()
  }

  /** Takes the days from the folder's entries, when they are others than before. */
  #index(): void {
    const { entries } = this.#folder
    if (entries === this.#indexed) return
    this.#indexed = entries
    const hasFolder = new Map<UtcDay, boolean>()
    for (const { name, isDirectory } of entries) {
      if (isDirectory === isParquet(name)) continue
      const day = dayOfName(name)
      if (day !== null) hasFolder.set(day, isDirectory || (hasFolder.get(day) ?? false))
    }
    const days = new Map<UtcDay, KnownDay>()
    for (const [day, has] of hasFolder) {
      const known = this.#days.get(day)
      const fits = known !== undefined && (known.parts !== null) === has
      days.set(day, fits ? known : this.#unknown(day, has))
    }
    this.#days = days
    this.#sorted = [...days.keys()].sort()
  }

  #unknown(day: UtcDay, hasFolder: boolean): KnownDay {
    const folder = at(this.#context, partFolder(this.#series, day))
    const parts = hasFolder ? new KnownFolder(this.#context.env, folder) : null
    const dayfile = at(this.#context, dayfilePath(this.#series, day))
    return { day, dayfile, parts, entries: null, listed: null, lookedAt: 0, listing: -1 }
  }

  #range(first: string, last: string): readonly UtcDay[] {
    const start = firstNotBefore(this.#sorted, first)
    let end = start
    // A window of a day ends at once; of years, walking costs less than the looks that follow.
    while (end < this.#sorted.length && (this.#sorted[end] as UtcDay) <= last) end++
    return this.#sorted.slice(start, end)
  }

  #lookNow(days: readonly UtcDay[]): readonly ListedDay[] | null {
    const isExact = days.length <= EXACT_DAYS
    const listed: ListedDay[] = []
    for (const day of days) {
      const known = this.#days.get(day)
      if (known === undefined) return null
      // A day without a part folder needs no listing, not even the first time.
      if (known.parts !== null && (known.listed === null || !isStill(known.parts, isExact))) return null
      listed.push(this.#withDayfile(known))
    }
    return listed
  }

  async #look(days: readonly UtcDay[]): Promise<readonly ListedDay[]> {
    const isExact = days.length <= EXACT_DAYS
    const listed: ListedDay[] = []
    const known = days.flatMap((day) => this.#days.get(day) ?? [])
    // Parts before the dayfile: compaction publishes the dayfile before it moves the parts, so a reader that comes in
    // between sees a bar twice (and settles it) rather than not at all.
    const changed = known.flatMap(({ parts }) => (parts === null || isStill(parts, isExact) ? [] : parts))
    await forEachOf(changed, LISTINGS_AT_ONCE, async (parts) => {
      await parts.list()
    })
    for (const day of known) listed.push(this.#withDayfile(day))
    return listed
  }

  /** What is known of a day, with its dayfile as it stands now, or stood within a second (see EXACT_DAYS). */
  #withDayfile(known: KnownDay): ListedDay {
    const { parts, listed } = known
    const entries = parts?.entries ?? null
    const names = listed !== null && entries === known.entries ? listed.parts : parquetNamesOf(entries)
    const now = this.#context.env.now()
    const age = now - known.lookedAt
    const isRecent = known.listing === this.#listings && age >= 0 && age < LOOK_LASTS_MILLIS
    let dayfile = listed?.dayfile ?? null
    if (listed === null || names !== listed.parts || !isRecent) {
      const stat = this.#statNow(known.dayfile)
      known.lookedAt = now
      known.listing = this.#listings
      if (!sameLook(dayfile, stat)) dayfile = stat
    }
    if (listed !== null && names === listed.parts && dayfile === listed.dayfile) return listed
    known.entries = entries
    known.listed = { timeframe: this.#timeframe, day: known.day, parts: names, dayfile }
    return known.listed
  }

  #statNow(dayfile: string): FileStat | null {
    const stat = this.#context.env.statNow(dayfile)
    return stat?.isDirectory === false ? stat : null
  }
}

function isStill(parts: KnownFolder, isExact: boolean): boolean {
  return isExact || parts.entries.length > 0 ? parts.isCurrent() : parts.isLikelyCurrent()
}

function parquetNamesOf(entries: readonly DirEntry[] | null): readonly string[] {
  return (entries ?? []).flatMap(({ name, isDirectory }) => (!isDirectory && isParquet(name) ? name : []))
}

/** Index of the first day that is not before `first`. */
function firstNotBefore(days: readonly UtcDay[], first: string): number {
  let low = 0
  let high = days.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((days[middle] as UtcDay) < first) low = middle + 1
    else high = middle
  }
  return low
}
