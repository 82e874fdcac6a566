import { closeOf, type Schedule } from '../../../schemas/contract/close-schedule.ts'
import type { MarketZone } from '../../../schemas/contract/market-time.ts'
import { calendarOf } from '../../../schemas/contract/trading-calendar.ts'
import type { StoreSettings } from '../../../schemas/generated/requests.ts'

const MINUTE = 60_000
/** A day into which a file came so lately is still being written: bars of many symbols come one after the other. */
export const QUIET_MILLIS = 20_000
/** A file that can't be read may be half written; from then on it is taken for broken, and keeps nobody waiting. */
export const HALF_WRITTEN_MILLIS = 60 * MINUTE

/** What is known of a day, or of a closed month, that has files waiting. */
export interface WaitingDay {
  /** The UTC day; of a month its last. */
  readonly day: string
  /** Of the waiting rows; none where the whole day is over and it doesn't matter. */
  readonly symbols: readonly string[]
  /** When its youngest file was written, ms UTC; null when nothing came in the last hour. */
  readonly lastWrite: number | null
  /** An append of this process is on its way into it. */
  readonly isInTurn: boolean
  /** A file written in the last hour that can't be read. */
  readonly unreadable: string | null
}

/** By which a day is judged. */
export interface DueRule {
  readonly now: number
  readonly schedule: Schedule
  readonly settings: StoreSettings
  readonly zone: MarketZone
  /** It was put off for an hour already: compaction beside a writer is safe, only less tidy. */
  readonly insists: boolean
}

export type Verdict =
  | { readonly due: true }
  /** `later`: it isn't over yet, and belongs to a later run. Else it was put off, and this run isn't done without it. */
  | { readonly due: false; readonly later: boolean; readonly why: string }

/**
 * Whether a day may be compacted now (SPEC F22): once every symbol in it has closed by its own trading calendar plus the
 * schedule's delay, and while nothing is being written into it.
 */
export function judgeDay(waiting: WaitingDay, rule: DueRule): Verdict {
  const open = lastToClose(waiting, rule)
  if (rule.now < open.dueAt) {
    const { symbol, dueAt } = open
    const whose = symbol === null ? 'the UTC day lasts' : `${symbol} trades`
    const until = clockText(dueAt - rule.schedule.delay, rule)
    return { due: false, later: true, why: `${whose} until ${until}; due from ${clockText(dueAt, rule)} on` }
  }
  if (rule.insists) return { due: true }
  const why = whyBusy(waiting, rule.now)
  return why === null
    ? { due: true }
    : { due: false, later: false, why: `${why}; tried again within the hour` }
}

/** When every day, whatever trades in it, is due: its symbols needn't be looked at then. */
export function isOverForAll(day: string, { now, schedule, zone }: DueRule): boolean {
  return now >= closeOf('none', day, zone) + schedule.delay
}

function lastToClose(
  { day, symbols }: WaitingDay,
  { schedule, settings, zone }: DueRule,
): { readonly symbol: string | null; readonly dueAt: number } {
  let last: { symbol: string | null; closes: number } | null = null
  for (const symbol of symbols) {
    const closes = closeOf(calendarOf(symbol, settings), day, zone)
    if (last === null || closes > last.closes) last = { symbol, closes }
  }
  const { symbol, closes } = last ?? { symbol: null, closes: closeOf('none', day, zone) }
  return { symbol, dueAt: closes + schedule.delay }
}

function whyBusy({ lastWrite, isInTurn, unreadable }: WaitingDay, now: number): string | null {
  if (isInTurn) return 'a row is being written'
  // A clock that was set back makes files of the future: only what is near to now was written now.
  if (lastWrite !== null && Math.abs(now - lastWrite) < QUIET_MILLIS) {
    return `a file was written ${Math.round(Math.abs(now - lastWrite) / 1000)} s ago`
  }
  return unreadable === null ? null : `${unreadable} can't be read and may be half written`
}

/** `15:15 CST`, on another date than now's with that: `2024-03-08 18:15 CST`. */
function clockText(instant: number, { zone, now }: DueRule): string {
  const date = zone.dateOf(instant)
  const { hour, minute } = zone.wallClock(instant)
  const time = [hour, minute].map((part) => String(part).padStart(2, '0')).join(':')
  return `${date === zone.dateOf(now) ? '' : `${date} `}${time} ${zone.abbreviation(instant)}`
}
