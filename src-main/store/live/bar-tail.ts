import type { LiveBars } from '../../../schemas/contract/live.ts'
import { utcDayOf } from '../../../schemas/contract/market-time.ts'
import { parseTimeframe } from '../../../schemas/contract/timeframe.ts'
import type { FollowRequest } from '../../../schemas/generated/requests.ts'
import type { StoreContext } from '../context.ts'
import { NO_BARS } from '../read/bar-runs.ts'
import { levelOf } from '../read/level-of-detail.ts'
import { addDifferences, barsIn, picked, placeOf } from './bar-differences.ts'
import { coarseIncrement } from './coarse-candles.ts'
import type { DayChanges, DayLook } from './day-changes.ts'
import {
  type BarSources,
  type Followed,
  type Increment,
  joined,
  type Stretch,
  type SymbolChanges,
  stretchOf,
} from './increment.ts'

/** More bars than this are not told one by one: the window asks for their time again. */
export const ROWS_AT_MOST = 2_000
/** Over more days averages are asked for by the window itself. */
const DAYS_OF_AVERAGES = 40

const EVERYTHING: SymbolChanges = { opens: [], days: [], stale: { from: -8.64e15, to: 8.64e15 } }

/** @throws BAD_REQUEST for a level that the timeframe's ladder lacks */
export function followedOf({ zone }: StoreContext, request: FollowRequest): Followed {
  const timeframe = parseTimeframe(request.timeframe)
  const level = levelOf(timeframe, zone, request.barsPerCandle ?? 1)
  return { symbol: request.symbol, timeframe, level, emas: level.bars === 1 ? (request.emas ?? []) : [] }
}

/**
 * The increment of a followed series (SPEC F12): its bars or candles that are new or other, opens that are gone, or, where
 * that would be too much or can't be told, the time to ask for again.
 * @returns null when nothing of it has changed
 * @throws what the viewport throws
 */
export async function barIncrement(
  sources: BarSources,
  days: DayChanges,
  followed: Followed,
  look: DayLook,
): Promise<LiveBars | null> {
  // Answers before the first look were compared with nothing.
  const changes = look.isFirst ? EVERYTHING : changesOf(followed, look)
  if (changes.opens.length === 0 && changes.stale === null) return null
  const found = await incrementOf(sources, days, followed, changes)
  const { candles, emas, gone, stale } = found
  if (candles.ts.length === 0 && gone.length === 0 && stale === null) return null
  return {
    symbol: followed.symbol,
    timeframe: followed.timeframe,
    barsPerCandle: followed.level.bars,
    candles,
    emas,
    gone: Float64Array.from(gone),
    stale,
  }
}

function changesOf({ symbol, timeframe }: Followed, look: DayLook): SymbolChanges {
  const found = new Set<number>()
  const days: SymbolChanges['days'][number][] = []
  let stale: Stretch | null = null
  for (const change of look.changes) {
    if (change.timeframe !== timeframe) continue
    const { contents } = change
    if (contents === null) {
      stale = joined(stale, stretchOf(change.day))
      continue
    }
    const count = found.size
    for (let index = 1; index < contents.length; index++) {
      const [before, now] = [contents[index - 1] ?? null, contents[index] ?? null]
      addDifferences(barsIn(before, symbol), barsIn(now, symbol), found)
    }
    if (found.size > count) days.push({ ...change, contents })
  }
  const opens = [...found].sort((a, b) => a - b)
  if (opens.length <= ROWS_AT_MOST) return { opens, days, stale }
  return {
    opens: [],
    days: [],
    stale: joined(stale, { from: opens[0] as number, to: opens.at(-1) as number }),
  }
}

async function incrementOf(
  sources: BarSources,
  days: DayChanges,
  followed: Followed,
  changes: SymbolChanges,
): Promise<Increment> {
  if (changes.opens.length === 0) return { candles: NO_BARS, emas: [], gone: [], stale: changes.stale }
  if (followed.level.bars > 1) return coarseIncrement(sources, days, followed, changes)
  if (followed.emas.length > 0) return withAverages(sources, days, followed, changes)
  return { ...barsNow(followed, changes), emas: [], stale: changes.stale }
}

function barsNow({ symbol }: Followed, { opens, days }: SymbolChanges): Pick<Increment, 'candles' | 'gone'> {
  const byDay = new Map(days.map(({ day, contents }) => [day, barsIn(contents.at(-1) ?? null, symbol)]))
  const bars: { columns: LiveBars['candles']; place: number }[] = []
  const gone: number[] = []
  for (const open of opens) {
    const columns = byDay.get(utcDayOf(open)) ?? NO_BARS
    const place = placeOf(columns, open)
    if (place < 0) gone.push(open)
    else bars.push({ columns, place })
  }
  return { candles: picked(bars), gone }
}

/**
 * An average depends on the bars before it, so every bar from the first change on is told again; days later it is the same
 * but for its last digits, which have to be right as well (SPEC F35).
 */
async function withAverages(
  { viewport }: BarSources,
  days: DayChanges,
  { symbol, timeframe, emas }: Followed,
  { opens, stale }: SymbolChanges,
): Promise<Increment> {
  const from = Math.min(opens[0] ?? Number.POSITIVE_INFINITY, stale?.from ?? Number.POSITIVE_INFINITY)
  const after = days.daysBetween(timeframe, utcDayOf(from))
  const to = after.reduce(
    (last, day) => Math.max(last, stretchOf(day).to),
    stale?.to ?? (opens.at(-1) as number),
  )
  const whole: Increment = { candles: NO_BARS, emas: [], gone: [], stale: { from, to } }
  if (stale !== null || after.length > DAYS_OF_AVERAGES) return whole
  const { candles, emas: values } = await viewport({ symbol, timeframe, from, to, emas: [...emas] })
  if (candles.ts.length > ROWS_AT_MOST) return whole
  return {
    candles,
    emas: values ?? [],
    gone: opens.filter((open) => placeOf(candles, open) < 0),
    stale: null,
  }
}
