import type { PartName, Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { CandleRow } from '../../../schemas/generated/rows.ts'
import { CANDLES } from '../../../schemas/tables/index.ts'
import type { Outcome } from '../api.ts'
import { candleKey, candleLine } from '../candles/candle-rows.ts'
import type { KnownBar, KnownBars, KnownDay } from '../candles/known-bars.ts'
import { at, type StoreContext } from '../context.ts'
import { parsePartName, partFolder, within } from '../layout/file-names.ts'
import { candleSeries } from '../read/listing.ts'
import { tellChange } from './change-news.ts'
import type { PartToPublish, StagedPart } from './part-writer.ts'

/** Parts written side by side: their fsyncs share the disk's journal, and one sync of the folder ends them all. */
const AT_ONCE = 16

/** A day that this call writes to. */
export interface DayInHand {
  readonly timeframe: Timeframe
  readonly day: UtcDay
  known: KnownDay
  /** Another look is due: the day was compacted by this process. */
  stale: boolean
  /** Conflicts that were written, to be looked at again at the end. */
  readonly written: { readonly index: number; readonly row: CandleRow }[]
  /** What a dry run would have written. */
  readonly planned: Map<string, KnownBar>
  hasDuplicates: boolean
}

interface BatchedRow {
  readonly index: number
  readonly row: CandleRow
  /** The writing time, in microseconds, of the part that this one supersedes; null for a new bar. */
  readonly supersedes: number | null
  /** The part, where it was staged before it was known to be needed. */
  readonly staged: Promise<StagedPart> | null
}

/** Parts of one day on their way to disk together. */
export class PartBatch {
  readonly #context: StoreContext
  readonly #hand: DayInHand
  readonly #rows: BatchedRow[] = []
  /** What the parts before this one in the batch will have made of a bar. */
  readonly #pending: Map<string, KnownBar>
  readonly #dryRun: boolean

  constructor(context: StoreContext, hand: DayInHand, dryRun: boolean) {
    this.#context = context
    this.#hand = hand
    this.#dryRun = dryRun
    this.#pending = dryRun ? hand.planned : new Map()
  }

  get isFull(): boolean {
    return this.#rows.length >= AT_ONCE
  }

  /** The version of the row's bar that stands, or will once the rows before it are written. */
  standing(row: CandleRow): KnownBar | undefined {
    const key = candleKey(row)
    return this.#pending.get(key) ?? this.#hand.known.bars.get(key)
  }

  get isEmpty(): boolean {
    return this.#rows.length === 0
  }

  /**
   * Takes note of a row: one that is to be written joins the batch.
   * @param staged the row's part, where it is staged already
   */
  take(index: number, row: CandleRow, outcome: Outcome, staged: Promise<StagedPart> | null): Outcome {
    if (outcome.outcome === 'duplicate') this.#hand.hasDuplicates = true
    if (outcome.outcome === 'accepted' || outcome.outcome === 'conflict') this.#add(index, row, staged)
    return outcome
  }

  #add(index: number, row: CandleRow, staged: Promise<StagedPart> | null): void {
    const standing = this.standing(row)
    const written = standing === undefined ? null : (parsePartName(standing.name)?.writtenMicros ?? 0)
    this.#rows.push({ index, row, supersedes: written, staged })
    this.#pending.set(candleKey(row), { line: candleLine(row), compacted: false, name: '' })
  }

  /**
   * Writes all, durable when this resolves. When one fails, those before it are made durable, their outcomes stay, and
   * the failure is thrown.
   */
  async finish(index: KnownBars, outcomes: Outcome[]): Promise<void> {
    if (this.#rows.length === 0 || this.#dryRun) return
    const { timeframe, day, known, written } = this.#hand
    const series = candleSeries(timeframe)
    const folder = partFolder(series, day)
    const target = at(this.#context, folder)
    const placed = await this.#place(target).catch((error: unknown) => {
      outcomes.length = this.#rows[0]?.index ?? outcomes.length
      throw error
    })
    const failed = placed.findIndex(({ status }) => status === 'rejected')
    const failure = placed[failed]
    try {
      if (placed.some(({ status }) => status === 'fulfilled')) {
        await this.#context.env.syncDir(target)
        known.isFolderSynced = true
      }
    } catch (error) {
      outcomes.length = this.#rows[0]?.index ?? outcomes.length
      throw error
    }
    for (const [place, result] of placed.entries()) {
      const entry = this.#rows[place]
      if (entry === undefined || result.status === 'rejected') continue
      index.adopt(known, result.value, entry.row)
      if (entry.supersedes !== null && (failed < 0 || place < failed)) written.push(entry)
      tellChange(this.#context, {
        kind: 'part',
        series,
        day,
        file: within(folder, result.value),
        row: { ...entry.row },
      })
    }
    if (failure?.status === 'rejected') {
      outcomes.length = this.#rows[failed]?.index ?? outcomes.length
      throw failure.reason
    }
  }

  /**
   * What became of each row. Those behind one that could not be staged are given up: nobody is promised them. Names are
   * given in the order of the calls, so the last of a bar's versions also sorts last (W6).
   */
  async #place(target: string): Promise<readonly PromiseSettledResult<PartName>[]> {
    const { partWriter } = this.#context
    const staged = await Promise.allSettled(
      this.#rows.map(({ row, staged }) => staged ?? partWriter.stage(CANDLES, candlePart(row))),
    )
    const failed = staged.findIndex(({ status }) => status === 'rejected')
    const failure = staged[failed]
    const parts: PartToPublish[] = []
    for (const [place, result] of staged.entries()) {
      if (result.status === 'rejected') continue
      if (failure === undefined || place < failed)
        parts.push({ staged: result.value, after: this.#rows[place]?.supersedes ?? 0 })
      else await partWriter.discard(result.value)
    }
    const published = parts.length === 0 ? [] : await partWriter.publish(target, parts)
    return failure?.status === 'rejected' ? [...published, failure] : published
  }
}

/** The row of a part: its number is compaction's to give (V9). */
export function candlePart(row: CandleRow): Record<string, unknown> {
  return { ...row, global_x: null }
}
