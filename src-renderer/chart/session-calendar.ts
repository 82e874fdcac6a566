import { type BarKind, tradingDate } from './chicago-format.ts'
import type { ZoneOffsets } from './zone-offsets.ts'

const MINUTE = 60_000
const DAY = 86_400_000
/** Regular trading in Chicago time, minutes of the day. */
const OPEN = 8 * 60 + 30
const CLOSE = 15 * 60

/** Places of the time axis that structure it; a bar `i` covers i − 0.5 … i + 0.5. */
export interface SessionCalendar {
  /** Stretches outside regular hours, from edge to edge. */
  readonly closed: readonly (readonly [from: number, to: number])[]
  /** Left edges of the bars that begin a day (of day bars: a month). */
  readonly starts: readonly number[]
}

/**
 * Where days begin and where the market is outside regular hours. A candle that only partly lies in them counts as
 * regular; above an hour a candle no longer shows them.
 */
export function sessionCalendar(
  times: ArrayLike<number>,
  step: number,
  kind: BarKind,
  offsets: ZoneOffsets,
): SessionCalendar {
  const closed: [number, number][] = []
  const starts: number[] = []
  const shades = kind === 'intraday' && step <= 60 * MINUTE
  let current = Number.NaN
  for (let bar = 0; bar < times.length; bar++) {
    const instant = times[bar] ?? 0
    const wall = kind === 'intraday' ? offsets.wallMillis(instant) : tradingDate(instant, kind, offsets)
    const period = kind === 'intraday' ? Math.floor(wall / DAY) : monthOf(wall)
    if (period !== current && bar > 0) starts.push(bar - 0.5)
    current = period
    if (!shades || isRegular(wall, step)) continue
    const last = closed.at(-1)
    if (last !== undefined && last[1] === bar - 0.5) last[1] = bar + 0.5
    else closed.push([bar - 0.5, bar + 0.5])
  }
  return { closed, starts }
}

function isRegular(wall: number, step: number): boolean {
  const weekday = new Date(wall).getUTCDay()
  if (weekday === 0 || weekday === 6) return false
  const minute = (wall - Math.floor(wall / DAY) * DAY) / MINUTE
  return minute < CLOSE && minute + step / MINUTE > OPEN
}

function monthOf(wall: number): number {
  const date = new Date(wall)
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}
