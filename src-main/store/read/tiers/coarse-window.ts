import type { Timeframe, UtcDay } from '../../../../schemas/contract/units.ts'
import type { CandleColumns, DetailLevel, Problem } from '../../../../schemas/contract/viewport.ts'
import type { StoreContext } from '../../context.ts'
import { runBetween } from '../bar-runs.ts'
import { barsFor } from '../day-block.ts'
import type { DayBlocks } from '../day-blocks.ts'
import type { DayfileFactsCache } from '../dayfile-facts.ts'
import { aggregate, baseStep, chooseStep, type Level, ladderOf } from '../level-of-detail.ts'
import { type ListedDay, sameLook } from '../listing.ts'
import { countOver, type Stretch, storedStretch, tierStretch } from './stretches.ts'
import type { SymbolYear } from './symbol-year.ts'
import type { TierDay, YearTier } from './tier-format.ts'

export interface CoarseSources {
  readonly context: StoreContext
  readonly blocks: DayBlocks
  readonly facts: DayfileFactsCache
}

export interface CoarseWindow {
  readonly symbol: string
  readonly timeframe: Timeframe
  /** Inclusive, as `to`; of bar opens. */
  readonly from: number
  readonly to: number
  readonly maxBars: number
  /** This step of the ladder, whatever fits. */
  readonly exact?: Level | null
}

export interface CoarseAnswer {
  readonly candles: CandleColumns
  readonly level: DetailLevel
  readonly problems: readonly Problem[]
}

/** Days of a tier one after another, or a day whose bars have to be read. */
type Piece =
  | { readonly kind: 'tier'; readonly year: SymbolYear; readonly first: number; last: number }
  | { readonly kind: 'day'; readonly day: UtcDay }

interface Survey {
  readonly pieces: readonly Piece[]
  /** Days that a tier could hold and doesn't. */
  readonly unknown: readonly ListedDay[]
}

/**
 * A window over many days from tiers (SPEC R13): what R6 makes of the bars, without reading them. Days with parts, with
 * problems, or cut by the window's bounds come from the day blocks.
 * @param days what stands between the window's bounds
 * @returns null when the level that fits, or is asked for, is finer than tiers: then its bars are to be read
 * @throws CANCELLED; IO when the file system fails
 */
export async function coarseWindow(
  { context, blocks, facts }: CoarseSources,
  window: CoarseWindow,
  days: readonly ListedDay[],
  signal: AbortSignal | undefined,
): Promise<CoarseAnswer | null> {
  const ladder = ladderOf(window.timeframe, context.zone)
  const { exact = null, maxBars } = window
  if (exact !== null && ladder.indexOf(exact) < baseStep(ladder)) return null
  let survey = surveyed(window, days, await yearsOf(facts, window.timeframe, days))
  if (survey.unknown.length > 0 && (await facts.learn(survey.unknown, signal)))
    survey = surveyed(window, days, await yearsOf(facts, window.timeframe, days))
  const { stretches, problems } = await stretchesOf(blocks, window, survey.pieces, ladder, signal)
  const step =
    exact === null
      ? chooseStep(ladder, maxBars, (at, limit) => countOver(stretches, ladder, at, limit))
      : ladder.indexOf(exact)
  if (step < baseStep(ladder)) return null
  const level = ladder[step] as Level
  const candles = aggregate(
    stretches.flatMap((stretch) => stretch.runs(step)),
    level,
  )
  return { candles, level: { bars: level.bars, label: level.label }, problems }
}

async function yearsOf(
  facts: DayfileFactsCache,
  timeframe: Timeframe,
  days: readonly ListedDay[],
): Promise<ReadonlyMap<string, YearTier>> {
  const years = new Set<string>()
  for (const { day } of days) years.add(day.slice(0, 4))
  const tiers = await Promise.all([...years].map((year) => facts.year(timeframe, year)))
  return new Map([...years].map((year, index) => [year, tiers[index] as YearTier]))
}

/** Goes through days and tiers side by side: both ascend. */
function surveyed(
  { symbol, from, to }: CoarseWindow,
  days: readonly ListedDay[],
  years: ReadonlyMap<string, YearTier>,
): Survey {
  const pieces: Piece[] = []
  const unknown: ListedDay[] = []
  let open: Piece | null = null
  let year = ''
  let known: readonly TierDay[] = []
  let ofSymbol: SymbolYear | undefined
  let at = 0
  for (const listed of days) {
    const { day, dayfile, parts } = listed
    if (!day.startsWith(year) || year === '') {
      year = day.slice(0, 4)
      const tier = years.get(year)
      known = tier?.days ?? []
      ofSymbol = tier?.symbols.get(symbol)
      at = 0
    }
    while (at < known.length && (known[at] as TierDay).day < day) at++
    if (dayfile === null && parts.length === 0) continue
    const entry = known[at]
    const isKnown = entry?.day === day && sameLook(entry.stat, dayfile)
    let place: number | undefined
    if (isKnown && entry.sound && parts.length === 0) {
      place = ofSymbol?.placeOf(at)
      if (place === undefined || ofSymbol === undefined) continue
      const firstTs = ofSymbol.columns.firstTs[place] as number
      const lastTs = ofSymbol.columns.lastTs[place] as number
      if (lastTs < from || firstTs > to) continue
      if (firstTs >= from && lastTs <= to) {
        if (open?.kind === 'tier' && open.year === ofSymbol && open.last === place - 1) open.last = place
        else {
          open = { kind: 'tier', year: ofSymbol, first: place, last: place }
          pieces.push(open)
        }
        continue
      }
    } else if (!isKnown && dayfile !== null && parts.length === 0) unknown.push(listed)
    open = { kind: 'day', day }
    pieces.push(open)
  }
  return { pieces, unknown }
}

async function stretchesOf(
  blocks: DayBlocks,
  { symbol, timeframe, from, to }: CoarseWindow,
  pieces: readonly Piece[],
  ladder: readonly Level[],
  signal: AbortSignal | undefined,
): Promise<{ readonly stretches: readonly Stretch[]; readonly problems: readonly Problem[] }> {
  const wanted = pieces.flatMap((piece) => (piece.kind === 'day' ? piece.day : []))
  const read = wanted.length === 0 ? [] : await blocks.ofDays(timeframe, wanted, signal)
  const byDay = new Map(read.map((block) => [block.day, block]))
  const problems: Problem[] = []
  const stretches: Stretch[] = []
  for (const piece of pieces) {
    if (piece.kind === 'tier') {
      stretches.push(tierStretch(piece.year, piece.first, piece.last))
      continue
    }
    const block = byDay.get(piece.day)
    if (block === undefined) continue
    problems.push(...block.problems)
    const run = runBetween(barsFor(block, symbol), from, to)
    if (run.start < run.end) stretches.push(storedStretch(run, ladder))
  }
  return { stretches, problems }
}
