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
 * The shape that a flag's payload describes, null when it describes none (the flag is then drawn as its band):
 * `pole` is `{from_ts, from, to_ts, to}`; `channel` is `{from_ts, to_ts, upper, lower}`, where `upper` and `lower`
 * are a price each, or a line as the pole is one. Times ms UTC or ISO 8601. Lines given as a price hold until the
 * flag ends.
 */
export function flagShape(object: ViewportObject): FlagShape | null {
  const { pole, channel } = object.payload ?? {}
  if (!isRecord(channel)) return null
  const shape = {
    pole: lineOf(pole),
    upper: edgeOf(channel.upper, channel, object.end_ts),
    lower: edgeOf(channel.lower, channel, object.end_ts),
  }
  return shape.pole && shape.upper && shape.lower ? (shape as FlagShape) : null
}

function edgeOf(edge: unknown, channel: Record<string, unknown>, end: number | null): ChartLine | null {
  if (typeof edge !== 'number') return lineOf(edge)
  const { from_ts, to_ts } = channel
  return lineOf({ from_ts, to_ts: end ?? to_ts, from: edge, to: edge })
}

function lineOf(value: unknown): ChartLine | null {
  if (!isRecord(value)) return null
  const [from, to] = [pointOf(value.from_ts, value.from), pointOf(value.to_ts, value.to)]
  return from && to ? [from, to] : null
}

function pointOf(time: unknown, price: unknown): ChartPoint | null {
  const ts = typeof time === 'string' ? Date.parse(time) : time
  if (typeof ts !== 'number' || typeof price !== 'number') return null
  return Number.isFinite(ts) && Number.isFinite(price) ? { ts, price } : null
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
