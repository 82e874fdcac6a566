import type { StoreTable } from '../../schemas/tables/index.ts'
import type { TableGuess } from '../state/table-guess.ts'
import { TABLE_NAMES } from '../state/table-names.ts'

/** What one line of a file for each table holds. */
export const LINE_TEXTS: Readonly<Record<StoreTable, string>> = {
  candles: 'One bar a line: symbol, timeframe, timestamp (or ts), open, high, low, close, volume.',
  object_events:
    'One event of a zone, level, marker or flag a line: action, object_id, type, ts and what changed.',
  decisions:
    'One decision a line, as the bot logs it: run_id, decision_id, timestamp_utc, feature_vector, action, provenance and, once known, its outcome.',
  audits:
    'One audit document a line; each of its issues becomes a row, a clean document one row without a feature.',
  stats:
    'One stats document a line: run_id, timestamp_utc and figures by feature and regime; each becomes a row.',
  policies: 'One policy version a line: version, base_weights, trust, regime_multipliers.',
}

/** What a backfill of a table replaces. */
export const BACKFILL_HINT =
  'Replaces the whole past days that the file holds. You see which rows would come, change and go before anything is written, and the files that stood there are kept for a while.'

/** What it means that a row was there before with other values. */
const CONFLICT_TEXTS: Readonly<Record<StoreTable, string>> = {
  candles:
    'already there with other values; of a day that isn’t compacted the newer were taken, else they were rejected',
  object_events: 'already there with other values; the newer were taken',
  decisions: 'already there with other values; the first stays. A correction is a backfill of the day',
  audits: 'already there with other values; the first stays. A correction is a backfill of the day',
  stats: 'already there with other values; the first stays. A correction is a backfill of the day',
  policies: 'this version is there with other content, which is final. A change is a new version',
}

export type ReceiptCount = 'accepted' | 'duplicates' | 'conflicts' | 'completed'

/** What a count of a receipt means, in words. */
export function countText(count: ReceiptCount, table: StoreTable, { dryRun, backfill }: Ways): string {
  switch (count) {
    case 'accepted':
      return dryRun ? 'would be stored' : 'stored'
    case 'duplicates':
      return 'already there with these values'
    case 'conflicts':
      if (!backfill) return CONFLICT_TEXTS[table]
      return `given twice in the file with other values; the ${table === 'candles' ? 'last' : 'first'} counts`
    case 'completed':
      return dryRun
        ? 'decisions would get the outcome that was open'
        : 'decisions got the outcome that was open'
  }
}

interface Ways {
  readonly dryRun: boolean
  readonly backfill: boolean
}

/** Why the table beside a dropped file's name was chosen for it. */
export function guessText(guess: TableGuess | null): string {
  if (guess === null) return 'Neither its name nor its first line says what it holds: choose below.'
  const name = TABLE_NAMES[guess.table].toLowerCase()
  return guess.by === 'first line'
    ? `Its first line has the fields of ${name}.`
    : `Its name says ${name}; its first line doesn’t tell.`
}
