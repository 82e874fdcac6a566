import { timeframeMillis } from '../../../schemas/contract/timeframe.ts'
import {
  type CalendarName,
  calendarOf,
  sessionIn,
  tradingDaysBetween,
} from '../../../schemas/contract/trading-calendar.ts'
import type { StorePath, Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { StoreSettings } from '../../../schemas/generated/requests.ts'
import type { StoreContext } from '../context.ts'
import { dayfilePath } from '../layout/file-names.ts'
import type { FileBars } from '../read/file-bars.ts'
import { candleSeries } from '../read/listing.ts'
import type { FindingList } from './finding-list.ts'
import { marketTimes, sessionGaps } from './session-gaps.ts'

const DAY = 86_400_000
/** A session is judged when it has been over for so long: the last bars take a moment to arrive. */
const SETTLE = 15 * 60_000
/** Missing times told of a day, and symbols named of one finding. */
const TOLD = 3

interface Followed {
  readonly calendar: CalendarName
  readonly first: number
  /** The last day with a bar. */
  last: string
}

interface Run {
  readonly days: readonly string[]
  readonly symbols: string[]
}

/**
 * Looks in one timeframe for bars that should be there by their symbol's trading calendar (SPEC D6). Fed with ascending
 * days; keeps a line a symbol, whatever the number of days.
 */
export class GapCheck {
  readonly #context: StoreContext
  readonly #timeframe: Timeframe
  readonly #length: number
  readonly #settings: StoreSettings
  readonly #findings: FindingList
  readonly #symbols = new Map<string, Followed>()
  /** Days of which a file can't be read: what they lack is not known. */
  readonly #unknown = new Set<string>()
  readonly #runs = new Map<string, Run>()

  constructor(context: StoreContext, timeframe: Timeframe, settings: StoreSettings, findings: FindingList) {
    this.#context = context
    this.#timeframe = timeframe
    this.#length = timeframeMillis(timeframe)
    this.#settings = settings
    this.#findings = findings
  }

  unknown(day: UtcDay): void {
    this.#unknown.add(day)
  }

  /** @param files every readable file of the day; a bar may stand in several */
  day(day: UtcDay, files: readonly FileBars[]): void {
    if (this.#length > DAY) return
    const told: string[] = []
    let missing = 0
    for (const [symbol, times] of this.#timesOf(day, files)) {
      const followed = this.#follow(symbol, times)
      if (!this.#unknown.has(day)) {
        for (const run of this.#between(followed, day)) this.#keep(symbol, run)
        const gaps = this.#gapsOf(followed, day, times)
        missing += gaps.missing.length
        if (gaps.missing.length > 0) told.push(this.#tell(symbol, day, gaps.missing, gaps.demanded))
      }
      followed.last = day
    }
    if (told.length === 0) return
    const others = told.length > TOLD ? `; ${told.length - TOLD} more symbols` : ''
    this.#findings.add(
      'GAP',
      this.#fileOf(day),
      `${told.slice(0, TOLD).join('; ')}${others}${told.length > 1 ? ` (${missing} bars in all)` : ''}`,
    )
  }

  /** Tells the days without any bar, by the first of them: once all days were given. */
  finish(): void {
    const byFirst = new Map<string, Run[]>()
    for (const run of this.#runs.values()) {
      const [first = ''] = run.days
      byFirst.set(first, [...(byFirst.get(first) ?? []), run])
    }
    for (const [first, runs] of byFirst)
      this.#findings.add('GAP', this.#fileOf(first as UtcDay), runs.map(tellRun).join('; '))
    this.#runs.clear()
  }

  /** Bars by symbol that the market dates to the day: an evening's bars stand in the file of the next. */
  #timesOf(day: UtcDay, files: readonly FileBars[]): ReadonlyMap<string, readonly number[]> {
    const { zone } = this.#context
    const found = new Map<string, number[]>()
    for (const { symbols, columns } of files) {
      for (const [row, symbol] of symbols.entries()) {
        const ts = columns.ts[row] ?? Number.NaN
        const equities = this.#calendarOf(symbol) === 'us-equities' && this.#length < DAY
        if (equities && zone.dateOf(ts) !== day) continue
        const times = found.get(symbol)
        if (times === undefined) found.set(symbol, [ts])
        else times.push(ts)
      }
    }
    return found
  }

  #calendarOf(symbol: string): CalendarName {
    return this.#symbols.get(symbol)?.calendar ?? calendarOf(symbol, this.#settings)
  }

  #follow(symbol: string, times: readonly number[]): Followed {
    const known = this.#symbols.get(symbol)
    if (known !== undefined) return known
    const first = times.reduce((earliest, ts) => Math.min(earliest, ts), Number.POSITIVE_INFINITY)
    const made = { calendar: calendarOf(symbol, this.#settings), first, last: '' }
    this.#symbols.set(symbol, made)
    return made
  }

  /** Trading days since the symbol's last, in runs that no day of unknown content interrupts. */
  #between({ calendar, last }: Followed, day: string): readonly (readonly string[])[] {
    if (last === '') return []
    const runs: string[][] = [[]]
    for (const missing of tradingDaysBetween(calendar, last, day)) {
      if (this.#unknown.has(missing)) runs.push([])
      else runs.at(-1)?.push(missing)
    }
    return runs.filter((run) => run.length > 0)
  }

  #keep(symbol: string, days: readonly string[]): void {
    const key = `${days[0]} ${days.at(-1)}`
    const known = this.#runs.get(key)
    if (known === undefined) this.#runs.set(key, { days, symbols: [symbol] })
    else known.symbols.push(symbol)
  }

  #gapsOf(
    { calendar, first }: Followed,
    day: UtcDay,
    times: readonly number[],
  ): { readonly demanded: number; readonly missing: readonly number[] } {
    const session = sessionIn(calendar, day, this.#context.zone)
    const over = session !== null && this.#context.env.now() >= session.close + SETTLE
    if (!over || this.#length >= DAY) return { demanded: 0, missing: [] }
    return sessionGaps(session, times, this.#length, first)
  }

  #tell(symbol: string, day: string, missing: readonly number[], demanded: number): string {
    const times = marketTimes(missing.slice(0, TOLD), day, this.#context.zone)
    const first = missing.length > TOLD ? `the first at ${times}` : `at ${times}`
    return `${symbol}: ${missing.length} of ${demanded} bars of the session are missing, ${first}`
  }

  #fileOf(day: UtcDay): StorePath {
    return dayfilePath(candleSeries(this.#timeframe), day)
  }
}

function tellRun({ days, symbols }: Run): string {
  const named = symbols.slice(0, TOLD).join(', ')
  const others = symbols.length > TOLD ? ` and ${symbols.length - TOLD} more symbols` : ''
  const span =
    days.length === 1
      ? `on ${days[0]}, a trading day`
      : `from ${days[0]} to ${days.at(-1)}, ${days.length} trading days`
  return `${named}${others}: no bar ${span}`
}
