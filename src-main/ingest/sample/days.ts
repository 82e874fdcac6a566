import type { MarketZone } from '../../../schemas/contract/market-time.ts'
import { sessionOf } from '../../../schemas/contract/trading-calendar.ts'
import type { SampleEvent } from './event-log.ts'
import { type Bar, type Instrument, joined, minuteBars } from './market.ts'
import { objectEvents } from './objects.ts'

export interface SampleBar extends Bar {
  readonly symbol: string
  readonly timeframe: string
}

/** What a bot tells on one trading day: bars in the order of their closing, and events in the order of knowing. */
export interface SampleDay {
  readonly date: string
  readonly bars: readonly SampleBar[]
  readonly events: readonly SampleEvent[]
}

interface SampleInstrument extends Instrument {
  /** Minutes of each timeframe that its bot writes. */
  readonly timeframes: readonly number[]
  /** The bot began to follow it so many trading days ago at most. */
  readonly days: number
}

/** One symbol with history in every timeframe, one that was added lately, one in fewer timeframes. */
const INSTRUMENTS: readonly SampleInstrument[] = [
  {
    symbol: 'SPY',
    price: 668,
    dailyVolatility: 0.007,
    minuteVolume: 165_000,
    timeframes: [2, 5, 15],
    days: Number.POSITIVE_INFINITY,
  },
  {
    symbol: 'QQQ',
    price: 604,
    dailyVolatility: 0.0092,
    minuteVolume: 120_000,
    timeframes: [2, 5, 15],
    days: 3,
  },
  { symbol: 'IWM', price: 241, dailyVolatility: 0.0098, minuteVolume: 88_000, timeframes: [5, 15], days: 2 },
]

const MINUTE = 60_000

/** The sample's trading days, oldest first: the same dates and seed give the same rows. */
export function sampleDays(dates: readonly string[], seed: number, zone: MarketZone): readonly SampleDay[] {
  const byInstrument = INSTRUMENTS.map((instrument) => {
    const sessions = dates.slice(-instrument.days).map((date) => sessionOf(date, zone))
    const minutes = minuteBars(instrument, sessions, seed)
    const events = objectEvents(instrument.symbol, sessions, minutes)
    return new Map(
      sessions.map((session, index) => [
        session.date,
        { bars: barsOf(instrument, minutes[index] ?? []), events: events[index] ?? [] },
      ]),
    )
  })
  return dates.map((date) => {
    const told = byInstrument.flatMap((days) => days.get(date) ?? [])
    return {
      date,
      bars: told.flatMap(({ bars }) => bars).sort((a, b) => closeOf(a) - closeOf(b)),
      events: told.flatMap(({ events }) => events).sort((a, b) => a.ts - b.ts),
    }
  })
}

function barsOf({ symbol, timeframes }: SampleInstrument, minutes: readonly Bar[]): readonly SampleBar[] {
  return timeframes.flatMap((length) =>
    joined(minutes, length).map((bar) => ({ symbol, timeframe: `${length}m`, ...bar })),
  )
}

function closeOf({ ts, timeframe }: SampleBar): number {
  return ts + Number.parseInt(timeframe, 10) * MINUTE
}
