import type { BackfilledDay } from '../../../schemas/contract/jobs.ts'
import { utcDayOf } from '../../../schemas/contract/market-time.ts'
import { compareTimeframes } from '../../../schemas/contract/timeframe.ts'
import type { Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { CandleRow } from '../../../schemas/generated/rows.ts'
import { CANDLES } from '../../../schemas/tables/index.ts'
import type { BackfillReceipt, Outcome, WorkOptions } from '../api.ts'
import { candleKey, candleLine } from '../candles/candle-rows.ts'
import { BarNumbers } from '../candles/numbering.ts'
import { replaceDay } from '../candles/replace-day.ts'
import { finishPending } from '../compact/interrupted.ts'
import type { StoreContext } from '../context.ts'
import { withWriterLock } from '../fs/writer-lock.ts'
import { canonicalRow } from '../layout/digest.ts'
import { throwIfAborted } from '../read/shared-work.ts'
import { candleValidator } from './validate.ts'

/** What the documents say of one day: each bar once, the last line of a key. */
export interface WantedDay {
  readonly timeframe: Timeframe
  readonly day: UtcDay
  readonly bars: Map<string, { row: CandleRow; index: number }>
  /** Every distinct row that was given, losers included (C6). */
  readonly lines: Set<string>
}

/**
 * Replaces the whole past days that the documents hold, without parts (SPEC W8): through the verified path of day
 * compaction, under the writer lock. A dry run tells the difference and changes nothing.
 * @throws LOCKED, NO_SPACE, IO, VERIFY_FAILED, CANCELLED; days that were finished before stay replaced
 */
export async function backfillCandles(
  context: StoreContext,
  documents: AsyncIterable<unknown> | Iterable<unknown>,
  options: WorkOptions & { dryRun?: boolean } = {},
): Promise<BackfillReceipt> {
  const { outcomes, days } = await gather(context, documents, options.signal)
  const run = async (): Promise<BackfillReceipt> => ({
    outcomes,
    days: await replaceDays(context, days, outcomes, options),
  })
  if (options.dryRun === true) return run()
  return withWriterLock(context, 'backfill', async () => {
    await finishPending(context)
    return run()
  })
}

async function gather(
  context: StoreContext,
  documents: AsyncIterable<unknown> | Iterable<unknown>,
  signal: AbortSignal | undefined,
): Promise<{ readonly outcomes: Outcome[]; readonly days: readonly WantedDay[] }> {
  const validator = candleValidator(context.zone)
  const today = utcDayOf(context.env.now())
  const outcomes: Outcome[] = []
  const days = new Map<string, WantedDay>()
  for await (const document of documents) {
    throwIfAborted(signal)
    const checked = validator.check(document)
    if ('rejection' in checked) {
      outcomes.push({ outcome: 'rejected', ...checked.rejection })
      continue
    }
    const row: CandleRow = { ...checked.row, global_x: null }
    const day = utcDayOf(row.ts)
    if (day >= today) {
      const reason = `${day} is not over (UTC): a backfill replaces whole past days; append the bar instead`
      outcomes.push({ outcome: 'rejected', field: 'ts', reason })
      continue
    }
    outcomes.push(take(days, row as CandleRow, day, outcomes.length))
  }
  const sorted = [...days.values()].sort(
    (a, b) => compareTimeframes(a.timeframe, b.timeframe) || (a.day < b.day ? -1 : 1),
  )
  return { outcomes, days: sorted }
}

function take(days: Map<string, WantedDay>, row: CandleRow, day: UtcDay, index: number): Outcome {
  const timeframe = row.timeframe as Timeframe
  const place = `${timeframe}/${day}`
  let wanted = days.get(place)
  if (wanted === undefined) {
    wanted = { timeframe, day, bars: new Map(), lines: new Set() }
    days.set(place, wanted)
  }
  const key = candleKey(row)
  const line = candleLine(row)
  const earlier = wanted.bars.get(key)
  wanted.lines.add(canonicalRow(CANDLES.columns, { ...row }))
  if (earlier !== undefined && candleLine(earlier.row) === line) return { outcome: 'duplicate' }
  wanted.bars.set(key, { row, index })
  return { outcome: earlier === undefined ? 'accepted' : 'conflict' }
}

async function replaceDays(
  context: StoreContext,
  days: readonly WantedDay[],
  outcomes: Outcome[],
  { dryRun = false, signal, onProgress }: WorkOptions & { dryRun?: boolean },
): Promise<readonly BackfilledDay[]> {
  const numbers = new BarNumbers(context)
  const receipts: BackfilledDay[] = []
  for (const [done, { timeframe, day, bars, lines }] of days.entries()) {
    throwIfAborted(signal)
    const rows = new Map([...bars].map(([key, { row }]) => [key, row]))
    const { difference, file } = await replaceDay(
      context,
      { timeframe, day, bars: rows, lines },
      {
        dryRun,
        numbers,
        signal,
        onStep: (step) => onProgress?.({ done, total: days.length, step: `${timeframe} ${day}: ${step}` }),
      },
    )
    const { added, changed, removed, same } = difference
    for (const key of same) {
      const index = bars.get(key)?.index
      if (index !== undefined && outcomes[index]?.outcome === 'accepted')
        outcomes[index] = { outcome: 'duplicate' }
    }
    receipts.push({ table: 'candles', timeframe, day, added, changed, removed, rows: rows.size, file })
  }
  onProgress?.({ done: days.length, total: days.length, step: 'done' })
  return receipts
}
