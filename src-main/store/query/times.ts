import { BarkeepError } from '../../../schemas/contract/errors.ts'
import { formatUtcIso, type MarketZone, parseInstant } from '../../../schemas/contract/market-time.ts'
import { literal } from '../read/duckdb.ts'
import { utcText } from './drift.ts'

/** How a text column of times of one file is written. */
export interface TimeText {
  /**
   * `fixed`: all in the table's own form, compared as it stands, so that Parquet's statistics prune. `utc`: all in UTC and
   * as good as that form, which takes no more than cutting. `other`: anything.
   */
  readonly written: 'fixed' | 'utc' | 'other'
  /** Texts without an offset, which need the market zone's rules, and what they are in the table's own form. */
  readonly others: ReadonlyMap<string, string>
}

const FIXED_FORM = "'^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}\\+00:00$'"
/** ISO 8601 with an offset: groups date, time, fraction, offset. */
const WITH_OFFSET =
  "'^(\\d{4}-\\d\\d-\\d\\d)[T ](\\d\\d:\\d\\d:\\d\\d)(?:[.,](\\d{1,9}))? ?(Z|z|[+-]\\d\\d(?::?\\d\\d)?)$'"

/** Whether text has the table's own form. */
export function isFixedForm(expression: string): string {
  return `regexp_full_match(${expression}, ${FIXED_FORM})`
}

/** Whether text tells a time of the calendar in UTC, as Python's `isoformat` writes it. */
export function isUtcForm(raw: string): string {
  return `(regexp_full_match(${raw}, '^\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d:\\d\\d(\\.\\d{3,9})?(Z|z|[+-]00(:?00)?)$')
    AND TRY_CAST(substr(${raw}, 1, 19) AS TIMESTAMP) IS NOT NULL AND ${raw} >= '1973-03-04')`
}

export function hasOffset(raw: string): string {
  return `regexp_full_match(${raw}, ${WITH_OFFSET})`
}

/** Text with an offset in the table's own form; null for one that no calendar or clock has. */
function offsetTimeExpression(raw: string): string {
  const part = (group: number): string => `regexp_extract(${raw}, ${WITH_OFFSET}, ${group})`
  const offset = `replace(regexp_replace(${part(4)}, '^[Zz]$', '+00'), ':', '')`
  const minutes = `(TRY_CAST(substr(${offset}, 2, 2) AS INTEGER) * 60 + coalesce(TRY_CAST(substr(${offset}, 4, 2) AS INTEGER), 0))`
  // The clock's reading is cast without its offset, which DuckDB would ignore.
  const wall = `epoch_ms(TRY_CAST(${part(1)} || ' ' || ${part(2)} AS TIMESTAMP))`
  const millis = `TRY_CAST(rpad(substr(${part(3)}, 1, 3), 3, '0') AS INTEGER)`
  return utcText(
    `(${wall} + ${millis} - (CASE WHEN ${offset}[1] = '-' THEN -1 ELSE 1 END) * ${minutes} * 60000)`,
  )
}

/** Text of times in the table's own form; null for what is no time. */
export function textTimeExpression(raw: string, { written, others }: TimeText): string {
  if (written === 'fixed') return raw
  if (written === 'utc')
    return `substr(${raw}, 1, 10) || 'T' || substr(${raw}, 12, 8) ||
      CASE WHEN substr(${raw}, 20, 1) = '.' THEN substr(${raw}, 20, 4) ELSE '.000' END || '+00:00'`
  const pairs = [...others].map(([text, utc]) => `WHEN ${literal(text)} THEN ${literal(utc)}`)
  const rest = pairs.length === 0 ? 'NULL' : `CASE ${raw} ${pairs.join(' ')} END`
  return `CASE WHEN ${isFixedForm(raw)} THEN ${raw} WHEN ${hasOffset(raw)} THEN ${offsetTimeExpression(raw)} ELSE ${rest} END`
}

/** What texts without an offset are; those that are no times are left out. */
export function resolveTimes(texts: readonly string[], zone: MarketZone): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const text of texts) {
    try {
      found.set(text, formatUtcIso(parseInstant(text, zone)))
    } catch (error) {
      // No time: the row's breach says so.
      if (!(error instanceof BarkeepError)) throw error
    }
  }
  return found
}
