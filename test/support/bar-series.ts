import type { ViewportRequest } from '../../schemas/generated/requests.ts'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { candle } from './store-fixture.ts'

/**
 * Bars in a row that goes on, spread over days in turn: whoever reads them can tell by themselves that none is missing,
 * twice, or wrong, whatever has been written by then.
 */
const FIRST_DAY = Date.parse('2024-03-04T00:00:00Z')
const DAY = 86_400_000
const DAYS = 3

export const SERIES_REQUEST: ViewportRequest = {
  symbol: 'SPY',
  timeframe: '2m',
  from: FIRST_DAY,
  to: FIRST_DAY + DAYS * DAY,
}

export function barOf(index: number): CandleRow {
  const ts = FIRST_DAY + (index % DAYS) * DAY + Math.floor(index / DAYS) * 120_000
  return candle({ ts, volume: (index * 7_919) % 10_007 })
}

export function indexOf(ts: number): number {
  const day = Math.floor((ts - FIRST_DAY) / DAY)
  return Math.floor(((ts - FIRST_DAY) % DAY) / 120_000) * DAYS + day
}
