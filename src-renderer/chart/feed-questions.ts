import { nearestBar, orderBars, type TimeSpan } from './bar-columns.ts'
import { CAP, candlesFor, intersect, spanOf, widen } from './feed-plan.ts'
import type { FeedSource } from './feed-state.ts'
import type { Answer } from './live-log.ts'

/**
 * Asks the engine for a window; null when the question is no longer asked. `barsPerCandle` asks for exactly this level
 * of detail, else `maxBars` decides.
 */
export type Ask = (window: TimeSpan, maxBars: number, barsPerCandle?: number) => Promise<Answer | null>

/** Beyond the first and last known bar there may be files that can't be read: asked for, they are named. */
const SLACK = 366 * 86_400_000

export interface AskedSeries {
  readonly symbol: string
  readonly timeframe: string
  readonly bounds: TimeSpan | null
  readonly includeRemoved: boolean
  /** Periods of the moving averages. */
  readonly emas: readonly number[]
  /** The last increment that has come. */
  readonly revision: () => number
}

/** Asks about one series for as long as `current` says that the answers are wanted. */
export function asker(source: FeedSource, series: AskedSeries, current: () => boolean): Ask {
  const { symbol, timeframe, bounds, includeRemoved, emas } = series
  return async (window, most, barsPerCandle) => {
    const before = bounds !== null && window.from <= bounds.from ? SLACK : 0
    const after = bounds !== null && window.to >= bounds.to ? SLACK : 0
    const asked = { from: Math.floor(window.from) - before, to: Math.ceil(window.to) + after }
    const askedAt = series.revision()
    const answer = await source.viewport({
      symbol,
      timeframe,
      ...asked,
      maxBars: Math.max(1, Math.round(most)),
      ...(includeRemoved ? { includeRemoved } : {}),
      ...(emas.length > 0 ? { emas: [...emas] } : {}),
      ...(barsPerCandle === undefined ? {} : { barsPerCandle }),
    })
    return current() ? { ...answer, candles: orderBars(answer.candles), asked, askedAt } : null
  }
}

export interface Found {
  readonly answer: Answer
  /** The time that was asked for in the end. */
  readonly window: TimeSpan
}

/** The last `wanted` bars of a series, reaching back over gaps of any length. */
export async function lastBars(
  ask: Ask,
  bounds: TimeSpan,
  wanted: number,
  step: number,
): Promise<Found | null> {
  // First guess: a market that is open a fifth of the time.
  for (let reach = step * wanted * 5; ; reach *= 4) {
    const window = { from: Math.max(bounds.from, bounds.to - reach), to: bounds.to }
    const answer = await ask(window, CAP)
    if (answer === null) return null
    if (answer.candles.ts.length >= wanted || window.from <= bounds.from) return { answer, window }
  }
}

/**
 * A window at the level that suits what is visible of it: stored bars while they are half a pixel wide at least,
 * else candles of 1.4 pixels or more.
 */
export async function fitting(
  ask: Ask,
  window: TimeSpan,
  view: TimeSpan,
  width: number,
): Promise<Answer | null> {
  const answer = await ask(window, candlesFor(window, view, 2 * width))
  if (answer === null || answer.barsPerCandle === 1) return answer
  return ask(window, candlesFor(window, view, 0.7 * width))
}

/** What lies around an instant, `seen` ms of it visible, looking ever further while there is nothing. */
export async function around(
  ask: Ask,
  instant: number,
  bounds: TimeSpan,
  sizes: { readonly seen: number; readonly reach: number; readonly width: number },
): Promise<Found | null> {
  const view = { from: instant - sizes.seen / 2, to: instant + sizes.seen / 2 }
  for (let reach = sizes.reach; ; reach *= 4) {
    const window = intersect(widen({ from: instant, to: instant }, reach), bounds) ?? bounds
    const answer = await fitting(ask, window, view, sizes.width)
    if (answer === null) return null
    const whole = window.from <= bounds.from && window.to >= bounds.to
    if (answer.candles.ts.length > 0 || whole) return { answer, window }
  }
}

/** The open of a bar near a range that has none; null when the series has none at all (or nobody asks any more). */
export async function nearestTo(
  ask: Ask,
  range: TimeSpan,
  bounds: TimeSpan,
  step: number,
): Promise<number | null> {
  if (range.to < bounds.from) return bounds.from
  if (range.from > bounds.to) return bounds.to
  for (let reach = spanOf(range) + step; ; reach *= 4) {
    const window = intersect(widen(range, reach), bounds) ?? bounds
    const answer = await ask(window, CAP)
    if (answer === null) return null
    const { ts } = answer.candles
    if (ts.length > 0) return ts[nearestBar(ts, (range.from + range.to) / 2)] ?? null
    if (window.from <= bounds.from && window.to >= bounds.to) return null
  }
}

/**
 * A chunk of stored bars beyond one end of what is covered, over gaps of any length. `window` in the answer is all
 * that is covered then.
 */
export async function beyond(
  ask: Ask,
  covered: TimeSpan,
  direction: 'earlier' | 'later',
  bounds: TimeSpan,
  firstReach: number,
): Promise<Found | null> {
  let reach = firstReach
  let all = covered
  for (;;) {
    const window =
      direction === 'earlier'
        ? { from: all.from - reach, to: all.from - 1 }
        : { from: all.to + 1, to: all.to + reach }
    const answer = await ask(window, CAP)
    if (answer === null) return null
    if (answer.barsPerCandle > 1) {
      // More bars than a chunk may hold: the guess of their density was wrong.
      reach /= 2 * answer.barsPerCandle
      continue
    }
    all = { from: Math.min(all.from, window.from), to: Math.max(all.to, window.to) }
    const done = direction === 'earlier' ? all.from <= bounds.from : all.to >= bounds.to
    if (answer.candles.ts.length > 0 || done) return { answer, window: all }
    reach *= 4
  }
}
