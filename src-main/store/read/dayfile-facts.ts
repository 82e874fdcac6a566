import type { ErrorReport } from '../../../schemas/contract/errors.ts'
import { reportOf } from '../../../schemas/contract/errors.ts'
import type { StorePath, Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { checkFile } from '../layout/checksums.ts'
import { onChange } from '../write/change-news.ts'
import { type ListedDay, listDay, sameLook } from './listing.ts'
import { type DayReading, FILES_AT_ONCE, fileOf, readDayFacts } from './tiers/read-day-facts.ts'
import type { YearTier } from './tiers/tier-format.ts'
import { DEFAULT_TIER_BYTES, TierYears } from './tiers/tier-years.ts'

/** The first and last bar of a symbol in some files. */
export interface Span {
  readonly symbol: string
  readonly firstTs: number
  readonly lastTs: number
}

/** What is told of a dayfile without showing its bars. */
export interface DayfileFacts {
  readonly stat: FileStat
  /** Null when it can't be read. */
  readonly rows: number | null
  readonly sha256: string | null
  readonly spans: readonly Span[]
  /** Why it is left out of answers. */
  readonly problem: Problem | null
}

/** A store that is read in a moment needs no record of it. */
const WORTH_KEEPING = 200

interface Known {
  readonly facts: DayfileFacts
  /** The bytes were compared with their SHA-256 in this process. */
  readonly verified: boolean
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
  readonly #known = new Map<StorePath, Known>()
  readonly #tiers: TierYears
  /** Years whose tier was asked for what is known. */
  readonly #recalled = new Set<string>()
  readonly #changed = new Map<Timeframe, Set<UtcDay>>()
  #turn: Promise<unknown> = Promise.resolve()
  /** Read since they were last kept. */
  #fresh = 0

  constructor(context: StoreContext, options: FactsOptions = {}) {
    this.#context = context
    this.#worthKeeping = options.worthKeeping ?? WORTH_KEEPING
    this.#tiers = new TierYears(context, options.maxBytes ?? DEFAULT_TIER_BYTES)
    onChange(context, ({ kind, series, day }) => {
      if (kind !== 'day' || series.table !== 'candles') return
      const days = this.#changed.get(series.timeframe) ?? new Set()
      this.#changed.set(series.timeframe, days.add(day))
    })
  }

  get tiers(): TierYears {
    return this.#tiers
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

  /** A year of a timeframe as far as it is known; compare a day's identity before its candles are used. */
  year(timeframe: Timeframe, year: string): YearTier | Promise<YearTier> {
    return this.#tiers.year(timeframe, year)
  }

  /**
   * Brings the tiers up to date for days of one timeframe; those whose dayfile can't be read stay out. Keeps them when much
   * of it was new, behind the caller's back.
   * @returns whether anything was read
   * @throws CANCELLED, and Node's own errors of the file system
   */
  async learn(days: readonly ListedDay[], signal?: AbortSignal): Promise<boolean> {
    const readable = days.filter((day) => !this.#isLeftOut(day))
    if (readable.length === 0) return false
    await this.#inTurn(async () => {
      const missing: ListedDay[] = []
      // Another question may have read them while this one waited for its turn.
      for (const day of readable) if (!(await this.#isInTier(day))) missing.push(day)
      await this.#read(missing, signal)
    })
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

  /** Resolves once nothing is being read or kept any more. */
  async settled(): Promise<void> {
    await this.#turn
  }

  /** One after the other: two that begin together would read every file twice. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const answer = this.#turn.then(work)
    this.#turn = answer.catch(() => {})
    return answer
  }

  async #answer(
    days: readonly ListedDay[],
    verify: boolean,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<UtcDay, DayfileFacts>> {
    const wanted = days.filter(({ dayfile }) => dayfile !== null)
    await this.#recall(wanted)
    const unknown = wanted.filter((day) => {
      const known = this.#known.get(fileOf(day))
      return known === undefined || !sameLook(known.facts.stat, day.dayfile) || (verify && !known.verified)
    })
    await this.#read(unknown, signal)
    const facts = new Map<UtcDay, DayfileFacts>()
    for (const day of wanted) {
      const known = this.#known.get(fileOf(day))?.facts
      if (known !== undefined && sameLook(known.stat, day.dayfile)) facts.set(day.day, known)
    }
    return facts
  }

  /** Takes what the tiers know of files that nothing is known of. */
  async #recall(days: readonly ListedDay[]): Promise<void> {
    for (const { timeframe, day } of days) {
      const year = day.slice(0, 4)
      if (this.#recalled.has(`${timeframe}/${year}`)) continue
      this.#recalled.add(`${timeframe}/${year}`)
      const tier = await this.#tiers.year(timeframe, year)
      const spans = tier.days.map((): Span[] => [])
      for (const [symbol, { columns }] of tier.symbols) {
        for (const [place, index] of columns.days.entries()) {
          const [firstTs, lastTs] = [columns.firstTs[place] as number, columns.lastTs[place] as number]
          spans[index]?.push({ symbol, firstTs, lastTs })
        }
      }
      for (const [index, { stat, rows, sha256, day: date }] of tier.days.entries()) {
        const file = fileOf({ timeframe, day: date })
        if (this.#known.has(file)) continue
        const facts = { stat, rows, sha256, spans: spans[index] ?? [], problem: null }
        this.#known.set(file, { facts, verified: false })
      }
    }
  }

  #isLeftOut(day: ListedDay): boolean {
    const facts = this.#known.get(fileOf(day))?.facts
    return facts !== undefined && facts.problem !== null && sameLook(facts.stat, day.dayfile)
  }

  async #isInTier({ timeframe, day, dayfile }: ListedDay): Promise<boolean> {
    const tier = await this.#tiers.year(timeframe, day.slice(0, 4))
    const known = tier.days.find((each) => each.day === day)
    return known !== undefined && sameLook(known.stat, dayfile)
  }

  async #read(days: readonly ListedDay[], signal: AbortSignal | undefined): Promise<void> {
    await this.#recall(days)
    for (let start = 0; start < days.length; start += FILES_AT_ONCE) {
      const batch = days.slice(start, start + FILES_AT_ONCE)
      const adopted = new Map<UtcDay, FileStat>()
      const spare = (day: ListedDay, file: StorePath): Promise<boolean> => this.#isSpared(day, file, adopted)
      const readings = await readDayFacts(this.#context, batch, spare, signal)
      for (const reading of readings.values()) this.#learned(reading)
      const [first] = batch
      if (first === undefined) continue
      if (adopted.size > 0) await this.#tiers.adopt(first.timeframe, adopted)
      await this.#tiers.join(
        first.timeframe,
        [...readings.values()].flatMap(({ facts }) => facts ?? []),
      )
    }
  }

  #learned({ listed, stat, sha256, problem, facts }: DayReading): void {
    const spans = (facts?.symbols ?? []).map(({ symbol, firstTs, lastTs }) => ({ symbol, firstTs, lastTs }))
    const told: DayfileFacts = { stat, rows: facts?.rows ?? null, sha256, spans, problem }
    this.#known.set(fileOf(listed), { facts: told, verified: true })
    this.#fresh++
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
    this.#known.set(file, { facts: { ...facts, stat: check.stat }, verified: true })
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
