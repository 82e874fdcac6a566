import type { MarketZone } from '../../../schemas/contract/market-time.ts'
import type { Session } from '../../../schemas/contract/trading-calendar.ts'

/** Bars that a session should have and that aren't there. */
export interface SessionGaps {
  /** Bars that the session has room for. */
  readonly demanded: number
  /** Opens of the missing ones, ms UTC, ascending. */
  readonly missing: readonly number[]
}

const NONE: SessionGaps = { demanded: 0, missing: [] }

/**
 * Compares a day's bars with its session (SPEC D6). Bars count where their own grid puts them: programs align an hour to
 * the session's open or to the clock's hour, and a bar that stands a little off still fills its place.
 * @param times bar opens of one symbol on the session's day, in any order, repeated ones welcome
 * @param length of a bar in ms
 * @param from nothing is demanded before: the symbol's first bar
 */
export function sessionGaps(
  session: Session,
  times: readonly number[],
  length: number,
  from: number,
): SessionGaps {
  const inside = times.filter((ts) => ts >= session.open && ts < session.close)
  const phase = commonPhase(
    inside.map((ts) => (ts - session.open) % length),
    length,
  )
  const first = session.open + phase
  // Only whole bars: whether the rest of a session makes a shorter one is up to who writes it.
  const count = Math.floor((session.close - first) / length)
  if (count <= 0) return NONE
  const filled = new Set(inside.map((ts) => Math.floor((ts - first) / length)))
  const start = Math.max(0, Math.ceil((from - first) / length))
  const missing: number[] = []
  for (let place = start; place < count; place++) if (!filled.has(place)) missing.push(first + place * length)
  return { demanded: Math.max(0, count - start), missing }
}

/** Where most bars stand against the session's open; at it when there are none. */
function commonPhase(phases: readonly number[], length: number): number {
  const counts = new Map<number, number>()
  let best = 0
  let most = 0
  for (const phase of phases) {
    const count = (counts.get(phase) ?? 0) + 1
    counts.set(phase, count)
    if (count > most || (count === most && phase < best)) {
      best = phase
      most = count
    }
  }
  return best < length ? best : 0
}

/** `08:30, 08:32, 08:34 CST`, with dates where the market's clock shows another one than the day. */
export function marketTimes(times: readonly number[], day: string, zone: MarketZone): string {
  const words = times.map((ts) => {
    const { hour, minute } = zone.wallClock(ts)
    const clock = `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`
    const date = zone.dateOf(ts)
    return date === day ? clock : `${date} ${clock}`
  })
  const [first] = times
  return first === undefined ? '' : `${words.join(', ')} ${zone.abbreviation(first)}`
}
