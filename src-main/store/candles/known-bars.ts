import type { StorePath, Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { CandleRow } from '../../../schemas/generated/rows.ts'
import { at, type StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { dayfilePath, parsePartName, partFolder, within } from '../layout/file-names.ts'
import { candleSeries, parquetNames, sameLook } from '../read/listing.ts'
import { candleKey, candleLine } from './candle-rows.ts'
import { readDay, readParts } from './day-files.ts'
import { type CandlePart, shownBars } from './resolve.ts'

/** The version of a bar that is shown, as far as an append must know it. */
export interface KnownBar {
  readonly line: string
  /** It stands in the dayfile: other values are refused (W5). */
  readonly compacted: boolean
  /** The part that holds it. Of parts the last by name is shown. */
  readonly name: string
}

/** What is known of one day of a timeframe: every bar that is shown, and the files that this was read from. */
export class KnownDay {
  readonly bars = new Map<string, KnownBar>()
  /** Parts that were read whole and need no second look. */
  readonly parts = new Set<string>()
  /** Parts under names of other programs' own, which may be written again. */
  readonly foreign = new Map<string, FileStat | null>()
  dayfile: FileStat | null = null
  /**
   * False when parts were read whose writer may have been killed, or failed, before it synced the folder: a duplicate of
   * theirs must not be acknowledged before that is made up for.
   */
  isFolderSynced = true
}

/** Bounds of what is kept: about 300 bytes a bar. */
const MOST_BARS = 100_000
const MOST_DAYS = 64

/**
 * Bars that stand on disk, by day: what tells a new bar from a duplicate, a conflict and a refused correction. A day is
 * read when it is first written to and kept current by listing; the days written to longest ago are forgotten first, so
 * that memory stays flat on an endless input.
 */
export class KnownBars {
  readonly #context: StoreContext
  /** In order of use, the latest last. */
  readonly #days = new Map<string, KnownDay>()

  constructor(context: StoreContext) {
    this.#context = context
  }

  /** The day as it stands on disk now; only what came since the last look is read. @throws IO */
  async current(timeframe: Timeframe, day: UtcDay): Promise<KnownDay> {
    const key = `${timeframe}/${day}`
    const held = this.#days.get(key)
    const isCurrent = held !== undefined && (await this.#extend(held, timeframe, day))
    const known = isCurrent ? held : await this.#read(timeframe, day)
    this.#days.delete(key)
    this.#days.set(key, known)
    this.#forget(key)
    return known
  }

  /** Whether the day is known and the bar wasn't there at the last look: a guess, without asking the disk. */
  seemsNew(timeframe: Timeframe, day: UtcDay, row: CandleRow): boolean {
    return this.#days.get(`${timeframe}/${day}`)?.bars.has(candleKey(row)) === false
  }

  /** A part that this process has just made durable. */
  adopt(known: KnownDay, name: string, row: CandleRow): void {
    known.parts.add(name)
    takeBar(known, name, row)
  }

  /** Takes in new parts. False when something that was read is gone or was replaced. */
  async #extend(held: KnownDay, timeframe: Timeframe, day: UtcDay): Promise<boolean> {
    const series = candleSeries(timeframe)
    // Side by side: what one of them misses of a compaction shows as parts that are gone, or at the next look.
    const [parts, dayfile] = await Promise.all([
      parquetNames(this.#context, partFolder(series, day)),
      this.#context.env.stat(at(this.#context, dayfilePath(series, day))),
    ])
    if (!sameLook(held.dayfile, dayfile)) return false
    const added = parts.filter((name) => !held.parts.has(name) && !held.foreign.has(name))
    // Names are distinct: with fewer of them known than were read, one is gone.
    if (parts.length - added.length < held.parts.size + held.foreign.size) return false
    for (const [name, stat] of held.foreign) {
      if (!sameLook(stat, await this.#statOf(timeframe, day, name))) return false
    }
    if (added.length === 0) return true
    const read = await readParts(this.#context, timeframe, day, added)
    if (read === null) return false
    await this.#take(held, timeframe, day, read)
    return true
  }

  async #read(timeframe: Timeframe, day: UtcDay): Promise<KnownDay> {
    const { dayfile, parts } = await readDay(this.#context, timeframe, day)
    const known = new KnownDay()
    known.dayfile = dayfile?.stat ?? null
    // What stands in for a damaged dayfile speaks for it: what it held is still compacted.
    const { standing, recovered } = dayfile?.standIn ?? { standing: dayfile?.rows ?? null, recovered: [] }
    for (const row of shownBars({ standing, parts: recovered }).values()) {
      known.bars.set(candleKey(row), { line: candleLine(row), compacted: true, name: '' })
    }
    await this.#take(known, timeframe, day, parts)
    return known
  }

  async #take(
    known: KnownDay,
    timeframe: Timeframe,
    day: UtcDay,
    parts: readonly CandlePart[],
  ): Promise<void> {
    for (const { file, rows, blemish } of parts) {
      const name = nameOf(file)
      known.isFolderSynced = false
      if (parsePartName(name) === null) known.foreign.set(name, await this.#statOf(timeframe, day, name))
      // A part that can't be read may be on its way: it is tried again.
      else if (blemish?.code !== 'UNREADABLE') known.parts.add(name)
      for (const row of rows) takeBar(known, name, row)
    }
  }

  #statOf(timeframe: Timeframe, day: UtcDay, name: string): Promise<FileStat | null> {
    const folder = partFolder(candleSeries(timeframe), day)
    return this.#context.env.stat(at(this.#context, within(folder, name)))
  }

  #forget(inUse: string): void {
    let bars = 0
    for (const day of this.#days.values()) bars += day.bars.size
    for (const [key, day] of this.#days) {
      if ((bars <= MOST_BARS && this.#days.size <= MOST_DAYS) || key === inUse) break
      this.#days.delete(key)
      bars -= day.bars.size
    }
  }
}

/** C1's rule: the dayfile over any part, of parts the last by name. */
function takeBar(known: KnownDay, name: string, row: CandleRow): void {
  const key = candleKey(row)
  const held = known.bars.get(key)
  if (held !== undefined && (held.compacted || held.name > name)) return
  known.bars.set(key, { line: candleLine(row), compacted: false, name })
}

function nameOf(file: StorePath): string {
  return file.slice(file.lastIndexOf('/') + 1)
}
