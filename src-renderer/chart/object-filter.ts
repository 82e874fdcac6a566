import type { ViewportObject } from '../../schemas/contract/viewport.ts'
import type { TimeSpan } from './bar-columns.ts'
import { isStanding, priceBand } from './object-meaning.ts'

/** Zones, levels and flags drawn at once unless all are asked for: 260 overlapping zones are mud. */
export const NEAREST = 40
/** Markers drawn at once; they are small, and one stands wherever something happened. */
const LATEST_MARKERS = 60

/** Null means any. */
export interface ObjectFilter {
  readonly types: readonly string[] | null
  readonly statuses: readonly string[] | null
  readonly timeframes: readonly string[] | null
  readonly priceMin: number | null
  readonly priceMax: number | null
}

export const NO_FILTER: ObjectFilter = {
  types: null,
  statuses: null,
  timeframes: null,
  priceMin: null,
  priceMax: null,
}

/** Whether anything is filtered out at all. */
export function isFiltering(filter: ObjectFilter): boolean {
  return Object.values(filter).some((part) => part !== null)
}

export function passes(object: ViewportObject, filter: ObjectFilter): boolean {
  const { types, statuses, timeframes, priceMin, priceMax } = filter
  if (types !== null && !types.includes(object.type)) return false
  if (statuses !== null && !statuses.includes(object.status)) return false
  if (timeframes !== null && !timeframes.includes(object.timeframe.toLowerCase())) return false
  if (priceMin === null && priceMax === null) return true
  const band = priceBand(object)
  // One without a price is in every band, as in the engine (SPEC R4).
  if (band === null) return true
  return (
    band.low <= (priceMax ?? Number.POSITIVE_INFINITY) && band.high >= (priceMin ?? Number.NEGATIVE_INFINITY)
  )
}

/** Whether an object's life touches the visible time. */
export function livesIn(object: ViewportObject, visible: TimeSpan): boolean {
  return object.start_ts <= visible.to && (object.end_ts === null || object.end_ts >= visible.from)
}

/** How far the price is from an object; 0 inside a zone. */
export function distanceTo(object: ViewportObject, price: number): number {
  const band = priceBand(object)
  if (band === null) return Number.POSITIVE_INFINITY
  return Math.max(0, band.low - price, price - band.high)
}

/** Standing ones before spent ones, each by nearness to the price: the order of what to draw first. */
export function byImportance(
  objects: readonly ViewportObject[],
  price: number | null,
): readonly ViewportObject[] {
  const keyed = objects.map((object) => ({
    object,
    spent: isStanding(object) ? 0 : 1,
    distance: price === null ? 0 : distanceTo(object, price),
  }))
  keyed.sort(
    (a, b) => a.spent - b.spent || a.distance - b.distance || b.object.updated_ts - a.object.updated_ts,
  )
  return keyed.map(({ object }) => object)
}

/**
 * Of objects in the order of `byImportance`, those to draw: the first forty, and the latest markers of the visible
 * time beside them, so that neither crowds out the other. On candles that gather many bars, markers would stand in
 * each other's way and at no bar of theirs: none are drawn there.
 */
export function mostImportant(
  ordered: readonly ViewportObject[],
  barsPerCandle = 1,
): readonly ViewportObject[] {
  if (barsPerCandle > 1) return ordered.filter((object) => object.type !== 'marker').slice(0, NEAREST)
  const markers = ordered
    .filter((object) => object.type === 'marker')
    .toSorted((a, b) => b.start_ts - a.start_ts)
    .slice(0, LATEST_MARKERS)
  return [...ordered.filter((object) => object.type !== 'marker').slice(0, NEAREST), ...markers]
}

/** What a filter could choose from, with how many objects each choice has; most frequent first. */
export function choicesOf(
  objects: readonly ViewportObject[],
  of: (object: ViewportObject) => string,
): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>()
  for (const object of objects) counts.set(of(object), (counts.get(of(object)) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
}
