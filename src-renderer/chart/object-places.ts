import type { CandleColumns, ViewportObject } from '../../schemas/contract/viewport.ts'
import { barAt } from './bar-columns.ts'
import { type ChartLine, flagShape } from './flag-shape.ts'
import { priceBand, type Side, sideOf, strengthOf } from './object-meaning.ts'

export interface PlacedPoint {
  readonly place: number
  readonly price: number
}

/** An object among the loaded bars; worked out again only when bars or objects change, not per frame. */
export interface PlacedObject {
  readonly object: ViewportObject
  /** Places on the time axis; −∞ where it began before the loaded bars, +∞ where it is open-ended. */
  readonly left: number
  readonly right: number
  /** Prices; for a marker without one, that of its bar. */
  readonly low: number
  readonly high: number
  readonly side: Side
  readonly strength: number
  /** Upper and lower line of a flag that gives its shape, then its pole if it gives one. */
  readonly lines: readonly (readonly [PlacedPoint, PlacedPoint])[] | null
}

/** Objects that can be drawn among these bars: those with a price (a marker takes its bar's) that reach them. */
export function placeObjects(
  objects: readonly ViewportObject[],
  bars: CandleColumns,
  step: number,
): readonly PlacedObject[] {
  if (bars.ts.length === 0) return []
  const placed: PlacedObject[] = []
  for (const object of objects) {
    const one = placeObject(object, bars, step)
    if (one !== null) placed.push(one)
  }
  return placed
}

function placeObject(object: ViewportObject, bars: CandleColumns, step: number): PlacedObject | null {
  const { ts } = bars
  const startBar = barAt(ts, object.start_ts)
  const priceAtStart = bars.close[Math.max(0, startBar)] ?? null
  const side = sideOf(object, priceAtStart)
  const strength = strengthOf(object)
  if (object.type === 'marker') {
    // A marker is a point: it stands in the middle of the bar that contains it.
    if (startBar < 0) return null
    const band = priceBand(object) ?? barPrice(bars, startBar, side)
    return { object, left: startBar, right: startBar, ...band, side, strength, lines: null }
  }
  const lines = linesOf(object, ts, step)
  const band = priceBand(object) ?? bandOf(lines)
  if (band === null) return null
  const left = edgePlace(ts, object.start_ts, step)
  const right = endPlace(object, ts, step)
  if (right < -0.5) return null
  return { object, left, right, ...band, side, strength, lines }
}

/**
 * Where an instant lies on the axis when bar `i` covers i − 0.5 … i + 0.5: at the same time on every timeframe. In a
 * gap it is the right edge of the bar before it; −∞ before the first bar.
 */
export function edgePlace(times: ArrayLike<number>, instant: number, step: number): number {
  const bar = barAt(times, instant)
  if (bar < 0) return Number.NEGATIVE_INFINITY
  const open = times[bar] ?? 0
  const length = Math.min(step, (times[bar + 1] ?? Number.POSITIVE_INFINITY) - open)
  return bar - 0.5 + Math.min(1, (instant - open) / length)
}

function endPlace(object: ViewportObject, times: ArrayLike<number>, step: number): number {
  const { end_ts: end, closed_ts: closed } = object
  if (end === null) return Number.POSITIVE_INFINITY
  const last = times.length - 1
  const beyond = (end - (times[last] ?? 0)) / step
  // An end that the bot set ahead of the last bar reaches into the empty room; a close is never in the future.
  return closed === null && beyond > 1 ? last - 0.5 + beyond : edgePlace(times, end, step)
}

function linesOf(object: ViewportObject, times: ArrayLike<number>, step: number): PlacedObject['lines'] {
  const shape = object.type === 'flag' ? flagShape(object) : null
  if (shape === null) return null
  const placed = (line: ChartLine): readonly [PlacedPoint, PlacedPoint] => [
    { place: linePlace(times, line[0].ts, step), price: line[0].price },
    { place: linePlace(times, line[1].ts, step), price: line[1].price },
  ]
  return [shape.upper, shape.lower, ...(shape.pole === null ? [] : [shape.pole])].map(placed)
}

/** What a flag that gives its shape and no prices spans. */
function bandOf(lines: PlacedObject['lines']): { low: number; high: number } | null {
  if (lines === null) return null
  const prices = lines.flatMap(([from, to]) => [from.price, to.price])
  return { low: Math.min(...prices), high: Math.max(...prices) }
}

/** A line that began before the loaded bars keeps a finite end, so that it keeps a slope. */
function linePlace(times: ArrayLike<number>, instant: number, step: number): number {
  const first = times[0] ?? 0
  return instant < first ? (instant - first) / step - 0.5 : edgePlace(times, instant, step)
}

function barPrice(bars: CandleColumns, bar: number, side: Side): { low: number; high: number } {
  const price = (side === 'supply' ? bars.high[bar] : bars.low[bar]) ?? 0
  return { low: price, high: price }
}
