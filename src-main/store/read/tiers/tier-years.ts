import path from 'node:path'
import type { StorePath, Timeframe, UtcDay } from '../../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../../context.ts'
import { publishBytes } from '../../fs/atomic-file.ts'
import type { FileStat } from '../../fs/env.ts'
import { TIERS, tierPath, within, yearOfTier } from '../../layout/file-names.ts'
import type { DayFacts } from './day-facts.ts'
import { daysOfTier, decodeTier, encodeTier, type TierPlace, type YearTier } from './tier-format.ts'

const MEGABYTE = 1024 * 1024
export const DEFAULT_TIER_BYTES = 96 * MEGABYTE

const NOTHING: YearTier = { days: [], symbols: new Map(), bytes: 0 }

interface Held {
  readonly tier: YearTier
  /** What a file of it would hold, while it differs from the one on disk; the tier's columns are views on it. */
  readonly unsaved: Uint8Array | null
  /** What stands on disk is no tier of ours: worth another one. */
  readonly damaged: boolean
}

/** A tier that has to be written. */
export interface UnsavedTier {
  readonly timeframe: Timeframe
  readonly year: string
  readonly damaged: boolean
}

/**
 * Tiers in memory, read when they are first asked for. Those used longest ago go first when they outgrow their bound; one
 * that is not on disk yet stays until somebody saved it.
 */
export class TierYears {
  readonly #context: StoreContext
  readonly #maxBytes: number
  /** In order of use, the latest last. */
  readonly #held = new Map<StorePath, Held>()
  readonly #loading = new Map<StorePath, Promise<YearTier>>()

  constructor(context: StoreContext, maxBytes: number) {
    this.#context = context
    this.#maxBytes = maxBytes
  }

  /** About how much is resident. */
  get bytes(): number {
    let bytes = 0
    for (const { tier } of this.#held.values()) bytes += tier.bytes
    return bytes
  }

  /** A year as far as it is known: without days when there is no tier, or not a whole one. Never throws. */
  year(timeframe: Timeframe, year: string): YearTier | Promise<YearTier> {
    const file = tierPath(timeframe, year)
    const held = this.#held.get(file)
    if (held !== undefined) {
      this.#held.delete(file)
      this.#held.set(file, held)
      return held.tier
    }
    const loading = this.#loading.get(file) ?? this.#load(file, this.#place(timeframe, year))
    this.#loading.set(file, loading)
    return loading
  }

  async #load(file: StorePath, place: TierPlace): Promise<YearTier> {
    let bytes: Uint8Array | null = null
    try {
      bytes = await this.#context.env.readFile(at(this.#context, file))
    } catch {
      // Not there, or not to be read: all that is in it can be read of the dayfiles.
    }
    const tier = bytes === null ? null : decodeTier(place, bytes)
    this.#loading.delete(file)
    const meanwhile = this.#held.get(file)
    if (meanwhile !== undefined) return meanwhile.tier
    this.#hold(file, { tier: tier ?? NOTHING, unsaved: null, damaged: bytes !== null && tier === null })
    return tier ?? NOTHING
  }

  /**
   * Puts days into their years, in place of what was known of them.
   * @param days of one timeframe
   */
  async join(timeframe: Timeframe, days: Iterable<DayFacts>): Promise<void> {
    const years = new Map<string, Map<UtcDay, DayFacts>>()
    for (const facts of days) {
      const year = facts.day.slice(0, 4)
      const known = years.get(year) ?? new Map<UtcDay, DayFacts>()
      years.set(year, known.set(facts.day, facts))
    }
    for (const [year, fresh] of years) {
      const known = daysOfTier(await this.year(timeframe, year)).filter(({ day }) => !fresh.has(day))
      this.replace(timeframe, year, [...known, ...fresh.values()])
    }
  }

  /** Days whose files are known by their content, under other identities: a copied or restored store. */
  async adopt(timeframe: Timeframe, stats: ReadonlyMap<UtcDay, FileStat>): Promise<void> {
    const years = new Set([...stats.keys()].map((day) => day.slice(0, 4)))
    for (const year of years) {
      const days = daysOfTier(await this.year(timeframe, year))
      this.replace(
        timeframe,
        year,
        days.map((facts) => ({ ...facts, stat: stats.get(facts.day) ?? facts.stat })),
      )
    }
  }

  /** All that a year holds from here on. @returns how many bytes it takes on disk */
  replace(timeframe: Timeframe, year: string, days: readonly DayFacts[]): number {
    const file = tierPath(timeframe, year)
    const place = this.#place(timeframe, year)
    const sorted = [...days].sort((a, b) => (a.day < b.day ? -1 : 1))
    const unsaved = encodeTier(place, sorted)
    const tier = decodeTier(place, unsaved) ?? NOTHING
    this.#hold(file, { tier, unsaved, damaged: this.#held.get(file)?.damaged ?? false })
    return unsaved.length
  }

  get unsaved(): readonly UnsavedTier[] {
    return [...this.#held].flatMap(([file, { unsaved, damaged }]) => {
      const [timeframe = '', name = ''] = file.split('/').slice(-2)
      const year = yearOfTier(name)
      return unsaved === null || year === null ? [] : [{ timeframe: timeframe as Timeframe, year, damaged }]
    })
  }

  /**
   * Writes a year, if it is not on disk. After a failure it is no longer tried: what is in it can be read again.
   * @throws Node's own errors of the file system
   */
  async save(timeframe: Timeframe, year: string): Promise<void> {
    const file = tierPath(timeframe, year)
    const held = this.#held.get(file)
    if (held === undefined || held.unsaved === null) return
    this.#hold(file, { ...held, unsaved: null })
    const { env, staging } = this.#context
    const target = at(this.#context, file)
    await env.makeDir(path.dirname(target))
    await publishBytes(env, staging, target, held.unsaved)
  }

  /** The years of a timeframe that have a file. */
  async saved(timeframe: Timeframe): Promise<readonly string[]> {
    const entries = await this.#context.env.readDir(at(this.#context, within(TIERS, timeframe)))
    return entries.flatMap(({ name, isDirectory }) => (isDirectory ? [] : (yearOfTier(name) ?? [])))
  }

  #place(timeframe: Timeframe, year: string): TierPlace {
    return { timeframe, year, zone: this.#context.zone }
  }

  #hold(file: StorePath, held: Held): void {
    this.#held.delete(file)
    this.#held.set(file, held)
    let bytes = this.bytes
    for (const [oldest, { tier, unsaved }] of this.#held) {
      if (bytes <= this.#maxBytes) break
      if (oldest === file || unsaved !== null) continue
      this.#held.delete(oldest)
      bytes -= tier.bytes
    }
  }
}
