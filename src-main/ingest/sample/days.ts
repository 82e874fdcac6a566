import type { MarketZone } from '../../../schemas/contract/market-time.ts'
import { type Session, sessionOf } from '../../../schemas/contract/trading-calendar.ts'
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
  readonly session: Session
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

/**
 * The sample's trading days, oldest first: the same dates, history and seed give the same rows.
 * @param history so many of the first days are told in short: 15m bars of the first symbol, and where its zones were.
 *   Months of decisions stand on them, and the days after are of the same market
 */
export function sampleDays(
  dates: readonly string[],
  seed: number,
  zone: MarketZone,
  history = 0,
): readonly SampleDay[] {
  const recent = dates.slice(history)
  const byInstrument = INSTRUMENTS.map((instrument, index) => {
    const followed = index === 0 ? dates : recent.slice(-instrument.days)
    const sessions = followed.map((date) => sessionOf(date, zone))
    const minutes = minuteBars(instrument, sessions, seed)
    const events = objectEvents(instrument.symbol, sessions, minutes)
    const past = followed.length - Math.min(followed.length, recent.length)
    return new Map(
      sessions.map((session, at) => [
        session.date,
        at < past
          ? {
              bars: barsOf({ ...instrument, timeframes: [15] }, minutes[at] ?? []),
              events: (events[at] ?? []).filter(shapesZone),
            }
          : { bars: barsOf(instrument, minutes[at] ?? []), events: events[at] ?? [] },
      ]),
    )
  })
  return dates.map((date) => {
    const told = byInstrument.flatMap((days) => days.get(date) ?? [])
    return {
      date,
      session: sessionOf(date, zone),
      bars: told.flatMap(({ bars }) => bars).sort((a, b) => closeOf(a) - closeOf(b)),
      events: told.flatMap(({ events }) => events).sort((a, b) => a.ts - b.ts),
    }
  })
}

/** Touches and marks are left out: what is left says where each zone stood, and when. */
function shapesZone({ type, action, top }: SampleEvent): boolean {
  return type === 'zone' && (action !== 'update' || top !== undefined)
}

function barsOf({ symbol, timeframes }: SampleInstrument, minutes: readonly Bar[]): readonly SampleBar[] {
  return timeframes.flatMap((length) =>
    joined(minutes, length).map((bar) => ({ symbol, timeframe: `${length}m`, ...bar })),
  )
}

function closeOf({ ts, timeframe }: SampleBar): number {
  return ts + Number.parseInt(timeframe, 10) * MINUTE
}
