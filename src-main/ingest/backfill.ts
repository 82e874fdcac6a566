import { BarkeepError } from '../../schemas/contract/errors.ts'
import { MarketZone, utcDayOf } from '../../schemas/contract/market-time.ts'
import { DAILY_TABLES, type DailyTable, type StoreTable } from '../../schemas/tables/index.ts'
import type { RejectedText, Store, WorkOptions } from '../store/api.ts'
import { ledgerDocuments } from '../store/ledger/documents.ts'
import { type Checked, candleValidator } from '../store/write/validate.ts'
import type { ImportTally, RejectionSinks } from './import-tally.ts'
import type { Line } from './ndjson.ts'

export interface BackfillContext {
  readonly work: WorkOptions & { readonly source?: string | undefined }
  readonly tally: ImportTally
  readonly sinks: RejectionSinks
}

/**
 * Hands the lines of whole past days to the store's backfill. Bad lines are told as they are found, not at the end:
 * the engine's outcomes come only once every line was read, and by then their text would be gone.
 */
export async function backfillLines(
  store: Store,
  lines: AsyncIterable<readonly Line[]>,
  { table, dryRun }: { readonly table: StoreTable; readonly dryRun?: boolean | undefined },
  { work, tally, sinks }: BackfillContext,
): Promise<void> {
  const zone = new MarketZone((await store.reader.info()).marketZone)
  const check = checker(table, zone, work.source)
  const today = utcDayOf(Date.now())
  const lineOf: number[] = []
  /** Of bars that are too young for a backfill: the engine's clock decides, and a day's worth is little. */
  const young = new Map<number, string>()

  async function* documents(): AsyncGenerator<unknown> {
    for await (const batch of lines) {
      refuseWhenAborted(work.signal)
      const rejected: RejectedText[] = []
      for (const { line, text, document, fault } of batch) {
        tally.lastLine = line
        const checked = fault === null ? check(document) : { rejection: fault }
        if ('rejection' in checked) {
          rejected.push({ line, text, field: checked.rejection.field, reason: checked.rejection.reason })
          continue
        }
        if (checked.row >= today) young.set(lineOf.length, text)
        lineOf.push(line)
        yield document
      }
      await tally.reject(rejected, sinks)
    }
    refuseWhenAborted(work.signal)
  }

  const options = { ...work, dryRun: dryRun === true }
  const { outcomes, days } = isDaily(table)
    ? await store.writer.backfillLedger(table, documents(), options)
    : await store.writer.backfillCandles(documents(), options)
  const refused: RejectedText[] = []
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.outcome !== 'rejected') tally.count(outcome.outcome)
    else {
      const { field, reason } = outcome
      refused.push({ line: lineOf[index] ?? 0, field, reason, text: young.get(index) ?? '' })
    }
  }
  await tally.reject(refused, sinks)
  tally.days = days
}

function isDaily(table: StoreTable): table is DailyTable {
  return DAILY_TABLES.some((each) => each === table)
}

/** Says which UTC day a document is of: of a document with several rows all are of one. */
function checker(
  table: StoreTable,
  zone: MarketZone,
  source: string | undefined,
): (document: unknown) => Checked<string> {
  if (!isDaily(table)) {
    const validator = candleValidator(zone)
    return (document) => {
      const checked = validator.check(document)
      return 'rejection' in checked ? checked : { row: utcDayOf(checked.row.ts) }
    }
  }
  const documents = ledgerDocuments(table, zone, source)
  return (document) => {
    const checked = documents.check(document)
    if ('rejection' in checked) return checked
    return { row: String(checked.row[0]?.timestamp_utc).slice(0, 10) }
  }
}

/** An input that was cut short must not replace a day with the half of it. */
function refuseWhenAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) {
    throw new BarkeepError('CANCELLED', 'The backfill was cancelled while it was read; no day was replaced.')
  }
}
