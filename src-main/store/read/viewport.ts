import { BarkeepError } from '../../../schemas/contract/errors.ts'
import { utcDayOf } from '../../../schemas/contract/market-time.ts'
import { parseTimeframe, timeframeMillis } from '../../../schemas/contract/timeframe.ts'
import type { Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { CandleColumns, DetailLevel, Problem, Viewport } from '../../../schemas/contract/viewport.ts'
import type { ViewportRequest } from '../../../schemas/generated/requests.ts'
import type { StoreContext } from '../context.ts'
import type { WindowEmas } from '../emas/window-emas.ts'
import type { ObjectsAnswer, ObjectsRequest } from '../events/as-of.ts'
import { type BarRun, runBetween } from './bar-runs.ts'
import { barsFor, type DayBlock } from './day-block.ts'
import type { DayBlocks } from './day-blocks.ts'
import type { DayfileFactsCache } from './dayfile-facts.ts'
import { aggregate, chooseLevel, type Level, ladderOf, levelOf } from './level-of-detail.ts'
import { throwIfAborted } from './shared-work.ts'
import { coarseWindow } from './tiers/coarse-window.ts'

const DAY = 86_400_000
/** No folder is named for a day outside of these. */
const FIRST_DAY = Date.parse('0000-01-01T00:00:00Z')
const LAST_DAY = Date.parse('9999-12-31T00:00:00Z')

/** Over fewer days, reading the bars costs less than looking for another way. */
const DAYS_FOR_TIERS = 20

export interface ViewportSources {
  readonly context: StoreContext
  readonly blocks: DayBlocks
  /** Without them each window is read bar by bar. */
  readonly facts?: DayfileFactsCache
  /** Without them no moving averages are told. */
  readonly emas?: WindowEmas
  readonly objectsAt: (request: ObjectsRequest) => Promise<ObjectsAnswer>
  /** The same at once, where memory has it all; null otherwise. */
  readonly objectsNow?: (request: ObjectsRequest) => ObjectsAnswer | null
}

/**
 * The bars of a window and the objects that touch it (store.md §5; SPEC R1–R8, R10). Problems are named, not thrown. What is
 * in memory and unchanged is answered without leaving the thread.
 * @throws BAD_REQUEST; CANCELLED; IO when the file system fails
 */
export async function viewport(
  sources: ViewportSources,
  request: ViewportRequest,
  signal?: AbortSignal,
): Promise<Viewport> {
  check(request)
  throwIfAborted(signal)
  const window = windowOf(sources.context, request)
  const blocks = coarseFacts(sources, window) === null ? blocksNow(sources, window) : null
  const objects = blocks === null ? null : (sources.objectsNow?.(request) ?? null)
  if (blocks !== null && objects !== null)
    return withEmas(sources, request, window, barsOf(sources, window, blocks), objects, signal)
  const [bars, found] = await Promise.all([candlesOf(sources, window, signal), sources.objectsAt(request)])
  return withEmas(sources, request, window, bars, found, signal)
}

/** Averages stand beside single bars alone (SPEC F36). */
async function withEmas(
  { emas }: ViewportSources,
  { emas: periods }: ViewportRequest,
  window: CandleWindow,
  bars: Bars,
  objects: ObjectsAnswer,
  signal: AbortSignal | undefined,
): Promise<Viewport> {
  const plain = answer(window, bars, objects)
  if (emas === undefined || periods === undefined || bars.blocks === undefined || bars.level.bars !== 1)
    return plain
  const found = await emas.of({ ...window, blocks: bars.blocks }, periods, signal)
  return { ...plain, emas: found.emas, problems: [...plain.problems, ...found.problems] }
}

/** The part of a request that candles are found by. */
interface CandleWindow {
  readonly symbol: string
  readonly timeframe: Timeframe
  readonly from: number
  /** The latest open that shows. */
  readonly to: number
  /** The days in between, inclusive; null when there can't be any bar. */
  readonly days: { readonly first: UtcDay; readonly last: UtcDay } | null
  readonly maxBars: number | undefined
  /** The level that is asked for by its size, whatever fits. */
  readonly exact: Level | null
}

interface Bars {
  readonly candles: CandleColumns
  readonly level: DetailLevel
  readonly problems: readonly Problem[]
  /** The days that they were taken from; absent where that was something coarser. */
  readonly blocks?: readonly DayBlock[]
}

function windowOf({ zone }: StoreContext, request: ViewportRequest): CandleWindow {
  const { symbol, timeframe: given, from, to: end, asOf, maxBars, barsPerCandle } = request
  const timeframe = parseTimeframe(given)
  const exact = barsPerCandle === undefined ? null : levelOf(timeframe, zone, barsPerCandle)
  // A bar is known once it has closed (SPEC R5).
  const to = asOf === undefined ? end : Math.min(end, asOf - timeframeMillis(timeframe))
  const isEmpty = !(from <= to && from < LAST_DAY + DAY && to >= FIRST_DAY)
  const days = isEmpty
    ? null
    : { first: utcDayOf(Math.max(from, FIRST_DAY)), last: utcDayOf(Math.min(to, LAST_DAY)) }
  return { symbol, timeframe, from, to, days, maxBars, exact }
}

function answer(
  { symbol, timeframe }: CandleWindow,
  bars: Bars,
  { objects, problems }: ObjectsAnswer,
): Viewport {
  return {
    symbol,
    timeframe,
    candles: bars.candles,
    objects,
    barsPerCandle: bars.level.bars,
    level: bars.level,
    problems: [...bars.problems, ...problems],
  }
}

function blocksNow(
  { blocks }: ViewportSources,
  { timeframe, days }: CandleWindow,
): readonly DayBlock[] | null {
  return days === null ? [] : blocks.now(timeframe, days.first, days.last)
}

/** What a window over weeks is answered from; null where reading its bars costs less than looking for another way. */
function coarseFacts(
  { facts }: ViewportSources,
  { from, to, maxBars, exact, days }: CandleWindow,
): DayfileFactsCache | null {
  const isCoarse = exact === null ? maxBars !== undefined : exact.bars > 1
  return isCoarse && days !== null && to - from >= DAYS_FOR_TIERS * DAY ? (facts ?? null) : null
}

async function candlesOf(
  sources: ViewportSources,
  window: CandleWindow,
  signal: AbortSignal | undefined,
): Promise<Bars> {
  const { context, blocks } = sources
  const { symbol, timeframe, from, to, days, exact } = window
  if (days === null) return barsOf(sources, window, [])
  const facts = coarseFacts(sources, window)
  if (facts !== null) {
    const listed = await blocks.listed(timeframe, days.first, days.last)
    const maxBars = window.maxBars ?? Number.POSITIVE_INFINITY
    const wanted = { symbol, timeframe, from, to, maxBars, exact }
    const coarse = await coarseWindow({ context, blocks, facts }, wanted, listed, signal)
    if (coarse !== null) return coarse
  }
  return barsOf(sources, window, await blocks.between(timeframe, days.first, days.last, signal))
}

function barsOf(
  { context }: ViewportSources,
  { symbol, timeframe, from, to, maxBars, exact }: CandleWindow,
  blocks: readonly DayBlock[],
): Bars {
  const runs: BarRun[] = []
  const problems: Problem[] = []
  for (const block of blocks) {
    problems.push(...block.problems)
    const run = runBetween(barsFor(block, symbol), from, to)
    if (run.start < run.end) runs.push(run)
  }
  const level = exact ?? chooseLevel(ladderOf(timeframe, context.zone), runs, maxBars)
  return {
    candles: aggregate(runs, level),
    level: { bars: level.bars, label: level.label },
    problems,
    blocks,
  }
}

function check({ from, to, maxBars, asOf }: ViewportRequest): void {
  checkInstant('from', from)
  checkInstant('to', to)
  if (asOf !== undefined) checkInstant('asOf', asOf)
  if (maxBars !== undefined && !(Number.isInteger(maxBars) && maxBars >= 1)) {
    throw new BarkeepError('BAD_REQUEST', `maxBars is ${maxBars}; it must be a whole number from 1.`)
  }
}

function checkInstant(name: string, instant: number): void {
  if (Math.abs(instant) <= 8.64e15) return
  throw new BarkeepError('BAD_REQUEST', `${name} is ${instant}, which is no time in milliseconds UTC.`)
}
