import type { ViewportObject } from '../../schemas/contract/viewport.ts'

/** Which way a zone pushes the price; `neutral` where nothing tells. */
export type Side = 'supply' | 'demand' | 'neutral'

const SUPPLY = new Set([
  'supply',
  'sell',
  'seller',
  'short',
  'bear',
  'bearish',
  'resistance',
  'down',
  'ask',
  'high',
])
const DEMAND = new Set(['demand', 'buy', 'buyer', 'long', 'bull', 'bullish', 'support', 'up', 'bid', 'low'])

/** Statuses after which an object no longer counts, in the words that bots use. */
const SPENT = new Set([
  'removed',
  'closed',
  'mitigated',
  'invalidated',
  'invalid',
  'expired',
  'filled',
  'broken',
  'cancelled',
  'inactive',
  'failed',
])
const WORN = new Set([
  'tested',
  'touched',
  'weak',
  'weakened',
  'partial',
  'partially_mitigated',
  'retested',
  'swept',
])

/** The side the bot gave, in whatever word; null where it gave none. */
export function givenSide(object: ViewportObject): Side | null {
  const { side, direction, bias, kind } = object.payload ?? {}
  for (const word of [side, direction, bias, kind]) {
    const known = typeof word === 'string' ? word.toLowerCase() : ''
    if (SUPPLY.has(known)) return 'supply'
    if (DEMAND.has(known)) return 'demand'
  }
  return null
}

/** The side, else told by where the object stood to the price when it began: above is supply, below demand. */
export function sideOf(object: ViewportObject, priceAtStart: number | null): Side {
  const given = givenSide(object)
  if (given !== null || priceAtStart === null) return given ?? 'neutral'
  const band = priceBand(object)
  if (band === null) return 'neutral'
  if (band.low >= priceAtStart) return 'supply'
  return band.high <= priceAtStart ? 'demand' : 'neutral'
}

/** Whether it still stands: neither closed nor in a status that means as much. */
export function isStanding(object: ViewportObject): boolean {
  return object.closed_ts === null && !SPENT.has(object.status.toLowerCase())
}

/** How strongly it is drawn, 0–1. */
export function strengthOf(object: ViewportObject): number {
  if (!isStanding(object)) return 0.4
  return WORN.has(object.status.toLowerCase()) ? 0.7 : 1
}

/** The prices it spans, low to high whichever edge the bot called top; null without a price. */
export function priceBand(object: ViewportObject): { readonly low: number; readonly high: number } | null {
  const { top, bottom, y, type } = object
  const pair = type === 'zone' || type === 'flag' ? [top, bottom] : [y]
  const known = [...pair, ...(pair.every((price) => price === null) ? [y, top, bottom] : [])]
  const prices = known.filter((price) => price !== null)
  return prices.length === 0 ? null : { low: Math.min(...prices), high: Math.max(...prices) }
}

const NAMES = { zone: 'Zone', level: 'Level', marker: 'Marker', flag: 'Flag' } as const

/** What to call it: its label, else its side and type (`Supply zone`). */
export function nameOf(object: ViewportObject): string {
  if (object.label !== null && object.label.trim() !== '') return object.label.trim()
  const side = givenSide(object)
  if (side === null || side === 'neutral') return NAMES[object.type]
  return `${side === 'supply' ? 'Supply' : 'Demand'} ${object.type}`
}
