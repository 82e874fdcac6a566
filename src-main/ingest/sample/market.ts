import type { Session } from '../../../schemas/contract/trading-calendar.ts'
import { SeededRandom } from './random.ts'

/** A bar of the sample; `ts` is its open, ms UTC. */
export interface Bar {
  readonly ts: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}

export interface Instrument {
  readonly symbol: string
  /** Price at the first session's open. */
  readonly price: number
  /** Deviation of a day's return. */
  readonly dailyVolatility: number
  /** Shares in an average minute. */
  readonly minuteVolume: number
}

const MINUTE = 60_000
/** Prices inside a minute: enough for wicks, few enough for years of it. */
const STEPS = 6

/** One push in one direction; markets move in these, and their ends are the swings that zones stand on. */
interface Leg {
  direction: 1 | -1
  /** Mean move a minute, in minute deviations. */
  drift: number
  noise: number
  minutes: number
  /** The furthest price it came to: where the next leg's zone stands. */
  reached: number
  /** Whether it has already met an earlier swing and gone through it. */
  broke: boolean
}

interface Swing {
  readonly price: number
  /** 1 for a high, −1 for a low. */
  readonly side: 1 | -1
}

const cents = (price: number) => Math.round(price * 100) / 100

/**
 * Minute bars of regular sessions, by session: a walk in legs with noise, busy at the open and the close, with a gap
 * overnight, that turns at earlier swings more often than not. A pure function of its arguments.
 */
export function minuteBars(
  instrument: Instrument,
  sessions: readonly Session[],
  seed: number,
): readonly (readonly Bar[])[] {
  const swings: Swing[] = []
  let price = instrument.price
  return sessions.map((session, index) => {
    const random = new SeededRandom(`${seed}/${instrument.symbol}/${session.date}`)
    if (index > 0)
      price *= 1 + Math.max(-0.009, Math.min(0.009, random.normal() * instrument.dailyVolatility * 0.4))
    const bars = sessionBars(instrument, session, price, swings, random)
    price = bars.at(-1)?.close ?? price
    return bars
  })
}

function sessionBars(
  instrument: Instrument,
  session: Session,
  start: number,
  swings: Swing[],
  random: SeededRandom,
): readonly Bar[] {
  const minutes = Math.round((session.close - session.open) / MINUTE)
  const dayVolatility = instrument.dailyVolatility * Math.exp(random.normal() * 0.25)
  // A trend day leans one way; on the others the legs cancel out.
  const bias = random.chance(0.35) ? (random.chance(0.5) ? 1 : -1) : 0
  const script = flagScript(minutes, bias, random)
  const bars: Bar[] = []
  let price = start
  let leg = nextLeg(random.chance(0.5) ? 1 : -1, bias, random)
  for (let minute = 0; minute < minutes; minute++) {
    leg = script.get(minute) ?? leg
    const busy = activity(minute, minutes)
    const deviation = price * (dayVolatility / Math.sqrt(390)) * Math.sqrt(busy)
    const prices = [price]
    for (let step = 0; step < STEPS; step++) {
      const drift = (leg.direction * leg.drift * deviation) / STEPS
      price += drift + (random.normal() * leg.noise * deviation) / Math.sqrt(STEPS)
      prices.push(price)
    }
    const bar = barOf(
      session.open + minute * MINUTE,
      prices,
      instrument.minuteVolume * busy,
      deviation,
      random,
    )
    bars.push(bar)
    leg.reached = leg.direction === 1 ? Math.max(leg.reached, bar.high) : Math.min(leg.reached, bar.low)
    if (--leg.minutes <= 0 || turnsAtSwing(leg, price, deviation, swings, random)) {
      swings.push({ price: leg.reached, side: leg.direction })
      if (swings.length > 16) swings.shift()
      leg = nextLeg(leg.direction === 1 ? -1 : 1, bias, random)
    }
  }
  return bars
}

/** Activity over the day against its mean: the open and the close are busy, noon is quiet. */
function activity(minute: number, minutes: number): number {
  return 0.62 + 1.9 * Math.exp(-minute / 22) + 1.1 * Math.exp(-(minutes - 1 - minute) / 16)
}

function nextLeg(direction: 1 | -1, bias: number, random: SeededRandom): Leg {
  const along = bias === 0 ? 1 : direction === bias ? 1.25 : 0.7
  return {
    direction,
    drift: random.between(0.1, 0.27) * along,
    noise: 0.6,
    minutes: Math.round((12 - 30 * Math.log(1 - random.next() * 0.95)) * along),
    reached: direction === 1 ? 0 : Number.POSITIVE_INFINITY,
    broke: false,
  }
}

/** A leg that comes to the end of an earlier one turns there in seven of ten cases, and breaks through in the rest. */
function turnsAtSwing(
  leg: Leg,
  price: number,
  deviation: number,
  swings: readonly Swing[],
  random: SeededRandom,
): boolean {
  if (leg.broke) return false
  const near = swings.some(
    ({ price: swing, side }) => side === leg.direction && Math.abs(price - swing) < 1.5 * deviation,
  )
  if (!near) return false
  if (random.chance(0.7)) return true
  leg.broke = true
  return false
}

/** On some days a push, a tight drift against it and mostly a second push: what a flag looks like. */
function flagScript(minutes: number, bias: number, random: SeededRandom): ReadonlyMap<number, Leg> {
  const script = new Map<number, Leg>()
  if (minutes < 300 || !random.chance(0.35)) return script
  const direction = bias === 0 ? (random.chance(0.5) ? 1 : -1) : bias === 1 ? 1 : -1
  const against = direction === 1 ? -1 : 1
  const holds = random.chance(0.7)
  const start = Math.floor(random.between(60, minutes - 140))
  const leg = (to: 1 | -1, drift: number, noise: number, length: number): Leg => ({
    direction: to,
    drift,
    noise,
    minutes: length,
    reached: to === 1 ? 0 : Number.POSITIVE_INFINITY,
    broke: true,
  })
  script.set(start, leg(direction, 1, 0.5, 18))
  script.set(start + 18, leg(against, 0.11, 0.28, 32))
  script.set(start + 50, leg(holds ? direction : against, 0.7, 0.5, 16))
  return script
}

function barOf(
  ts: number,
  prices: readonly number[],
  meanVolume: number,
  deviation: number,
  random: SeededRandom,
): Bar {
  const [open = 0] = prices
  const close = prices.at(-1) ?? open
  const moved = Math.abs(close - open) / deviation
  return {
    ts,
    open: cents(open),
    high: cents(Math.max(...prices)),
    low: cents(Math.min(...prices)),
    close: cents(close),
    volume: Math.max(100, Math.round(meanVolume * (0.55 + 0.6 * moved) * Math.exp(random.normal() * 0.28))),
  }
}

/**
 * Minute bars of one session joined to longer ones from its first minute on; the session's last bar may be shorter.
 * Open of the first, close of the last, extremes, summed volume: every timeframe tells of the same market.
 */
export function joined(bars: readonly Bar[], minutes: number): readonly Bar[] {
  const longer: Bar[] = []
  for (let at = 0; at < bars.length; at += minutes) {
    const group = bars.slice(at, at + minutes)
    const [first] = group
    const last = group.at(-1)
    if (first === undefined || last === undefined) break
    longer.push({
      ts: first.ts,
      open: first.open,
      high: Math.max(...group.map(({ high }) => high)),
      low: Math.min(...group.map(({ low }) => low)),
      close: last.close,
      volume: group.reduce((sum, { volume }) => sum + volume, 0),
    })
  }
  return longer
}
