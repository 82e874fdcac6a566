import { BarkeepError, reportOf } from '../../../schemas/contract/errors.ts'
import { utcDayOf } from '../../../schemas/contract/market-time.ts'
import type { Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { CandleRow } from '../../../schemas/generated/rows.ts'
import { CANDLES } from '../../../schemas/tables/index.ts'
import type { AppendOptions, Outcome } from '../api.ts'
import { candleKey, candleLine } from '../candles/candle-rows.ts'
import { type KnownBar, KnownBars } from '../candles/known-bars.ts'
import { at, type StoreContext } from '../context.ts'
import { dayfilePath, partFolder, sortsBehindParts } from '../layout/file-names.ts'
import { candleSeries, sameLook } from '../read/listing.ts'
import { candlePart, type DayInHand, PartBatch } from './candle-batch.ts'
import { onChange } from './change-news.ts'
import type { StagedPart } from './part-writer.ts'
import { inTurn } from './turns.ts'
import { candleValidator, type Validator } from './validate.ts'

/**
 * Appends candles. One an open store; calls may overlap, and share what is known of each day.
 */
class CandleAppender {
  readonly #context: StoreContext
  readonly #validator: Validator<CandleRow>
  readonly #known: KnownBars

  constructor(context: StoreContext) {
    this.#context = context
    this.#validator = candleValidator(context.zone)
    this.#known = new KnownBars(context)
  }

  async append(documents: readonly unknown[], dryRun: boolean): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = []
    const days = new Map<string, DayInHand>()
    const unsubscribe = onChange(this.#context, (change) => {
      if (change.kind !== 'day' || change.series.table !== 'candles') return
      const day = days.get(`${change.series.timeframe}/${change.day}`)
      if (day !== undefined) day.stale = true
    })
    try {
      let index = 0
      while (index < documents.length) index = await this.#appendRun(documents, index, outcomes, days, dryRun)
      for (const day of days.values()) {
        if (!dryRun) await this.#settleDuplicates(day)
        await this.#lookAgain(day, outcomes)
      }
    } catch (error) {
      throw failure(error, outcomes.length)
    } finally {
      unsubscribe()
    }
    return outcomes
  }

  /** Consecutive documents of one day, at most `AT_ONCE` to write. @returns the index behind them */
  async #appendRun(
    documents: readonly unknown[],
    start: number,
    outcomes: Outcome[],
    days: Map<string, DayInHand>,
    dryRun: boolean,
  ): Promise<number> {
    const checked = this.#validator.check(documents[start])
    if ('rejection' in checked) {
      outcomes.push({ outcome: 'rejected', ...checked.rejection })
      return start + 1
    }
    const timeframe = checked.row.timeframe as Timeframe
    const day = utcDayOf(checked.row.ts)
    return inTurn(this.#context, candleSeries(timeframe), day, async () => {
      const looking = this.#takeInHand(timeframe, day, days)
      // A live bot's one bar is most likely new: its part is staged while the folder is listed.
      const early = documents.length === 1 && !dryRun && this.#known.seemsNew(timeframe, day, checked.row)
      const staged = early ? this.#context.partWriter.stage(CANDLES, candlePart(checked.row)) : null
      // Heard where the part is published; without that there is nothing to be heard.
      staged?.catch(() => undefined)
      let isUsed = false
      try {
        const batch = new PartBatch(this.#context, await looking, dryRun)
        let index = start
        for (let row: CandleRow | null = checked.row; row !== null; ) {
          const outcome = batch.take(index, row, decide(batch.standing(row), row), staged)
          outcomes.push(outcome)
          index += 1
          row = batch.isFull ? null : this.#nextOf(documents, index, timeframe, day)
        }
        isUsed = !batch.isEmpty
        await batch.finish(this.#known, outcomes)
        return index
      } finally {
        if (staged !== null && !isUsed) await this.#giveUp(staged)
      }
    })
  }

  async #giveUp(staged: Promise<StagedPart>): Promise<void> {
    try {
      await this.#context.partWriter.discard(await staged)
    } catch {
      // It never came to be, and wasn't needed.
    }
  }

  /** The next document when it is a good bar of the same day. */
  #nextOf(documents: readonly unknown[], index: number, timeframe: Timeframe, day: UtcDay): CandleRow | null {
    if (index >= documents.length) return null
    const checked = this.#validator.check(documents[index])
    if ('rejection' in checked || checked.row.timeframe !== timeframe || utcDayOf(checked.row.ts) !== day)
      return null
    return checked.row
  }

  /** The folder is listed once a call and day, and again when this process has compacted the day meanwhile. */
  async #takeInHand(timeframe: Timeframe, day: UtcDay, days: Map<string, DayInHand>): Promise<DayInHand> {
    const key = `${timeframe}/${day}`
    const held = days.get(key)
    if (held !== undefined && !held.stale) return held
    const known = await this.#known.current(timeframe, day)
    const hand = held ?? {
      timeframe,
      day,
      known,
      stale: false,
      written: [],
      planned: new Map(),
      hasDuplicates: false,
    }
    hand.known = known
    hand.stale = false
    days.set(key, hand)
    return hand
  }

  /** A duplicate is acknowledged like a new bar, so the one that stands must be as durable. */
  async #settleDuplicates({ timeframe, day, known, hasDuplicates }: DayInHand): Promise<void> {
    if (!hasDuplicates || known.isFolderSynced) return
    const folder = at(this.#context, partFolder(candleSeries(timeframe), day))
    if ((await this.#context.env.stat(folder)) !== null) await this.#context.env.syncDir(folder)
    known.isFolderSynced = true
  }

  /**
   * Another process may have compacted the day between our look and our part: then the dayfile wins (C1), and a bar of
   * other values is told as refused (W5) rather than as taken.
   */
  async #lookAgain({ timeframe, day, known, written }: DayInHand, outcomes: Outcome[]): Promise<void> {
    if (written.length === 0) return
    const dayfile = await this.#context.env.stat(at(this.#context, dayfilePath(candleSeries(timeframe), day)))
    if (sameLook(dayfile, known.dayfile)) return
    const now = await this.#known.current(timeframe, day)
    for (const { index, row } of written) {
      const standing = now.bars.get(candleKey(row))
      if (standing?.compacted === true && standing.line !== candleLine(row)) outcomes[index] = refused(row)
    }
  }
}

/** W3–W5: what a bar is, given the version of it that stands. */
function decide(standing: KnownBar | undefined, row: CandleRow): Outcome {
  if (standing === undefined) return { outcome: 'accepted' }
  if (standing.line === candleLine(row)) return { outcome: 'duplicate' }
  if (standing.compacted) return refused(row)
  if (sortsBehindParts(standing.name)) {
    // No part of ours can sort behind that name, so the new values would never show.
    return {
      outcome: 'rejected',
      field: null,
      reason: `${standing.name} of another program holds ${row.symbol} ${row.timeframe} ${row.ts_iso} with other values; correct it there, or by a backfill`,
    }
  }
  return { outcome: 'conflict' }
}

function refused({ symbol, timeframe, ts_iso }: CandleRow): Outcome {
  return {
    outcome: 'rejected',
    field: null,
    reason: `${symbol} ${timeframe} ${ts_iso} is compacted with other values; a correction is a backfill`,
  }
}

/** A disk that fails, told with how far the writing came. */
function failure(error: unknown, durable: number): unknown {
  if (error instanceof BarkeepError) return error
  const { code, message } = reportOf(error)
  if (code !== 'NO_SPACE' && code !== 'IO') return error
  return new BarkeepError(code, `${message} The first ${durable} candles of the call are safe.`, {
    cause: error,
  })
}

const appenders = new WeakMap<StoreContext, CandleAppender>()

/**
 * Checks documents and writes each new bar as a part (SPEC V1–V10, W1–W7). Outcomes in the order of the documents, after
 * all that was accepted is durable. Needs no lock.
 * @throws NO_SPACE, IO when the disk fails; every document before the failing one is durable then
 */
export function appendCandles(
  context: StoreContext,
  documents: readonly unknown[],
  { dryRun = false }: AppendOptions = {},
): Promise<readonly Outcome[]> {
  let appender = appenders.get(context)
  if (appender === undefined) {
    appender = new CandleAppender(context)
    appenders.set(context, appender)
  }
  return appender.append(documents, dryRun)
}
