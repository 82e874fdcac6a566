import { compareTimeframes } from '../../../schemas/contract/timeframe.ts'
import type { Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'
import { DATA, timeframeOfFolder } from '../layout/file-names.ts'
import { KnownFolder } from '../layout/known-folder.ts'
import type { ListedDay } from './listing.ts'
import { TimeframeDays } from './timeframe-days.ts'

/**
 * The candle files of a store by timeframe and day, in memory: built at open and compared with the folders on every
 * question, by a look at the few that it is about. What this or another process brings shows with the next answer
 * (SPEC R2, R3).
 */
export class Catalogue {
  readonly #context: StoreContext
  readonly #folder: KnownFolder
  readonly #timeframes = new Map<Timeframe, TimeframeDays>()

  constructor(context: StoreContext) {
    this.#context = context
    this.#folder = new KnownFolder(context.env, at(context, DATA))
  }

  /** Lists every timeframe's folder, so that the first question finds it known. @throws Node's errors of the file system */
  async open(): Promise<void> {
    const timeframes = await this.timeframes()
    await Promise.all(timeframes.map((timeframe) => this.#daysOf(timeframe).open()))
  }

  /** The timeframes that have a folder, shorter bars first. */
  async timeframes(): Promise<readonly Timeframe[]> {
    if (!this.#folder.isCurrent()) await this.#folder.list()
    return this.#folder.entries
      .flatMap(({ name, isDirectory }) => (isDirectory ? (timeframeOfFolder(name) ?? []) : []))
      .sort(compareTimeframes)
  }

  /**
   * The days of a timeframe from `first` to `last` (inclusive, ascending) that have files or a part folder, as they stood
   * at some moment after the call. One object a day for as long as nothing of the day changes.
   */
  async days(timeframe: Timeframe, first?: string, last?: string): Promise<readonly ListedDay[]> {
    return this.#daysOf(timeframe).between(first, last)
  }

  /** The same at once where memory has it all and a look shows no change; else null: ask `days`. */
  daysNow(timeframe: Timeframe, first?: string, last?: string): readonly ListedDay[] | null {
    return this.#daysOf(timeframe).betweenNow(first, last)
  }

  /** The named days, with or without files. */
  async daysNamed(timeframe: Timeframe, days: readonly UtcDay[]): Promise<readonly ListedDay[]> {
    return this.#daysOf(timeframe).named(days)
  }

  #daysOf(timeframe: Timeframe): TimeframeDays {
    let days = this.#timeframes.get(timeframe)
    if (days === undefined) {
      days = new TimeframeDays(this.#context, timeframe)
      this.#timeframes.set(timeframe, days)
    }
    return days
  }
}
