import { BarkeepError } from '../../../schemas/contract/errors.ts'
import { utcDayOf } from '../../../schemas/contract/market-time.ts'
import { parseTimeframe, timeframeMillis } from '../../../schemas/contract/timeframe.ts'
import type { Timeframe } from '../../../schemas/contract/units.ts'
import type { CandleColumns, DetailLevel, Problem, Viewport } from '../../../schemas/contract/viewport.ts'
import type { ViewportRequest } from '../../../schemas/generated/requests.ts'
import type { StoreContext } from '../context.ts'
import type { ObjectsAnswer, ObjectsRequest } from '../events/as-of.ts'
import { type BarRun, runBetween } from './bar-runs.ts'
import { barsFor } from './day-block.ts'
import type { DayBlocks } from './day-blocks.ts'
import type { DayfileFactsCache } from './dayfile-facts.ts'
import { aggregate, chooseLevel, ladderOf } from './level-of-detail.ts'
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
  readonly objectsAt: (request: ObjectsRequest) => Promise<ObjectsAnswer>
}

/**
 * The bars of a window and the objects that touch it (store.md §5; SPEC R1–R8, R10). Problems are named, not thrown.
 * @throws BAD_REQUEST; CANCELLED; IO when the file system fails
 */
export async function viewport(
  sources: ViewportSources,
  request: ViewportRequest,
  signal?: AbortSignal,
): Promise<Viewport> {
  const { symbol, asOf, maxBars, ...rest } = checked(request)
  const timeframe = parseTimeframe(rest.timeframe)
  const [bars, { objects, problems }] = await Promise.all([
    candlesOf(sources, { symbol, timeframe, from: rest.from, to: rest.to, asOf, maxBars }, signal),
    sources.objectsAt({ ...rest, symbol, asOf }),
  ])
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

interface CandlesRequest {
  readonly symbol: string
  readonly timeframe: Timeframe
  readonly from: number
  readonly to: number
  readonly asOf: number | undefined
  readonly maxBars: number | undefined
}

async function candlesOf(
  sources: ViewportSources,
  { symbol, timeframe, from, to, asOf, maxBars }: CandlesRequest,
  signal: AbortSignal | undefined,
): Promise<{ candles: CandleColumns; level: DetailLevel; problems: readonly Problem[] }> {
  const { context, blocks } = sources
  const ladder = ladderOf(timeframe, context.zone)
  // A bar is known once it has closed (SPEC R5).
  const last = asOf === undefined ? to : Math.min(to, asOf - timeframeMillis(timeframe))
  const runs: BarRun[] = []
  const problems: Problem[] = []
  if (from <= last && from < LAST_DAY + DAY && last >= FIRST_DAY) {
    const first = utcDayOf(Math.max(from, FIRST_DAY))
    const end = utcDayOf(Math.min(last, LAST_DAY))
    if (sources.facts !== undefined && maxBars !== undefined && last - from >= DAYS_FOR_TIERS * DAY) {
      const window = { symbol, timeframe, from, to: last, maxBars }
      const days = await blocks.listed(timeframe, first, end)
      const coarse = await coarseWindow({ context, blocks, facts: sources.facts }, window, days, signal)
      if (coarse !== null) return coarse
    }
    for (const block of await blocks.between(timeframe, first, end, signal)) {
      problems.push(...block.problems)
      const run = runBetween(barsFor(block, symbol), from, last)
      if (run.start < run.end) runs.push(run)
    }
  }
  const level = chooseLevel(ladder, runs, maxBars)
  return { candles: aggregate(runs, level), level: { bars: level.bars, label: level.label }, problems }
}

function checked(request: ViewportRequest): ViewportRequest {
  const { from, to, maxBars, asOf } = request
  for (const [name, instant] of [['from', from] as const, ['to', to] as const, ['asOf', asOf] as const]) {
    if (instant !== undefined && !(Math.abs(instant) <= 8.64e15)) {
      throw new BarkeepError('BAD_REQUEST', `${name} is ${instant}, which is no time in milliseconds UTC.`)
    }
  }
  if (maxBars !== undefined && !(Number.isInteger(maxBars) && maxBars >= 1)) {
    throw new BarkeepError('BAD_REQUEST', `maxBars is ${maxBars}; it must be a whole number from 1.`)
  }
  return request
}
