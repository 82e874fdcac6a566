import { createHash } from 'node:crypto'
import { MarketZone } from '../../schemas/contract/market-time.ts'

import { sessionOf, tradingDaysUpTo } from '../../schemas/contract/trading-calendar.ts'
import { type Bar, joined, minuteBars } from '../../src-main/ingest/sample/market.ts'

/** Change it when what is generated changes: kept stores are then built anew. */
export const GENERATION = 1
const SEED = 20_251_231
/** The last trading day of history; in the past, so that a backfill takes it whatever day the bench is run on. */
export const LAST_DAY = '2025-12-31'
/** The trading day that stands in parts. */
export const LIVE_DAY = '2026-01-02'
export const YEAR = 252
export const MONTH = 21

/** A document as a bot hands it in. */
export interface BenchBar extends Bar {
  readonly symbol: string
  readonly timeframe: string
}

/** One trading day's bars of all symbols and timeframes, and its session, ms UTC. */
export interface BenchDay {
  readonly date: string
  /** First instant of the session, and the last one before its close. */
  readonly from: number
  readonly to: number
  readonly bars: readonly BenchBar[]
}

export interface MarketPlan {
  readonly symbols: readonly string[]
  readonly minutes: readonly number[]
  /** The last one, `YYYY-MM-DD`. */
  readonly end: string
  /** Trading days. */
  readonly days: number
}

const zone = new MarketZone()

/** `2m`, `1h`. */
export function timeframeOf(minutes: number): string {
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`
}

/** SPY first, then invented names. */
export function symbols(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => (index === 0 ? 'SPY' : `BK${index}`))
}

/**
 * The days of a plan, oldest first: seeded random walks over the regular sessions (08:30–15:00 in Chicago) of the
 * trading calendar. The same plan gives the same bars; a symbol's course doesn't depend on which others there are.
 */
export function* marketDays(plan: MarketPlan, chunk = 63): Generator<BenchDay> {
  const dates = tradingDaysUpTo(plan.end, plan.days)
  const prices = new Map(plan.symbols.map((symbol, index) => [symbol, 100 + ((index * 37) % 500)]))
  for (let at = 0; at < dates.length; at += chunk) {
    const sessions = dates.slice(at, at + chunk).map((date) => sessionOf(date, zone))
    const walks = plan.symbols.map((symbol) => {
      const price = prices.get(symbol) ?? 100
      const walk = minuteBars({ symbol, price, dailyVolatility: 0.008, minuteVolume: 90_000 }, sessions, SEED)
      // Held between bounds: ten years of luck must not end at a price of nothing.
      prices.set(symbol, Math.min(2000, Math.max(20, walk.at(-1)?.at(-1)?.close ?? price)))
      return walk
    })
    for (const [index, session] of sessions.entries()) {
      const bars = plan.minutes.flatMap((length) =>
        plan.symbols.flatMap((symbol, which) =>
          joined(walks[which]?.[index] ?? [], length).map((bar) => ({
            symbol,
            timeframe: timeframeOf(length),
            ...bar,
          })),
        ),
      )
      yield { date: session.date, from: session.open, to: session.close - 1, bars }
    }
  }
}

/** SHA-256 over every value of a plan's bars. */
export function digestOfMarket(plan: MarketPlan): string {
  const hash = createHash('sha256')
  for (const { bars } of marketDays(plan)) {
    for (const { symbol, timeframe, ts, open, high, low, close, volume } of bars) {
      hash.update(`${symbol} ${timeframe} ${ts} ${open} ${high} ${low} ${close} ${volume}\n`)
    }
  }
  return hash.digest('hex')
}
