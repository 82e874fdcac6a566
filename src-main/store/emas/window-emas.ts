import { utcDayOf } from '../../../schemas/contract/market-time.ts'
import { timeframeMillis } from '../../../schemas/contract/timeframe.ts'
import type { Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { EmaColumn, Problem } from '../../../schemas/contract/viewport.ts'
import { runBetween } from '../read/bar-runs.ts'
import { barsFor, type DayBlock } from '../read/day-block.ts'
import type { DayBlocks } from '../read/day-blocks.ts'
import type { DayfileFactsCache } from '../read/dayfile-facts.ts'
import type { ListedDay } from '../read/listing.ts'
import { barsBefore } from './ema.ts'
import { SeriesEmas } from './series-emas.ts'

const DAY = 86_400_000
const FIRST_DAY = Date.parse('0000-01-01T00:00:00Z')

/** Bound of what stays between questions, in numbers of 8 bytes: some 24 MB. */
const NUMBERS_KEPT = 3_000_000

/** A regular session: a guess of how many bars a day has, put right by what is found. */
const SESSION_MILLIS = 6.5 * 3_600_000

/** The bars of a window whose averages are asked for. */
export interface EmaWindow {
  readonly symbol: string
  readonly timeframe: Timeframe
  readonly from: number
  /** The latest open that shows. */
  readonly to: number
  /** The window's days as the candles were taken from them. */
  readonly blocks: readonly DayBlock[]
}

export interface WindowEmasAnswer {
  /** As long as the bars with from ≤ ts ≤ to, in the order of the periods. */
  readonly emas: readonly EmaColumn[]
  /** Met in days before the window: the averages are of what could be read. */
  readonly problems: readonly Problem[]
}

/** Averages of whole days of one series. */
export interface DayEmas {
  readonly byPeriod: ReadonlyMap<number, ReadonlyMap<UtcDay, Float64Array>>
  readonly problems: readonly Problem[]
  /** The first day whose bars they may depend on; null where no bars precede. */
  readonly first: UtcDay | null
}

/**
 * Moving averages beside a window's candles (SPEC F35–F37), worked out from bars alone. What is known of a series is kept while its
 * bars stand: panning works out the days that come in, a live bar is one step, a late one its own day and those that are
 * worked out from it.
 */
export class WindowEmas {
  readonly #blocks: DayBlocks
  readonly #facts: DayfileFactsCache | null
  /** In order of use, the latest last. */
  readonly #series = new Map<string, SeriesEmas>()

  /** @param facts what is known of dayfiles without reading them; without it they are read */
  constructor(blocks: DayBlocks, facts: DayfileFactsCache | null = null) {
    this.#blocks = blocks
    this.#facts = facts
  }

  /** @throws CANCELLED; IO when files can't be looked at, or vanish again and again */
  async of(window: EmaWindow, periods: readonly number[], signal?: AbortSignal): Promise<WindowEmasAnswer> {
    const { symbol, from, to } = window
    const runs = window.blocks.flatMap((block) => {
      const run = runBetween(barsFor(block, symbol), from, to)
      return run.start < run.end ? [{ day: block.day, ...run }] : []
    })
    const days = runs.map(({ day }) => day)
    const { byPeriod, problems } = await this.ofDays(window, days, periods, signal)
    const bars = runs.reduce((sum, { start, end }) => sum + end - start, 0)
    const emas = periods.map((period) => {
      const values = new Float64Array(bars)
      let offset = 0
      for (const { day, start, end } of runs) {
        const ofDay = byPeriod.get(period)?.get(day)
        if (ofDay !== undefined) values.set(ofDay.subarray(start, end), offset)
        offset += end - start
      }
      return { period, values }
    })
    return { emas, problems }
  }

  /**
   * Averages of whole days.
   * @param days those of the blocks that are wanted, ascending, each with bars of the symbol
   */
  async ofDays(
    window: Omit<EmaWindow, 'from' | 'to'>,
    days: readonly UtcDay[],
    periods: readonly number[],
    signal?: AbortSignal,
  ): Promise<DayEmas> {
    const [firstWanted] = days
    const [firstBlock] = window.blocks
    if (firstWanted === undefined || firstBlock === undefined || periods.length === 0)
      return { byPeriod: new Map(), problems: [], first: null }
    const series = this.#use(`${window.timeframe}/${window.symbol}`)
    // One question of a series at a time: what one has learned, the next must not let go of on the way.
    return series.inTurn(() => this.#answer(series, window, firstWanted, firstBlock, days, periods, signal))
  }

  async #answer(
    series: SeriesEmas,
    { symbol, timeframe, blocks }: Omit<EmaWindow, 'from' | 'to'>,
    firstWanted: UtcDay,
    firstBlock: DayBlock,
    days: readonly UtcDay[],
    periods: readonly number[],
    signal: AbortSignal | undefined,
  ): Promise<DayEmas> {
    let inBlocks = 0
    for (const block of blocks) if (block.day < firstWanted) inBlocks += barsFor(block, symbol).ts.length
    const needed = barsBefore(Math.max(...periods)) - inBlocks
    const problems = new Set<Problem>()
    const first = await this.#reachBack(series, symbol, timeframe, firstBlock.day, needed, problems, signal)
    const lastDay = blocks.at(-1)?.day ?? firstBlock.day
    // All at once from here to the snapshot that is worked with: the blocks are what the candles were taken from.
    series.forgetOthers(firstBlock.day, lastDay, new Set(blocks.map(({ day }) => day)))
    for (const block of blocks) series.learn(block.day, barsFor(block, symbol), null)
    const byPeriod = await series.of(first, days, periods)
    this.#bound(series, first, lastDay)
    return { byPeriod, problems: [...problems], first: first === '' ? null : (first as UtcDay) }
  }

  /**
   * Learns the days before a window that its averages are worked out from.
   * @param needed bars of the symbol before `day`; where the series has fewer, all of them are learned
   * @returns the first day from which on everything is known; empty for the series' beginning
   */
  async #reachBack(
    series: SeriesEmas,
    symbol: string,
    timeframe: Timeframe,
    day: UtcDay,
    needed: number,
    problems: Set<Problem>,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    if (needed <= 0) return day
    const before = Date.parse(`${day}T00:00:00Z`) - DAY
    if (before < FIRST_DAY) return ''
    const last = utcDayOf(before)
    for (let lookback = series.lookback ?? guess(timeframe, needed); ; lookback *= 4) {
      const start = before - lookback * DAY
      const first = start <= FIRST_DAY ? '' : utcDayOf(start)
      const listed = await this.#blocks.listed(timeframe, first === '' ? undefined : first, last)
      // Backwards, in batches: what lies before enough bars need not be read.
      let missing = needed
      let end = listed.length
      while (end > 0 && missing > 0) {
        const size = Math.min(end, batchOf(missing, timeframe))
        const batch = listed.slice(end - size, end)
        missing -= await this.#learnBatch(series, symbol, timeframe, batch, problems, signal)
        end -= size
      }
      const reached = listed[end]?.day ?? first
      series.forgetOthers(end > 0 ? reached : first, last, new Set(listed.slice(end).map((each) => each.day)))
      if (missing <= 0) {
        series.lookback = lookback
        return end > 0 ? reached : (listed[0]?.day ?? first)
      }
      if (first === '') return ''
      const earlier = await this.#blocks.listed(timeframe, undefined, utcDayOf(start - DAY))
      if (await this.#isBefore(symbol, earlier)) return ''
    }
  }

  /**
   * Whether a series begins after some days, by what tiers know of them: a symbol of yesterday is not looked for in the
   * files of ten years.
   */
  async #isBefore(symbol: string, days: readonly ListedDay[]): Promise<boolean> {
    if (days.length === 0) return true
    const settled = days.filter(({ parts, dayfile }) => parts.length === 0 && dayfile !== null)
    if (settled.length < days.length || this.#facts === null) return false
    const { spans, rest } = await this.#facts.spansOf(settled)
    return rest.length === 0 && !spans.some((span) => span.symbol === symbol)
  }

  /** @returns how many bars of the symbol the days have */
  async #learnBatch(
    series: SeriesEmas,
    symbol: string,
    timeframe: Timeframe,
    batch: readonly ListedDay[],
    problems: Set<Problem>,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    let bars = 0
    const unread: ListedDay[] = []
    for (const listed of batch) {
      const known = series.barsOf(listed)
      if (known === null) unread.push(listed)
      else bars += known
    }
    if (unread.length === 0) return bars
    const byDay = new Map(unread.map((listed) => [listed.day, listed]))
    const blocks = await this.#blocks.ofDays(
      timeframe,
      unread.map(({ day }) => day),
      signal,
    )
    for (const block of blocks) {
      const columns = barsFor(block, symbol)
      bars += columns.ts.length
      for (const problem of block.problems) problems.add(problem)
      series.learn(block.day, columns, vouching(block, byDay.get(block.day)))
    }
    return bars
  }

  #use(key: string): SeriesEmas {
    const series = this.#series.get(key) ?? new SeriesEmas()
    this.#series.delete(key)
    this.#series.set(key, series)
    return series
  }

  /** Series used longest ago go first; of the one in use, what lies outside of what was asked for. */
  #bound(used: SeriesEmas, first: string, last: string): void {
    let numbers = 0
    for (const series of this.#series.values()) numbers += series.size
    for (const [key, series] of this.#series) {
      if (numbers <= NUMBERS_KEPT) return
      numbers -= series.size
      if (series === used) {
        series.keepOnly(first, last)
        numbers += series.size
        if (numbers > NUMBERS_KEPT) this.#series.delete(key)
      } else this.#series.delete(key)
    }
  }
}

/** The listing that tells of any change in a day's bars: a dayfile alone, read without a problem. */
function vouching(block: DayBlock, listed: ListedDay | undefined): ListedDay | null {
  if (listed === undefined || listed.parts.length > 0 || listed.dayfile === null) return null
  if (block.problems.length > 0 || block.parts.size > 0 || block.dayfile === null) return null
  const { stat } = block.dayfile
  const isSame =
    stat.inode === listed.dayfile.inode &&
    stat.size === listed.dayfile.size &&
    stat.mtimeMs === listed.dayfile.mtimeMs
  return isSame ? listed : null
}

function barsADay(timeframe: Timeframe): number {
  return Math.max(1, Math.floor(SESSION_MILLIS / timeframeMillis(timeframe)))
}

/** Calendar days that most likely hold so many bars: five trading days in seven, and some holidays. */
function guess(timeframe: Timeframe, bars: number): number {
  const span = Math.max(1, timeframeMillis(timeframe) / DAY)
  return Math.ceil(((bars / barsADay(timeframe)) * 7 * span) / 5) + 7
}

/** Days to look at for so many bars. */
function batchOf(bars: number, timeframe: Timeframe): number {
  return Math.max(4, Math.ceil(bars / barsADay(timeframe)))
}
