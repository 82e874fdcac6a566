import { describe, expect, it } from 'vitest'
import type { SeriesFeed } from '../../schemas/contract/live.ts'
import { MARKET_ZONE, MarketZone } from '../../schemas/contract/market-time.ts'
import { feedOf } from '../../src-main/store/live/feed-health.ts'
import { rounds } from '../support/fault-plan.ts'
import { type Random, seeded } from '../support/seeded.ts'

const ROUNDS = rounds(3_000, 60_000)
const MINUTE = 60_000
const zone = new MarketZone(MARKET_ZONE)

/** Weeks that hold what a calendar can do, each with its closed days and its early closes, written down by hand. */
const WEEKS = [
  { from: '2024-03-07', to: '2024-03-13', closed: [], early: [] },
  { from: '2024-07-01', to: '2024-07-09', closed: ['2024-07-04'], early: ['2024-07-03'] },
  { from: '2024-10-31', to: '2024-11-06', closed: [], early: [] },
  { from: '2024-11-26', to: '2024-12-03', closed: ['2024-11-28'], early: ['2024-11-29'] },
  { from: '2025-01-07', to: '2025-01-14', closed: ['2025-01-09'], early: [] },
] as const

const WALL = new Intl.DateTimeFormat('sv-SE', {
  timeZone: MARKET_ZONE,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
})

/** A week minute by minute: whether one trades in it, and how many minutes after its session's open it is. */
class Week {
  readonly start: number
  readonly #sinceOpen: Int16Array

  constructor({ from, to, closed, early }: (typeof WEEKS)[number]) {
    this.start = Date.parse(`${from}T00:00:00Z`)
    const minutes = (Date.parse(`${to}T00:00:00Z`) - this.start) / MINUTE
    this.#sinceOpen = Int16Array.from({ length: minutes }, (_, minute) => {
      const [date = '', clock = ''] = WALL.format(this.start + minute * MINUTE).split(' ')
      const weekday = new Date(`${date}T00:00:00Z`).getUTCDay()
      const ends = (early as readonly string[]).includes(date) ? '12:00' : '15:00'
      const isShut = weekday % 6 === 0 || (closed as readonly string[]).includes(date)
      if (isShut || clock < '08:30' || clock >= ends) return -1
      return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3)) - 510
    })
  }

  get minutes(): number {
    return this.#sinceOpen.length
  }

  /** −1 out of hours. */
  sinceOpen(minute: number): number {
    return this.#sinceOpen[minute] ?? -1
  }

  trades(minute: number): boolean {
    return this.sinceOpen(minute) >= 0
  }
}

/** What `feedOf` should say, found by walking minute by minute; `now` and `last` in minutes of the week, `last` in a session. */
function walked(week: Week, last: number, length: number, now: number): Partial<SeriesFeed> | null {
  const at = (minute: number) => week.start + minute * MINUTE
  if (last > now + length) return { state: 'ahead', since: at(last), nextCloseAt: null }
  const phase = week.sinceOpen(last) % length
  let due = -1
  for (let open = last + length; due < 0; open++) {
    if (open + length > week.minutes) return null
    if (week.sinceOpen(open) % length !== phase || !week.trades(open)) continue
    let whole = true
    for (let minute = open; minute < open + length; minute++) whole &&= week.trades(minute)
    if (whole) due = open + length
  }
  let nextCloseAt: number | null = null
  if (week.trades(now)) {
    let close = now + 1
    while (week.trades(close) && (week.sinceOpen(close) <= phase || week.sinceOpen(close) % length !== phase))
      close += 1
    nextCloseAt = at(close)
  }
  if (now >= due + length) return { state: 'stale', since: at(due), nextCloseAt }
  if (week.trades(now) || now >= due) return { state: 'live', since: at(last + length), nextCloseAt }
  let closed = now
  while (closed > 0 && !week.trades(closed - 1)) closed -= 1
  return closed === 0 ? null : { state: 'closed', since: at(closed), nextCloseAt: null }
}

describe('how live a series is', () => {
  it('F50–F52: is what a walk over minutes says, over clock changes, early closes and closed days', () => {
    const random = seeded('feeds')
    const weeks = WEEKS.map((week) => new Week(week))
    const seen = new Map<string, number>()
    for (let round = 0; round < ROUNDS; round++) {
      const week = random.pick(weeks)
      const length = random.pick([1, 2, 5, 15, 30, 60, 240])
      const last = anyBar(random, week, length)
      // Around the moments where something changes, and anywhere.
      const near = last + random.int(-2, 4) * length + random.int(-1, 1)
      const now = random.chance(0.5) ? near : random.int(2_000, week.minutes - 1)
      const expected = now < 0 || now >= week.minutes ? null : walked(week, last, length, now)
      if (expected === null) continue
      const series = {
        symbol: 'SPY',
        timeframe: `${length}m`,
        firstTs: 0,
        lastTs: week.start + last * MINUTE,
      }
      // Nothing changes inside a minute.
      const instant = week.start + now * MINUTE + random.pick([0, 1, 30_000, 59_999])
      if (expected.state === 'ahead' && series.lastTs <= instant + length * MINUTE) continue
      const feed = feedOf(series, { calendar: 'us-equities', zone, now: instant })
      const told = `${length}m, last ${new Date(series.lastTs).toISOString()}, now ${new Date(instant).toISOString()}`
      expect({ told, ...feed }).toEqual({
        told,
        symbol: 'SPY',
        timeframe: `${length}m`,
        lastTs: series.lastTs,
        ...expected,
      })
      seen.set(feed.state, (seen.get(feed.state) ?? 0) + 1)
    }
    console.log('feeds judged:', Object.fromEntries(seen))
    for (const state of ['live', 'stale', 'closed', 'ahead']) expect(seen.get(state)).toBeGreaterThan(20)
  })
})

/** A bar that stands on a grid of its session's: on the open's, or on another. */
function anyBar(random: Random, week: Week, length: number): number {
  for (;;) {
    const minute = random.int(0, week.minutes - 1)
    if (!week.trades(minute)) continue
    if (random.chance(0.3)) return minute
    return minute - (week.sinceOpen(minute) % length)
  }
}
