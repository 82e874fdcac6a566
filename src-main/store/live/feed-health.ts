import type { Series } from '../../../schemas/contract/health.ts'
import type { SeriesFeed } from '../../../schemas/contract/live.ts'
import { type MarketZone, utcDayOf } from '../../../schemas/contract/market-time.ts'
import { timeframeMillis } from '../../../schemas/contract/timeframe.ts'
import { type CalendarName, type Session, sessionIn } from '../../../schemas/contract/trading-calendar.ts'
import type { Timeframe } from '../../../schemas/contract/units.ts'

const DAY = 86_400_000
/** A whole session of US equities: bars that are longer are judged by the day. */
const FULL_SESSION = 6.5 * 3_600_000
/** No calendar is closed for so many days on end. */
const LONGEST_REST = 30

/** What a series is judged by. */
export interface FeedClock {
  readonly calendar: CalendarName
  readonly zone: MarketZone
  /** ms UTC */
  readonly now: number
}

/** When the bar after the last one should have closed, and from when on the series is stale without it; ms UTC. */
interface Expected {
  readonly due: number
  readonly staleAt: number
}

/**
 * How a series stands (SPEC F50–F53). Pure: the same bar, calendar and time give the same answer.
 * @param series its timeframe is one that `parseTimeframe` takes
 */
export function feedOf({ symbol, timeframe, lastTs }: Series, clock: FeedClock): SeriesFeed {
  const { calendar, now } = clock
  const length = timeframeMillis(timeframe as Timeframe)
  const feed = (
    state: SeriesFeed['state'],
    since: number,
    nextCloseAt: number | null = null,
  ): SeriesFeed => ({
    symbol,
    timeframe,
    state,
    lastTs,
    since,
    nextCloseAt,
  })
  if (lastTs > now + length) return feed('ahead', lastTs)
  const closed = lastTs + length
  if (calendar === 'none') return feed('unknown', closed)
  if (calendar === '24x7') {
    const next = closed + (Math.max(0, Math.floor((now - closed) / length)) + 1) * length
    return now >= closed + 2 * length ? feed('stale', closed + length, next) : feed('live', closed, next)
  }
  const byDay = length > FULL_SESSION
  const { due, staleAt } = byDay ? expectedByDay(lastTs, length, clock) : expectedBar(lastTs, length, clock)
  const session = sessionIn(calendar, utcDayOf(now), clock.zone)
  const open = session !== null && now >= session.open && now < session.close
  const next = !open ? null : byDay ? session.close : nextClose(session, lastTs, length, clock)
  if (now >= staleAt) return feed('stale', due, next)
  // Between the close and the moment that its last bar is overdue a session is not over yet.
  if (open || (!byDay && now >= due)) return feed('live', closed, next)
  return feed('closed', lastCloseBefore(clock) ?? closed)
}

/**
 * Inside sessions a bar is due one interval after the last one closed, and overdue one later. Only whole bars are due:
 * whether the rest of a session makes a shorter one is up to who writes it (SPEC D6).
 */
function expectedBar(lastTs: number, length: number, clock: FeedClock): Expected {
  const from = lastTs + length
  for (const session of sessionsFrom(from, clock)) {
    const open = from >= session.open ? from : session.open + phaseOf(lastTs, length, session, clock)
    if (open + length > session.close) continue
    return { due: open + length, staleAt: open + 2 * length }
  }
  return { due: from + length, staleAt: from + 2 * length }
}

/** Bars of a day or more carry a date: of so many trading days each, the last of which ends them. */
function expectedByDay(lastTs: number, length: number, clock: FeedClock): Expected {
  const days = Math.max(1, Math.round(length / DAY))
  const own = utcDayOf(lastTs)
  const closes: number[] = []
  for (const session of sessionsFrom(Date.parse(`${own}T00:00:00Z`), clock, 3 * days * LONGEST_REST)) {
    closes.push(session.close)
    if (closes.length === 3 * days) break
  }
  const isOwnThere = sessionIn(clock.calendar, own, clock.zone) !== null
  // A bar that is dated to a day without trading stands for none of those that follow.
  const at = (bars: number): number =>
    closes[bars * days - 1 - (isOwnThere ? 0 : days)] ?? lastTs + bars * length
  return { due: at(2), staleAt: at(3) }
}

/** Where bars stand against a session's open: programs align an hour to it, or to the clock's hour. */
function phaseOf(lastTs: number, length: number, session: Session, { calendar, zone }: FeedClock): number {
  const own = sessionIn(calendar, utcDayOf(lastTs), zone) ?? session
  return (((lastTs - own.open) % length) + length) % length
}

/** When the bar that is under way closes; the session's end cuts the last one short. */
function nextClose(session: Session, lastTs: number, length: number, clock: FeedClock): number {
  const first = session.open + phaseOf(lastTs, length, session, clock)
  const bars = Math.max(0, Math.floor((clock.now - first) / length)) + 1
  return Math.min(first + bars * length, session.close)
}

/** Sessions that end after an instant, in order. */
function* sessionsFrom(
  instant: number,
  { calendar, zone }: FeedClock,
  days: number = LONGEST_REST,
): Generator<Session> {
  const first = Date.parse(`${utcDayOf(instant)}T00:00:00Z`)
  for (let day = 0; day <= days; day++) {
    const session = sessionIn(calendar, utcDayOf(first + day * DAY), zone)
    if (session !== null && session.close > instant) yield session
  }
}

function lastCloseBefore({ calendar, zone, now }: FeedClock): number | null {
  for (let day = 0; day <= LONGEST_REST; day++) {
    const session = sessionIn(calendar, utcDayOf(now - day * DAY), zone)
    if (session !== null && session.close <= now) return session.close
  }
  return null
}
