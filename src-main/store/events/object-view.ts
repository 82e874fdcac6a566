import type { ViewportObject } from '../../../schemas/contract/viewport.ts'
import type { ObjectState } from './fold.ts'

/** The open of the 15m bar of a symbol that bears a `global_x`; null when no dayfile holds it. */
export type BarOfNumber = (symbol: string, globalX: number) => number | null

/** What the chart is told of an object: its state with the life it spans (SPEC O7). */
export function viewportObject(state: ObjectState, barOfNumber: BarOfNumber): ViewportObject {
  const { left, left_ts, symbol, type, right_ts, closed_ts } = state
  const resolved = left_ts ?? (left === null ? null : barOfNumber(symbol, left))
  const start = resolved ?? state.created_ts
  return {
    id: state.id,
    type,
    status: state.status,
    symbol,
    timeframe: state.timeframe,
    top: state.top,
    bottom: state.bottom,
    y: state.y,
    left,
    left_ts: resolved,
    right_ts,
    created_ts: state.created_ts,
    updated_ts: state.updated_ts,
    label: state.label,
    payload: state.payload as ViewportObject['payload'],
    start_ts: start,
    end_ts: type === 'marker' ? start : (right_ts ?? closed_ts),
    closed_ts,
  }
}

/** Whether an object's life touches [from, to] (SPEC R4, T4). */
export function livesWithin(object: ViewportObject, from: number, to: number): boolean {
  return object.start_ts <= to && (object.end_ts === null || object.end_ts >= from)
}

/**
 * Whether an object touches a price band (SPEC R4): levels and markers by `y`, zones and flags by what lies between
 * their edges, whichever is given as top. One without a price is in every band; a band may be open at an end.
 */
export function touchesBand(
  object: ViewportObject,
  priceMin = Number.NEGATIVE_INFINITY,
  priceMax = Number.POSITIVE_INFINITY,
): boolean {
  const { type, y, top, bottom } = object
  const prices = type === 'level' || type === 'marker' ? [y] : [top, bottom]
  const known = prices.filter((price) => price !== null)
  return known.length === 0 || (Math.min(...known) <= priceMax && Math.max(...known) >= priceMin)
}
