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
 * `{pole, channel: {upper, lower}}`, each a line of two points `[{ts, price}, {ts, price}]`, times ms UTC or ISO 8601.
 */
export function flagShape(object: ViewportObject): FlagShape | null {
  const { pole, channel } = object.payload ?? {}
  if (!isRecord(channel)) return null
  const lines = [lineOf(pole), lineOf(channel.upper), lineOf(channel.lower)] as const
  return lines[0] && lines[1] && lines[2] ? { pole: lines[0], upper: lines[1], lower: lines[2] } : null
}

function lineOf(value: unknown): ChartLine | null {
  if (!Array.isArray(value) || value.length !== 2) return null
  const [from, to] = value.map(pointOf)
  return from && to ? [from, to] : null
}

function pointOf(value: unknown): ChartPoint | null {
  if (!isRecord(value)) return null
  const { price } = value
  const ts = typeof value.ts === 'string' ? Date.parse(value.ts) : value.ts
  if (typeof ts !== 'number' || typeof price !== 'number') return null
  return Number.isFinite(ts) && Number.isFinite(price) ? { ts, price } : null
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
