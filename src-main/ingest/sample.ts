import { BarkeepError } from '../../schemas/contract/errors.ts'
import { MarketZone, parseUtcDay, utcDayOf } from '../../schemas/contract/market-time.ts'
import { tradingDaysUpTo } from '../../schemas/contract/trading-calendar.ts'
import type { CompactRequest } from '../../schemas/generated/requests.ts'
import type { Outcome, Store, WorkOptions } from '../store/api.ts'
import { type SampleBar, type SampleDay, sampleDays } from './sample/days.ts'
import { sampleLedger } from './sample/ledger.ts'
import { ledgerWeight, writeLedger } from './sample/write-ledger.ts'

export interface SampleOptions {
  /** Trading days, 10 unless given. */
  readonly days?: number | undefined
  readonly seed?: number | undefined
  /** The last day to write, `YYYY-MM-DD`; unless given the newest trading day that is over everywhere. */
  readonly end?: string | undefined
  /**
   * So many of the newest days, 4 unless given, arrive bar by bar, as from a bot; what is older is backfilled, or years
   * would take hours.
   */
  readonly liveDays?: number | undefined
  /**
   * Trading days of the ledger. Unless given 63, three months; of a sample of fewer than ten days its own. Days before
   * the sample's are told in short: 15m bars of its first symbol, and where the zones were.
   */
  readonly ledgerDays?: number | undefined
}

export interface SampleReceipt {
  /** Bars written; those already there are not counted. */
  readonly bars: number
  readonly events: number
  /** Lines of the ledger written: decisions, findings of audits and clean ones, reports, versions. */
  readonly decisions: number
  readonly audits: number
  readonly stats: number
  readonly policies: number
  /** Trading days with bars of every length; the ledger's. */
  readonly days: number
  readonly ledgerDays: number
  readonly symbols: readonly string[]
  /** First bar's open and last bar's open, ms UTC. */
  readonly from: number
  readonly to: number
}

const DEFAULT_DAYS = 10
const MOST_DAYS = 2500
const DEFAULT_LIVE_DAYS = 4
const DEFAULT_LEDGER_DAYS = 63
const BATCH = 256
/** What compacting a day weighs in the progress, in rows written. */
const COMPACTION_WEIGHT = 150

/**
 * Writes a believable market into a store by the very paths that a bot's data takes: parts, then compaction of all days
 * but the last. The same days, seed and end give the same store.
 * @throws BAD_REQUEST when the store holds other data (SPEC X9); CANCELLED, LOCKED, NO_SPACE, IO, VERIFY_FAILED
 */
export async function writeSample(
  store: Store,
  options: SampleOptions = {},
  work: WorkOptions = {},
): Promise<SampleReceipt> {
  const startedAt = Date.now()
  const { days: count = DEFAULT_DAYS, seed = 1, liveDays = DEFAULT_LIVE_DAYS } = options
  inRange('days', count)
  const ledgerDays = options.ledgerDays ?? (count < DEFAULT_DAYS ? count : DEFAULT_LEDGER_DAYS)
  inRange('days of the ledger', ledgerDays)
  const end = options.end ?? utcDayOf(Date.now() - 86_400_000)
  const { marketZone } = await store.reader.info()
  const history = Math.max(0, ledgerDays - count)
  const dates = tradingDaysUpTo(parseUtcDay(end), count + history)
  const days = sampleDays(dates, seed, new MarketZone(marketZone), history)
  await refuseOtherData(store, days, history)
  const ledger = sampleLedger(days, days.length - ledgerDays, seed)

  const rows = days.reduce((sum, { bars, events }) => sum + bars.length + events.length, 0)
  const steps = new Steps(work, rows + (days.length - 1) * COMPACTION_WEIGHT + ledgerWeight(ledger))
  const earlier = days.slice(0, Math.max(history, days.length - liveDays))
  const live = days.slice(earlier.length)
  const backfilled = await backfill(store, earlier, steps)
  let bars = backfilled.bars
  let events = backfilled.events
  for (const day of live) {
    bars += await append(day.bars, day.date, steps, (batch) => store.writer.appendCandles(batch))
    events += await append(day.events, day.date, steps, (batch) => store.writer.appendEvents(batch))
  }
  const written = await writeLedger(store, ledger, steps)
  // Events of backfilled days are parts too; days without any are no work.
  const recent = days.slice(history)[0]?.date.slice(0, 7) ?? ''
  const months = [...new Set(days.slice(0, history).map(({ date }) => date.slice(0, 7)))]
  for (const month of months.filter((each) => each < recent)) await compactMonth(store, month, steps)
  for (const { date } of days.slice(0, -1).filter((day) => day.date.slice(0, 7) >= recent)) {
    await compactDay(store, date, steps)
  }
  // On top of itself a sample changes nothing.
  if (bars + events > 0) {
    await store.writer.noteOperation({
      kind: 'sample',
      state: 'done',
      startedAt,
      summary: `An invented market of ${days.length} trading days: ${bars.toLocaleString('en-US')} bars, ${events} events.`,
      receipt: { days: count, ledgerDays, seed, bars, events, ...written },
    })
  }
  const times = days.flatMap((day) => day.bars.map(({ ts }) => ts))
  return {
    bars,
    events,
    ...written,
    days: count,
    ledgerDays,
    symbols: [...new Set(days.flatMap((day) => day.bars.map(({ symbol }) => symbol)))].sort(),
    from: times.reduce((least, ts) => Math.min(least, ts), Number.POSITIVE_INFINITY),
    to: times.reduce((most, ts) => Math.max(most, ts), 0),
  }
}

/** Where the work stands, and whether it is still wanted. */
class Steps {
  readonly #work: WorkOptions
  readonly #total: number
  #done = 0

  constructor(work: WorkOptions, total: number) {
    this.#work = work
    this.#total = total
  }

  get work(): WorkOptions {
    return { signal: this.#work.signal, untold: true }
  }

  /** @throws CANCELLED */
  next(done: number, step: string): void {
    this.#done += done
    this.#work.onProgress?.({ done: this.#done, total: this.#total, step })
    if (this.#work.signal?.aborted === true) {
      throw new BarkeepError(
        'CANCELLED',
        `The sample was cancelled after ${Math.floor((100 * this.#done) / this.#total)}%.`,
      )
    }
  }
}

function inRange(what: string, count: number): void {
  if (Number.isSafeInteger(count) && count >= 1 && count <= MOST_DAYS) return
  throw new BarkeepError('BAD_REQUEST', `A sample has 1 to ${MOST_DAYS} ${what}, not ${count}.`)
}

/**
 * A sample among real bars would be a lie that nobody can take out again; on top of itself it changes nothing. It is the
 * same when its first bar of each length is the store's first.
 */
async function refuseOtherData(store: Store, days: readonly SampleDay[], history: number): Promise<void> {
  if (!(await store.reader.info()).hasData) return
  const firsts = [days[0]?.bars[0], days[history]?.bars.find(({ timeframe }) => timeframe === '2m')]
  const same = await Promise.all(firsts.map(async (bar) => bar !== undefined && (await isFirst(store, bar))))
  if (same.every(Boolean)) return
  throw new BarkeepError(
    'BAD_REQUEST',
    `${store.root} holds other data. A sample goes into a folder of its own: name one with --store.`,
  )
}

async function isFirst(store: Store, { symbol, timeframe, ts, close, volume }: SampleBar): Promise<boolean> {
  const from = ts - MOST_DAYS * 86_400_000
  const { candles } = await store.reader.viewport({ symbol, timeframe, from, to: ts })
  return candles.ts.length === 1 && candles.close[0] === close && candles.volume[0] === volume
}

async function append(
  documents: readonly unknown[],
  date: string,
  steps: Steps,
  write: (batch: readonly unknown[]) => Promise<readonly Outcome[]>,
): Promise<number> {
  let accepted = 0
  for (let at = 0; at < documents.length; at += BATCH) {
    const batch = documents.slice(at, at + BATCH)
    accepted += acceptedOf(await write(batch))
    steps.next(batch.length, `write ${date}`)
  }
  return accepted
}

function acceptedOf(outcomes: readonly Outcome[]): number {
  const bad = outcomes.find(({ outcome }) => outcome === 'rejected' || outcome === 'conflict')
  if (bad !== undefined) {
    const why =
      bad.outcome === 'rejected' ? `${bad.field}: ${bad.reason}` : 'a row with other values is there'
    throw new BarkeepError('BAD_REQUEST', `The sample doesn't fit what the store holds (${why}).`)
  }
  return outcomes.filter(({ outcome }) => outcome === 'accepted').length
}

async function backfill(
  store: Store,
  days: readonly SampleDay[],
  steps: Steps,
): Promise<{ bars: number; events: number }> {
  if (days.length === 0) return { bars: 0, events: 0 }
  steps.next(0, `backfill ${days.length} days`)
  const bars = days.flatMap((day) => day.bars)
  const { days: replaced } = await store.writer.backfillCandles(bars, steps.work)
  steps.next(bars.length, `backfilled ${days.length} days`)
  // In one list: the snapshot is written once a call.
  const told = days.flatMap((day) => day.events)
  const events = await append(told, `objects of ${days.length} days`, steps, (batch) =>
    store.writer.appendEvents(batch),
  )
  return { bars: replaced.reduce((sum, { added }) => sum + added, 0), events }
}

/** Days of the history have no parts but of events. */
function compactMonth(store: Store, month: string, steps: Steps): Promise<void> {
  return compact(store, { month, table: 'object_events' }, month, steps)
}

function compactDay(store: Store, date: string, steps: Steps): Promise<void> {
  return compact(store, { day: date }, date, steps)
}

/** @throws what went wrong with a day */
async function compact(store: Store, request: CompactRequest, date: string, steps: Steps): Promise<void> {
  steps.next(0, `compact ${date}`)
  const { days } = await store.compactor.compact(request, steps.work)
  const failed = days.find(({ error }) => error !== undefined)?.error
  if (failed !== undefined) {
    const { code, message, file } = failed
    throw new BarkeepError(code, message, file === undefined ? {} : { file })
  }
  steps.next(COMPACTION_WEIGHT, `compacted ${date}`)
}
