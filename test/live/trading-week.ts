import { MarketZone } from '../../schemas/contract/market-time.ts'
import { isTradingDay, sessionOf } from '../../schemas/contract/trading-calendar.ts'
import type { Bar } from './bot-orders.ts'

const DAY = 86_400_000
const MINUTE = 60_000
const zone = new MarketZone()

/** Consecutive trading days from the Monday after an instant on, oldest first. */
export function tradingDaysFrom(instant: number, count: number): readonly string[] {
  const monday = new Date(instant)
  monday.setUTCHours(0, 0, 0, 0)
  do monday.setTime(monday.getTime() + DAY)
  while (monday.getUTCDay() !== 1)
  const days: string[] = []
  for (let at = monday.getTime(); days.length < count; at += DAY) {
    const day = new Date(at).toISOString().slice(0, 10)
    if (isTradingDay(day)) days.push(day)
  }
  return days
}

export function hoursOf(day: string): { readonly open: number; readonly close: number } {
  return sessionOf(day, zone)
}

/** The bars of a session, all series side by side, in the order in which they close. */
export function barsOfDay(
  day: string,
  symbols: readonly string[],
  minutes: readonly number[],
): readonly Bar[] {
  const { open, close } = hoursOf(day)
  const bars: (Bar & { readonly closes: number })[] = []
  for (const length of minutes)
    for (let ts = open; ts < close; ts += length * MINUTE)
      for (const symbol of symbols) {
        const price = 100 + Math.round(500 * Math.sin(ts / 7_200_000)) / 100
        const prices = { open: price, high: price + 1, low: price - 1, close: price + 0.5, volume: 100 }
        bars.push({ symbol, timeframe: `${length}m`, ts, ...prices, closes: ts + length * MINUTE })
      }
  return bars.sort((a, b) => a.closes - b.closes).map(({ closes: _, ...bar }) => bar)
}
