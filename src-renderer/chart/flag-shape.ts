import type { ViewportObject } from '../../schemas/contract/viewport.ts'

/** A point of a drawn line: ms UTC and a price. */
export interface ChartPoint {
  readonly ts: number
  readonly price: number
}

export type ChartLine = readonly [ChartPoint, ChartPoint]

/** A flag pattern: the move that began it, where that is told, and the two lines that the price then ran between. */
export interface FlagShape {
  readonly pole: ChartLine | null
  readonly upper: ChartLine
  readonly lower: ChartLine
}

/**
 * The shape that a flag's payload describes, null when it has no channel (the flag is then drawn as its band):
 * `{pole, channel: {upper, lower}}`, each a line of two points `[{ts, price}, {ts, price}]`, times ms UTC or ISO 8601 with an
 * offset: a text without one could mean any clock.
 */
export function flagShape(object: ViewportObject): FlagShape | null {
  const { pole, channel } = object.payload ?? {}
  if (!isRecord(channel)) return null
  const [upper, lower] = [lineOf(channel.upper), lineOf(channel.lower)]
  return upper && lower ? { pole: lineOf(pole), upper, lower } : null
}

const WITH_OFFSET = /T.*(Z|[+-]\d{2}:?\d{2})$/i

function lineOf(value: unknown): ChartLine | null {
  if (!Array.isArray(value) || value.length !== 2) return null
  const [from, to] = value.map(pointOf)
  return from && to ? [from, to] : null
}

function pointOf(value: unknown): ChartPoint | null {
  if (!isRecord(value)) return null
  const { price } = value
  const isText = typeof value.ts === 'string'
  const ts = isText ? (WITH_OFFSET.test(String(value.ts)) ? Date.parse(String(value.ts)) : null) : value.ts
  if (typeof ts !== 'number' || typeof price !== 'number') return null
  return Number.isFinite(ts) && Number.isFinite(price) ? { ts, price } : null
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
