import { type ErrorReport, reportOf } from '../../../schemas/contract/errors.ts'
import type { StorePath, Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { checkFile } from '../layout/checksums.ts'
import { onChange } from '../write/change-news.ts'
import { type ListedDay, listDay, sameLook } from './listing.ts'
import { SharedWork, throwIfAborted } from './shared-work.ts'
import { type DayfileFacts, KnownDayfiles, type Span } from './tiers/known-dayfiles.ts'
import { type DayReading, FILES_AT_ONCE, fileOf, readDayFacts } from './tiers/read-day-facts.ts'
import type { YearTier } from './tiers/tier-format.ts'
import { DEFAULT_TIER_BYTES, TierYears } from './tiers/tier-years.ts'
import { spansOfYear } from './tiers/year-spans.ts'

/** A store that is read in a moment needs no record of it. */
const WORTH_KEEPING = 200

/** What became of a year that was read anew. */
export interface RebuiltYear {
  readonly days: number
  readonly bytes: number
  readonly leftOut: readonly Problem[]
}

export interface FactsOptions {
  /** How many files must have been read for them to be kept. */
  readonly worthKeeping?: number
  /** Bound of the tiers in memory, in bytes. */
  readonly maxBytes?: number
}

/**
 * What is known of dayfiles, read once a file: rows and symbols of each (some hundred bytes that stay in memory), and its
 * bars gathered for questions over years (SPEC R13). Both are kept on disk in tiers, a file a year, for ten years of three
 * timeframes take seconds to read.
 */
export class DayfileFactsCache {
  readonly #context: StoreContext
  readonly #worthKeeping: number
  readonly #tiers: TierYears
  readonly #known: KnownDayfiles
  readonly #changed = new Map<Timeframe, Set<UtcDay>>()
  #turn: Promise<unknown> = Promise.resolve()
  /** Pieces of work that have not ended. */
  #busy = 0
  /** Read since they were last kept. */
  #fresh = 0

  constructor(context: StoreContext, options: FactsOptions = {}) {
    this.#context = context
    this.#worthKeeping = options.worthKeeping ?? WORTH_KEEPING
    this.#tiers = new TierYears(context, options.maxBytes ?? DEFAULT_TIER_BYTES)
    this.#known = new KnownDayfiles(this.#tiers)
    onChange(context, ({ kind, series, day }) => {
      if (kind !== 'day' || series.table !== 'candles') return
      const days = this.#changed.get(series.timeframe) ?? new Set()
      this.#changed.set(series.timeframe, days.add(day))
    })
  }

  /**
   * The facts of those of the days that have a dayfile; a file that vanished since the listing is left out.
   * @param verify also compares files that are known from an earlier open with their SHA-256
   * @throws CANCELLED, and Node's own errors of the file system
   */
  of(
    days: readonly ListedDay[],
    verify: boolean,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<UtcDay, DayfileFacts>> {
    return this.#inTurn(() => this.#answer(days, verify, signal))
  }

  /**
   * The first and last bar of each symbol in dayfiles, as far as tiers know them.
   * @param days of one timeframe, ascending, each with a dayfile
   * @returns several spans a symbol, and the days that no tier knows
   */
  async spansOf(
    days: readonly ListedDay[],
  ): Promise<{ readonly spans: readonly Span[]; readonly rest: readonly ListedDay[] }> {
    const years = new Map<string, ListedDay[]>()
    for (const day of days) {
      const year = day.day.slice(0, 4)
      const known = years.get(year)
      if (known === undefined) years.set(year, [day])
      else known.push(day)
    }
    const spans: Span[] = []
    const rest: ListedDay[] = []
    for (const [year, inYear] of years) {
      const timeframe = inYear[0]?.timeframe
      if (timeframe === undefined) continue
      const found = spansOfYear(await this.#tiers.year(timeframe, year), inYear)
      spans.push(...found.spans)
      rest.push(...found.rest)
    }
    return { spans, rest }
  }

  /** A year of a timeframe as far as it is known; compare a day's identity before its candles are used. */
  year(timeframe: Timeframe, year: string): YearTier | Promise<YearTier> {
    return this.#tiers.year(timeframe, year)
  }

  /**
   * Brings the tiers up to date for days of one timeframe; those whose dayfile can't be read stay out. Keeps them when much
   * of it was new, behind the caller's back.
   * @returns whether the tiers may know more than before
   * @throws CANCELLED, and Node's own errors of the file system
   */
  async learn(days: readonly ListedDay[], signal?: AbortSignal): Promise<boolean> {
    const readable = days.filter((day) => (this.#known.factsOf(day)?.problem ?? null) === null)
    if (readable.length === 0) return false
    // Somebody reads the whole store: a few days are read sooner by themselves.
    if (this.#busy > 0 && readable.length < FILES_AT_ONCE) return false
    const reading = new SharedWork(
      (ended) =>
        this.#inTurn(async () => {
          throwIfAborted(ended)
          const missing: ListedDay[] = []
          // Another question may have read them while this one waited for its turn.
          for (const day of readable) if (!(await this.#isInTier(day))) missing.push(day)
          await this.#read(missing, ended)
        }),
      () => {},
    )
    await reading.join(signal)
    void this.keep()
    return true
  }

  /** Keeps what was read for the next open, where that is worth it. Best effort: all of it can be read again. */
  async keep(): Promise<void> {
    await this.#inTurn(async () => {
      const all = this.#fresh >= this.#worthKeeping
      await this.#save((damaged) => all || damaged)
      if (all) this.#fresh = 0
    })
  }

  /**
   * After this process published dayfiles: their years' tiers follow, all at once, where the timeframe has tiers or so many
   * days are worth one. Never throws.
   * @param tell told when a tier could not be brought up to date, which costs time and nothing else
   */
  async follow(tell: (problem: ErrorReport) => void): Promise<void> {
    await this.#inTurn(async () => {
      const changed = [...this.#changed]
      this.#changed.clear()
      for (const [timeframe, days] of changed) {
        try {
          const kept = await this.#tiers.saved(timeframe)
          if (kept.length === 0 && days.size < this.#worthKeeping) continue
          const listed: ListedDay[] = []
          for (const day of days) listed.push(await listDay(this.#context, timeframe, day))
          await this.#read(
            listed.filter(({ dayfile }) => dayfile !== null),
            undefined,
          )
          await this.#save((_, of) => of === timeframe, tell)
        } catch (error) {
          tell(reportOf(error))
        }
      }
    })
  }

  /**
   * Reads all dayfiles of a year, whatever is known of them, and writes its tier.
   * @throws CANCELLED, and Node's own errors of the file system
   */
  async rebuildYear(
    timeframe: Timeframe,
    year: string,
    days: readonly ListedDay[],
    signal?: AbortSignal,
  ): Promise<RebuiltYear> {
    return this.#inTurn(async () => {
      const readings: DayReading[] = []
      for (let start = 0; start < days.length; start += FILES_AT_ONCE) {
        throwIfAborted(signal)
        const batch = days.slice(start, start + FILES_AT_ONCE)
        const found = await readDayFacts(this.#context, batch, async () => false, signal)
        readings.push(...found.values())
      }
      for (const reading of readings) this.#known.learn(reading)
      const kept = readings.flatMap(({ facts }) => facts ?? [])
      const bytes = this.#tiers.replace(timeframe, year, kept)
      await this.#tiers.save(timeframe, year)
      return { days: kept.length, bytes, leftOut: readings.flatMap(({ problem }) => problem ?? []) }
    })
  }

  /** Resolves once nothing is being read or kept any more. */
  async settled(): Promise<void> {
    await this.#turn
  }

  /** One after the other: two that begin together would read every file twice. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#busy++
    const answer = this.#turn.then(work).finally(() => {
      this.#busy--
    })
    this.#turn = answer.catch(() => {})
    return answer
  }

  async #answer(
    days: readonly ListedDay[],
    verify: boolean,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<UtcDay, DayfileFacts>> {
    const wanted = days.filter(({ dayfile }) => dayfile !== null)
    await this.#known.recall(wanted)
    const unknown = wanted.filter(
      (day) =>
        this.#known.factsOf(day) === undefined || (verify && this.#known.get(fileOf(day))?.verified !== true),
    )
    await this.#read(unknown, signal)
    const facts = new Map<UtcDay, DayfileFacts>()
    for (const day of wanted) {
      const known = this.#known.factsOf(day)
      if (known !== undefined) facts.set(day.day, known)
    }
    return facts
  }

  async #isInTier({ timeframe, day, dayfile }: ListedDay): Promise<boolean> {
    const tier = await this.#tiers.year(timeframe, day.slice(0, 4))
    const known = tier.days.find((each) => each.day === day)
    return known !== undefined && sameLook(known.stat, dayfile)
  }

  async #read(days: readonly ListedDay[], signal: AbortSignal | undefined): Promise<void> {
    await this.#known.recall(days)
    for (let start = 0; start < days.length; start += FILES_AT_ONCE) {
      const batch = days.slice(start, start + FILES_AT_ONCE)
      const adopted = new Map<UtcDay, FileStat>()
      const spare = (day: ListedDay, file: StorePath): Promise<boolean> => this.#isSpared(day, file, adopted)
      const readings = await readDayFacts(this.#context, batch, spare, signal)
      for (const reading of readings.values()) this.#known.learn(reading)
      this.#fresh += readings.size
      const [first] = batch
      if (first === undefined) continue
      if (adopted.size > 0) await this.#tiers.adopt(first.timeframe, adopted)
      await this.#tiers.join(
        first.timeframe,
        [...readings.values()].flatMap(({ facts }) => facts ?? []),
      )
      // Years that are not on disk can't leave memory: those of a large store would outgrow it.
      if (this.#fresh >= this.#worthKeeping) await this.#save(() => true)
    }
  }

  /** Whether a file has the very bytes that its facts were read from, be it another file by now. */
  async #isSpared(day: ListedDay, file: StorePath, adopted: Map<UtcDay, FileStat>): Promise<boolean> {
    const facts = this.#known.get(file)?.facts
    if (facts === undefined || facts.problem !== null) return false
    const tier = await this.#tiers.year(day.timeframe, day.day.slice(0, 4))
    const kept = tier.days.find((each) => each.day === day.day)
    if (kept === undefined) return false
    const check = await checkFile(this.#context, file)
    if (check.state === 'missing' || check.sha256 !== facts.sha256 || check.sha256 !== kept.sha256)
      return false
    if (!sameLook(check.stat, day.dayfile)) return false
    this.#known.verify(file, facts, check.stat)
    if (!sameLook(kept.stat, check.stat)) {
      adopted.set(day.day, check.stat)
      this.#fresh++
    }
    return true
  }

  async #save(
    which: (damaged: boolean, timeframe: Timeframe) => boolean,
    tell: (problem: ErrorReport) => void = () => {},
  ): Promise<void> {
    for (const { timeframe, year, damaged } of this.#tiers.unsaved) {
      if (!which(damaged, timeframe)) continue
      try {
        await this.#tiers.save(timeframe, year)
      } catch (error) {
        // A disk that is full or read-only costs the next open some seconds, and nothing else.
        tell(reportOf(error))
      }
    }
  }
}
