import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StorePath, Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { CandleRow } from '../../../schemas/generated/rows.ts'
import { at, type StoreContext } from '../context.ts'
import { onChange } from '../write/change-news.ts'
import { Catalogue } from './catalogue.ts'
import type { DayBlock, LoadedPart } from './day-block.ts'
import { loadDays } from './day-loader.ts'
import { isCurrent, partPath } from './day-plan.ts'
import { barsOfRow } from './file-bars.ts'
import { type ListedDay, listDay, sameLook } from './listing.ts'
import { SharedWork, throwIfAborted } from './shared-work.ts'

const MEGABYTE = 1024 * 1024
const DEFAULT_CACHE_BYTES = 256 * MEGABYTE

/** Bars written by this process that wait for somebody to ask for their day. */
const WRITTEN_LIMIT = 20_000

/** A day whose files vanish each time they are read: no compaction is that busy. */
const ATTEMPTS = 25

/** A day that was read, whoever asked for it, and what had been in memory of it. Must not throw. */
export type LoadListener = (loaded: KnownDay, before: KnownDay | null) => void

/** A day's block with what the catalogue said of the day when it was last found current. */
export interface KnownDay {
  readonly block: DayBlock
  readonly listing: ListedDay
}

type Loading = SharedWork<ReadonlyMap<UtcDay, DayBlock>>

interface Held {
  block: DayBlock
  /** What the catalogue said of the day when the block was last found current: the very same object means that it is. */
  listing: ListedDay
  /** Parts whose names don't vouch for their content: looked at each time. */
  readonly watched: readonly LoadedPart[]
}

/**
 * The resident days: what a window needs is looked up in the catalogue, compared with what is in memory, and only what
 * is new or changed is read (SPEC R1–R3). The days used longest ago go first when they outgrow their bound.
 */
export class DayBlocks {
  readonly #context: StoreContext
  readonly #catalogue: Catalogue
  readonly #maxBytes: number
  /** In order of use, the latest last. */
  readonly #held = new Map<string, Held>()
  readonly #loading = new Map<string, Loading>()
  /** Not in a block yet. */
  readonly #written = new Map<StorePath, LoadedPart>()
  readonly #listeners = new Set<LoadListener>()
  #bytes = 0
  #clock = 0

  /** @param maxBytes bound of what stays between calls; a single window may be larger while it is answered */
  constructor(
    context: StoreContext,
    maxBytes: number = DEFAULT_CACHE_BYTES,
    catalogue: Catalogue = new Catalogue(context),
  ) {
    this.#context = context
    this.#catalogue = catalogue
    this.#maxBytes = maxBytes
    onChange(context, (change) => {
      if (change.kind !== 'part' || change.series.table !== 'candles') return
      // Forgetting costs no more than reading the parts.
      if (this.#written.size >= WRITTEN_LIMIT) this.#written.clear()
      const name = change.file.slice(change.file.lastIndexOf('/') + 1)
      const bars = barsOfRow(change.row as unknown as CandleRow)
      this.#written.set(change.file, { name, bars, problems: [], stat: null })
    })
  }

  /** For as long as the store is open. */
  onLoad(listener: LoadListener): void {
    this.#listeners.add(listener)
  }

  /** About how much is resident. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * The days of a timeframe from `first` to `last` (UTC days, inclusive) that have files, ascending, as of now or later.
   * @throws CANCELLED; IO when files can't be looked at, or vanish again and again
   */
  async between(
    timeframe: Timeframe,
    first: UtcDay,
    last: UtcDay,
    signal?: AbortSignal,
  ): Promise<readonly DayBlock[]> {
    throwIfAborted(signal)
    const resident = this.now(timeframe, first, last)
    if (resident !== null) return resident
    const listed = ++this.#clock
    return this.#answer(timeframe, await this.#catalogue.days(timeframe, first, last), listed, signal)
  }

  /** What stands on disk for the days that `between` would bring, or for all, without reading any of it. */
  async listed(timeframe: Timeframe, first?: UtcDay, last?: UtcDay): Promise<readonly ListedDay[]> {
    return this.#catalogue.days(timeframe, first, last)
  }

  /** What `between` answers, at once, when all of it is in memory and a look shows no change; null otherwise. */
  now(timeframe: Timeframe, first: UtcDay, last: UtcDay): readonly DayBlock[] | null {
    return this.#resident(timeframe, this.#catalogue.daysNow(timeframe, first, last))
  }

  /** The named days, as of now or later; throws as `between` does. A day without files has a block without bars. */
  async ofDays(
    timeframe: Timeframe,
    days: readonly UtcDay[],
    signal?: AbortSignal,
  ): Promise<readonly DayBlock[]> {
    return (await this.look(timeframe, days, signal)).blocks
  }

  /**
   * The same, with what stands on disk of each day: both of one listing, for that of a folder where a bot is writing costs
   * as much as all else. A block may be of a later moment than its listing, never of an earlier one.
   */
  async look(
    timeframe: Timeframe,
    days: readonly UtcDay[],
    signal?: AbortSignal,
  ): Promise<{ readonly listed: readonly ListedDay[]; readonly blocks: readonly DayBlock[] }> {
    throwIfAborted(signal)
    const clock = ++this.#clock
    const listed = await this.#catalogue.daysNamed(timeframe, days)
    return { listed, blocks: await this.#answer(timeframe, listed, clock, signal) }
  }

  /** The blocks of the days when all are in memory and nothing of them has changed; null otherwise. */
  #resident(timeframe: Timeframe, days: readonly ListedDay[] | null): readonly DayBlock[] | null {
    if (days === null) return null
    const blocks: DayBlock[] = []
    for (const day of days) {
      const held = this.#held.get(keyOf(timeframe, day.day))
      if (held === undefined || held.listing !== day || !this.#areStill(held.watched, day)) return null
      blocks.push(held.block)
    }
    for (const { day } of days) this.#use(keyOf(timeframe, day))
    return blocks
  }

  #areStill(parts: readonly LoadedPart[], day: ListedDay): boolean {
    const { env } = this.#context
    return parts.every(({ name, stat }) =>
      sameLook(stat, env.statNow(at(this.#context, partPath(day, name)))),
    )
  }

  /** Past the catalogue: a file of theirs is gone that it knew. */
  #listAnew(timeframe: Timeframe, days: readonly UtcDay[]): Promise<readonly ListedDay[]> {
    return Promise.all(days.map((day) => listDay(this.#context, timeframe, day)))
  }

  async #answer(
    timeframe: Timeframe,
    days: readonly ListedDay[],
    listed: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly DayBlock[]> {
    const found = new Map<UtcDay, DayBlock>()
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      throwIfAborted(signal)
      const missing = new Map<UtcDay, ListedDay>()
      for (const day of days) {
        const key = keyOf(timeframe, day.day)
        const held = this.#held.get(key)
        const block = held?.block
        if (block !== undefined && (block.listed >= listed || (await this.#isCurrent(key, block, day)))) {
          this.#use(key)
          found.set(day.day, block)
        } else missing.set(day.day, day)
      }
      for (const load of this.#loadsFor(timeframe, missing, listed)) {
        for (const [day, block] of await load.join(signal)) {
          const wanted = missing.get(day)
          if (wanted === undefined) continue
          // Somebody else's load may answer an older look at the day than ours.
          if (block.listed >= listed || (await this.#isCurrent(keyOf(timeframe, day), block, wanted)))
            found.set(day, block)
        }
      }
      const rest = days.filter(({ day }) => !found.has(day))
      if (rest.length === 0) return [...found.values()].sort((a, b) => (a.day < b.day ? -1 : 1))
      listed = ++this.#clock
      days = await this.#listAnew(
        timeframe,
        rest.map(({ day }) => day),
      )
    }
    throw new BarkeepError('IO', `Files of ${timeframe} keep vanishing while they are read. Try again.`)
  }

  async #isCurrent(key: string, block: DayBlock, day: ListedDay): Promise<boolean> {
    if (!(await isCurrent(this.#context, block, day))) return false
    const held = this.#held.get(key)
    if (held?.block === block) held.listing = day
    return true
  }

  /** The loads that together bring the days: those on their way, and one for all others. No await, or two would begin. */
  #loadsFor(
    timeframe: Timeframe,
    days: ReadonlyMap<UtcDay, ListedDay>,
    listed: number,
  ): ReadonlySet<Loading> {
    const loads = new Set<Loading>()
    const mine: ListedDay[] = []
    for (const day of days.values()) {
      const loading = this.#loading.get(keyOf(timeframe, day.day))
      if (loading === undefined) mine.push(day)
      else loads.add(loading)
    }
    if (mine.length > 0) loads.add(this.#load(timeframe, mine, listed))
    return loads
  }

  #load(timeframe: Timeframe, days: readonly ListedDay[], listed: number): Loading {
    const keys = days.map(({ day }) => keyOf(timeframe, day))
    const known = new Map<UtcDay, DayBlock>()
    for (const { day } of days) {
      const held = this.#held.get(keyOf(timeframe, day))
      if (held !== undefined) known.set(day, held.block)
    }
    const forget = (): void => {
      for (const key of keys) if (this.#loading.get(key) === load) this.#loading.delete(key)
    }
    const load: Loading = new SharedWork(async (signal) => {
      try {
        const blocks = await loadDays(this.#context, days, known, this.#written, listed, signal)
        for (const day of days) {
          const block = blocks.get(day.day)
          if (block !== undefined) this.#keep(block, day)
          for (const name of day.parts) this.#written.delete(partPath(day, name))
        }
        return blocks
      } finally {
        forget()
      }
    }, forget)
    for (const key of keys) this.#loading.set(key, load)
    return load
  }

  #use(key: string): void {
    const held = this.#held.get(key)
    if (held === undefined) return
    this.#held.delete(key)
    this.#held.set(key, held)
  }

  #keep(block: DayBlock, listing: ListedDay): void {
    const key = keyOf(block.timeframe, block.day)
    const held = this.#held.get(key)
    const old = held?.block
    const before = held === undefined ? null : { block: held.block, listing: held.listing }
    for (const listener of this.#listeners) listener({ block, listing }, before)
    if (old !== undefined && old.listed > block.listed) return
    this.#bytes += block.bytes - (old?.bytes ?? 0)
    this.#held.delete(key)
    this.#held.set(key, {
      block,
      listing,
      watched: [...block.parts.values()].filter(({ stat }) => stat !== null),
    })
    for (const [
      oldest,
      {
        block: { bytes },
      },
    ] of this.#held) {
      if (this.#bytes <= this.#maxBytes) break
      this.#held.delete(oldest)
      this.#bytes -= bytes
    }
  }
}

function keyOf(timeframe: Timeframe, day: UtcDay): string {
  return `${timeframe}/${day}`
}
