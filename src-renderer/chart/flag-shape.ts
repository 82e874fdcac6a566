import type { ViewportObject } from '../../schemas/contract/viewport.ts'

/** A point of a drawn line: ms UTC and a price. */
export interface ChartPoint {
  readonly ts: number
  readonly price: number
}

export type ChartLine = readonly [ChartPoint, ChartPoint]

/** A flag pattern: the move that began it and the two lines that the price then ran between. */
export interface FlagShape {
  readonly pole: ChartLine
  readonly upper: ChartLine
  readonly lower: ChartLine
}

/**
 * The shape that a flag's payload describes: `pole`, and `upper` and `lower` (beside it or under `channel`), each a
 * pair of points `[a, b]` or `{from, to}`; a point is `{ts, price}` or `{time, price}`, `ts` in ms UTC or ISO 8601.
 * Null when it describes none, and the flag is drawn as its band.
 */
export function flagShape(object: ViewportObject): FlagShape | null {
  const payload = object.payload ?? {}
  const channel = isRecord(payload.channel) ? payload.channel : payload
  const pole = lineOf(payload.pole)
  const upper = lineOf(channel.upper)
  const lower = lineOf(channel.lower)
  return pole && upper && lower ? { pole, upper, lower } : null
}

function lineOf(value: unknown): ChartLine | null {
  const ends: readonly unknown[] = Array.isArray(value)
    ? value
    : isRecord(value)
      ? [value.from ?? value.start, value.to ?? value.end]
      : []
  const [first, second] = ends.map(pointOf)
  return first && second ? [first, second] : null
}

function pointOf(value: unknown): ChartPoint | null {
  if (!isRecord(value)) return null
  const time = value.ts ?? value.time
  const ts = typeof time === 'string' ? Date.parse(time) : time
  const price = value.price ?? value.y
  if (typeof ts !== 'number' || typeof price !== 'number') return null
  return Number.isFinite(ts) && Number.isFinite(price) ? { ts, price } : null
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
