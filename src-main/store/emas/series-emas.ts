import type { UtcDay } from '../../../schemas/contract/units.ts'
import type { CandleColumns } from '../../../schemas/contract/viewport.ts'
import type { ListedDay } from '../read/listing.ts'
import { barsBefore, fillDay } from './ema.ts'

/** The averages of one period over a day. */
interface DayEma {
  values: Float64Array
  /** So many from the first one on hold for the day's bars as they are. */
  good: number
  /** The count of changes when they were worked out: a later one among the bars before them makes them stale. */
  madeAt: number
}

interface KnownDay {
  /** The files that its bars were read from; the very same object means: they stand as they were. Null when unsure. */
  listing: ListedDay | null
  columns: WeakRef<CandleColumns> | null
  ts: Float64Array
  close: Float64Array
  /** The count of changes at its own last one. */
  changedAt: number
  readonly emas: Map<number, DayEma>
}

/** A day as it is worked with: what it was when the question came, whatever comes meanwhile. */
interface DayInHand {
  readonly day: UtcDay
  readonly known: KnownDay
  readonly close: Float64Array
  /** Bars of the days in hand before it. */
  readonly before: number
}

const NOTHING = new Float64Array(0)

/** Bars stepped through at a stretch: some milliseconds, then whoever waits for this thread has a turn. */
const STEPS_AT_ONCE = 1_000_000

/**
 * What is known of one series: closes by day, and averages for as long as the bars that they were worked out from stand.
 * Closes are copies, so that no block of a day is kept in memory for them.
 */
export class SeriesEmas {
  readonly #days = new Map<UtcDay, KnownDay>()
  #changes = 0
  #numbers = 0
  #turn: Promise<unknown> = Promise.resolve()
  /** How many calendar days before a window were enough the last time. */
  lookback: number | null = null

  /** Numbers held: each takes 8 bytes. */
  get size(): number {
    return this.#numbers
  }

  /** One piece of work at a time. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => {})
    return done
  }

  /** How many bars a day had when these files were looked at; null when they have to be read. */
  barsOf(listing: ListedDay): number | null {
    const known = this.#days.get(listing.day)
    return known !== undefined && known.listing === listing ? known.ts.length : null
  }

  /**
   * Takes note of a day's bars.
   * @param listing the files that they came from, when that vouches for them
   */
  learn(day: UtcDay, columns: CandleColumns, listing: ListedDay | null): void {
    const known = this.#days.get(day)
    if (known === undefined) {
      const { ts, close } = columns
      this.#numbers += 2 * ts.length
      this.#days.set(day, {
        listing,
        columns: new WeakRef(columns),
        ts: ts.slice(),
        close: close.slice(),
        changedAt: ++this.#changes,
        emas: new Map(),
      })
      return
    }
    known.listing = listing
    if (known.columns?.deref() === columns) return
    known.columns = new WeakRef(columns)
    const same = sameBars(known, columns)
    if (same === known.ts.length && same === columns.ts.length) return
    this.#numbers += 2 * (columns.ts.length - known.ts.length)
    known.ts = columns.ts.slice()
    known.close = columns.close.slice()
    known.changedAt = ++this.#changes
    for (const ema of known.emas.values()) ema.good = Math.min(ema.good, same)
  }

  /** Days that have no files any more. @param listed all that have some, from `first` to `last` */
  forgetOthers(first: string, last: string, listed: ReadonlySet<UtcDay>): void {
    for (const [day, known] of this.#days) {
      if (day < first || day > last || listed.has(day) || known.ts.length === 0) continue
      this.#numbers -= 2 * known.ts.length
      known.listing = null
      known.columns = null
      known.ts = NOTHING
      known.close = NOTHING
      known.changedAt = ++this.#changes
      this.#dropEmas(known)
    }
  }

  /** Lets go of what lies outside of these days. */
  keepOnly(first: string, last: string): void {
    for (const [day, known] of this.#days) {
      if (day >= first && day <= last) continue
      this.#dropEmas(known)
      this.#numbers -= 2 * known.ts.length
      this.#days.delete(day)
    }
  }

  #dropEmas(known: KnownDay): void {
    for (const { values } of known.emas.values()) this.#numbers -= values.length
    known.emas.clear()
  }

  /**
   * The averages of whole days, by period and day. What is known and still holds is not worked out again: of a day that
   * grew by a bar, one step.
   * @param first of the days that were learned for this; enough bars before `wanted`, or all there are
   * @param wanted days that were learned, ascending
   */
  async of(
    first: string,
    wanted: readonly UtcDay[],
    periods: readonly number[],
  ): Promise<ReadonlyMap<number, ReadonlyMap<UtcDay, Float64Array>>> {
    const last = wanted.at(-1) ?? ''
    const days = this.#inHand(first, last)
    const madeAt = this.#changes
    const changes = days.map(({ known }) => known.changedAt)
    const wantedDays = new Set(wanted)
    const answer = new Map<number, ReadonlyMap<UtcDay, Float64Array>>()
    let closes: Float64Array | null = null
    let steps = 0
    for (const period of periods) {
      const byDay = new Map<UtcDay, Float64Array>()
      const latest = new LatestChange(days, changes, barsBefore(period))
      for (const [index, { day, known, close, before }] of days.entries()) {
        const changedAt = latest.before(index)
        if (!wantedDays.has(day)) continue
        const ema = known.close === close ? known.emas.get(period) : undefined
        const holds = ema !== undefined && ema.madeAt >= changedAt ? ema : null
        if (holds !== null && holds.good === close.length && holds.values.length === close.length) {
          byDay.set(day, holds.values)
          continue
        }
        closes ??= joined(days)
        const values = new Float64Array(close.length)
        const good = holds?.good ?? 0
        if (holds !== null) values.set(holds.values.subarray(0, good))
        const history = closes.subarray(Math.max(0, before - barsBefore(period)), before)
        fillDay(period, history, close, values, good)
        byDay.set(day, values)
        if (known.close === close) {
          this.#numbers += values.length - (known.emas.get(period)?.values.length ?? 0)
          known.emas.set(period, { values, good: close.length, madeAt })
        }
        steps += close.length + (good === 0 ? history.length : 0)
        if (steps < STEPS_AT_ONCE) continue
        steps = 0
        await new Promise((resolve) => setImmediate(resolve))
      }
      answer.set(period, byDay)
    }
    return answer
  }

  #inHand(first: string, last: string): readonly DayInHand[] {
    const names = [...this.#days.keys()].filter((day) => day >= first && day <= last).sort()
    const days: DayInHand[] = []
    let before = 0
    for (const day of names) {
      const known = this.#days.get(day)
      if (known === undefined) continue
      days.push({ day, known, close: known.close, before })
      before += known.close.length
    }
    return days
  }
}

/** The latest change among the bars that a day's averages are worked out from, asked for day by day. */
class LatestChange {
  readonly #days: readonly DayInHand[]
  readonly #changes: readonly number[]
  readonly #needed: number
  /** Places of days, each changed later than those behind it. */
  #latest: number[] = []
  #next = 0

  constructor(days: readonly DayInHand[], changes: readonly number[], needed: number) {
    this.#days = days
    this.#changes = changes
    this.#needed = needed
  }

  /** @param index not less than at the call before */
  before(index: number): number {
    for (; this.#next < index; this.#next++) {
      const change = this.#changes[this.#next] as number
      while (this.#latest.length > 0 && (this.#changes[this.#latest.at(-1) as number] as number) <= change)
        this.#latest.pop()
      this.#latest.push(this.#next)
    }
    const from = (this.#days[index]?.before ?? 0) - this.#needed
    let dropped = 0
    for (const place of this.#latest) {
      const { before, close } = this.#days[place] as DayInHand
      // A day that lost all of its bars counts for as long as bars before it would.
      if (from <= 0 || before + close.length > from) break
      dropped++
    }
    if (dropped > 0) this.#latest = this.#latest.slice(dropped)
    const [place] = this.#latest
    return place === undefined ? 0 : (this.#changes[place] as number)
  }
}

/** How many bars from the first one on are the same. */
function sameBars(known: KnownDay, { ts, close }: CandleColumns): number {
  const length = Math.min(known.ts.length, ts.length)
  let same = 0
  while (same < length && known.ts[same] === ts[same] && known.close[same] === close[same]) same++
  return same
}

function joined(days: readonly DayInHand[]): Float64Array {
  const closes = new Float64Array(days.reduce((sum, { close }) => sum + close.length, 0))
  for (const { close, before } of days) closes.set(close, before)
  return closes
}
