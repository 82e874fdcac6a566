import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { MarketZone } from '../../../schemas/contract/market-time.ts'
import { timeframeMillis } from '../../../schemas/contract/timeframe.ts'
import type { Timeframe } from '../../../schemas/contract/units.ts'
import type { CandleColumns, DetailLevel } from '../../../schemas/contract/viewport.ts'
import { type BarRun, countBars, emptyColumns, firstAtOrAfter, joinRuns } from './bar-runs.ts'
import { type Calendar, UTC_CALENDAR, zoneCalendar } from './calendar.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const LONGEST_MULTIPLE = 12 * 60 * MINUTE
const LONGEST_BASE = 60 * MINUTE

/** Bar lengths that people read charts in; a timeframe that divides none of them is doubled instead. */
const ROUND_MINUTES = [2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 720]
/** Beyond single years, so that any window fits any number of candles. */
const YEAR_STEPS = [1, 2, 5, 10, 20, 50, 100, 1000, 10_000]

/** A step of the ladder: how bars are gathered into candles. */
export interface Level extends DetailLevel {
  /** In ms, for a multiple of the timeframe and for the bars themselves; null for a unit of the calendar. */
  readonly length: number | null
  /** The end (exclusive) of the candle that holds an instant. Never decreases as instants grow. */
  endOf(instant: number): number
}

/** A calendar unit: its usual length, and the midnight (as if UTC) that begins the next one after a date. */
interface Period {
  readonly label: string
  readonly length: number
  nextStart(wallMidnight: number): number
}

const PERIODS: readonly Period[] = [
  { label: '1d', length: DAY, nextStart: (date) => date + DAY },
  { label: '1w', length: 7 * DAY, nextStart: (date) => date + (7 - daysSinceMonday(date)) * DAY },
  { label: '1mo', length: 30 * DAY, nextStart: firstOfNextMonth },
  ...YEAR_STEPS.map((years) => ({
    label: `${years}y`,
    length: years * 365 * DAY,
    nextStart: (date: number) => firstOfNextYears(date, years),
  })),
]

const ladders = new WeakMap<MarketZone, Map<Timeframe, readonly Level[]>>()

/**
 * The ladder of a timeframe, finest first; its first step is the bars themselves (SPEC R6). Bars of a day or longer
 * carry a date, not a clock time, and are gathered by their UTC date.
 */
export function ladderOf(timeframe: Timeframe, zone: MarketZone): readonly Level[] {
  const known = ladders.get(zone) ?? new Map<Timeframe, readonly Level[]>()
  ladders.set(zone, known)
  const ladder = known.get(timeframe) ?? makeLadder(timeframe, zone)
  known.set(timeframe, ladder)
  return ladder
}

/** The step of a timeframe's ladder that gathers so many bars, as an answer named it; of several the finest. @throws BAD_REQUEST */
export function levelOf(timeframe: Timeframe, zone: MarketZone, barsPerCandle: number): Level {
  const ladder = ladderOf(timeframe, zone)
  const level = ladder.find(({ bars }) => bars === barsPerCandle)
  if (level !== undefined) return level
  const steps = ladder.map(({ bars }) => bars).join(', ')
  throw new BarkeepError(
    'BAD_REQUEST',
    `No candles of ${timeframe} hold ${barsPerCandle} bars; there are: ${steps}.`,
  )
}

function makeLadder(timeframe: Timeframe, zone: MarketZone): readonly Level[] {
  const span = timeframeMillis(timeframe)
  const calendar = span >= DAY ? UTC_CALENDAR : zoneCalendar(zone)
  const bars: Level = { bars: 1, label: timeframe, length: span, endOf: (instant) => instant + 1 }
  const multiples = multiplesOf(span).map((length) => multipleLevel(length, span, calendar))
  const periods = PERIODS.filter(({ length }) => length > span).map(
    ({ label, length, nextStart }): Level => ({
      // 1 is the bars themselves, also where a week has but one and a bit (5d).
      bars: Math.max(2, Math.round(length / span)),
      label,
      length: null,
      endOf: (instant) => calendar.startOf(nextStart(calendar.dayAt(instant).wallMidnight)),
    }),
  )
  return [bars, ...multiples, ...periods]
}

/**
 * The step of a ladder that tiers are made of (SPEC R13): the longest multiple up to an hour that every finer one divides
 * and that divides every coarser one, else the bars themselves. All steps are counted from one session open and cut at the
 * same midnights, so its candles nest in those of each coarser step.
 */
export function baseStep(ladder: readonly Level[]): number {
  const lengths = ladder.flatMap(({ length }) => length ?? [])
  for (let step = lengths.length - 1; step > 0; step--) {
    const base = lengths[step] as number
    const nests = lengths.every((length, other) => (other < step ? base % length : length % base) === 0)
    if (base <= LONGEST_BASE && nests) return step
  }
  return 0
}

function multiplesOf(span: number): readonly number[] {
  const round = ROUND_MINUTES.map((minutes) => minutes * MINUTE).filter(
    (length) => length > span && length % span === 0,
  )
  if (round.length > 0) return round
  const doubled: number[] = []
  for (let length = span * 2; length <= LONGEST_MULTIPLE; length *= 2) doubled.push(length)
  return doubled
}

/**
 * Counted in elapsed time from the day's session open, back and forth, and cut at midnight: in the hour that happens
 * twice clock time runs backwards, elapsed time doesn't.
 */
function multipleLevel(length: number, span: number, calendar: Calendar): Level {
  return {
    bars: length / span,
    label: lengthLabel(length),
    length,
    endOf(instant) {
      const { sessionOpen, end } = calendar.dayAt(instant)
      return Math.min(sessionOpen + (Math.floor((instant - sessionOpen) / length) + 1) * length, end)
    },
  }
}

function lengthLabel(length: number): string {
  const minutes = length / MINUTE
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`
}

function daysSinceMonday(date: number): number {
  return (new Date(date).getUTCDay() + 6) % 7
}

function firstOfNextMonth(date: number): number {
  const day = new Date(date)
  return Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 1)
}

function firstOfNextYears(date: number, years: number): number {
  const year = new Date(date).getUTCFullYear()
  return Date.UTC((Math.floor(year / years) + 1) * years, 0, 1)
}

/**
 * The finest level at which the bars are no more than `maxBars` candles.
 * @param runs bars in ascending order
 * @param maxBars at least 1; undefined = as stored
 */
export function chooseLevel(ladder: readonly Level[], runs: readonly BarRun[], maxBars?: number): Level {
  const count = (step: number, limit: number): number =>
    step === 0 ? countBars(runs) : countCandles(runs, ladder[step] as Level, limit)
  return ladder[maxBars === undefined ? 0 : chooseStep(ladder, maxBars, count)] as Level
}

/**
 * The same for whoever can count without bars.
 * @param count how many candles there are at a step; once they are more than the limit, any number above it
 */
export function chooseStep(
  ladder: readonly Level[],
  maxBars: number,
  count: (step: number, limit: number) => number,
): number {
  for (let step = 0; step < ladder.length; step++) if (count(step, maxBars) <= maxBars) return step
  // The last step holds ten thousand years in one candle; a window on both sides of one of its edges can't be asked for.
  return ladder.length - 1
}

/** Stops counting beyond `limit`: a level that doesn't fit costs what fits, not all bars. */
export function countCandles(runs: readonly BarRun[], level: Level, limit: number): number {
  let count = 0
  let end = Number.NEGATIVE_INFINITY
  for (const run of runs) {
    const { ts } = run.columns
    let index = firstAtOrAfter(ts, end, run.start, run.end)
    while (index < run.end && count <= limit) {
      count++
      end = level.endOf(ts[index] as number)
      index = firstAtOrAfter(ts, end, index + 1, run.end)
    }
    if (count > limit) return count
  }
  return count
}

/** Bars gathered by a level: open first, high max, low min, close last, volume sum, ts the first bar's (SPEC R6). */
export function aggregate(runs: readonly BarRun[], level: Level): CandleColumns {
  if (level.bars === 1) return joinRuns(runs)
  const candles = emptyColumns(countCandles(runs, level, Number.POSITIVE_INFINITY))
  let candle = -1
  let end = Number.NEGATIVE_INFINITY
  for (const { columns, start, end: runEnd } of runs) {
    for (let bar = start; bar < runEnd; bar++) {
      const ts = columns.ts[bar] as number
      if (ts >= end) {
        end = level.endOf(ts)
        candle++
        candles.ts[candle] = ts
        candles.open[candle] = columns.open[bar] as number
        candles.high[candle] = columns.high[bar] as number
        candles.low[candle] = columns.low[bar] as number
      } else {
        candles.high[candle] = Math.max(candles.high[candle] as number, columns.high[bar] as number)
        candles.low[candle] = Math.min(candles.low[candle] as number, columns.low[bar] as number)
      }
      candles.close[candle] = columns.close[bar] as number
      candles.volume[candle] = (candles.volume[candle] as number) + (columns.volume[bar] as number)
    }
  }
  return candles
}
