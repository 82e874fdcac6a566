import { MARKET_ZONE, MarketZone } from '../../schemas/contract/market-time.ts'
import { formatChange } from '../chart/price-format.ts'
import { ZoneOffsets } from '../chart/zone-offsets.ts'
import { appStore } from '../state/app-store.ts'

let offsets: ZoneOffsets | null = null

/** Offsets of the open store's market zone. */
export function marketOffsets(): ZoneOffsets {
  const name = appStore.getState().store?.marketZone ?? MARKET_ZONE
  if (offsets?.zone.name !== name) offsets = new ZoneOffsets(new MarketZone(name))
  return offsets
}

/** `2024-03-08 08:30`, on the market's clock; seconds and the zone's name only where they tell something. */
export function formatClockTime(instant: number): string {
  const zone = marketOffsets()
  const wall = new Date(zone.wallMillis(instant)).toISOString()
  const seconds = instant % 60_000 === 0 ? '' : wall.slice(16, 19)
  const name = zone.isAmbiguous(instant) ? ` ${zone.zone.abbreviation(instant)}` : ''
  return `${wall.slice(0, 10)} ${wall.slice(11, 16)}${seconds}${name}`
}

/** Six figures, grouped: `1,234.57`, `0.0123457`. The exact value stands in the raw row. */
export function formatNumber(value: number): string {
  const rounded = Number(value.toPrecision(6))
  if (rounded !== 0 && Math.abs(rounded) < 1e-6) return rounded.toExponential(2).replace('-', '−')
  const text = Math.abs(rounded).toLocaleString('en-US', { maximumFractionDigits: 8 })
  return rounded < 0 ? `−${text}` : text
}

/** Four decimals where that is enough, so that scores stand under one another: `0.5123`, `−0.6520`. */
export function formatScore(score: number): string {
  const size = Math.abs(score)
  if (size >= 1_000 || (size !== 0 && size < 0.0001)) return formatNumber(score)
  return `${score < 0 ? '−' : ''}${size.toFixed(4)}`
}

/** With its sign always, two decimals or as many as tell it: `+1.25`, `−0.0042`. */
export function formatSigned(value: number): string {
  const size = Math.abs(value)
  return formatChange(value, size === 0 || size >= 0.1 ? 2 : 4)
}

/** `52.4%` */
export function formatShare(share: number): string {
  return `${(share * 100).toFixed(1)}%`
}

/** A value of a feature or a map as one reads it. */
export function formatValue(value: unknown): string {
  if (typeof value === 'number') return formatNumber(value)
  if (value === null || value === undefined) return 'none'
  if (typeof value === 'string') return value
  return JSON.stringify(value)
}
