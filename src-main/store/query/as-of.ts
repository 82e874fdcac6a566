import { identifier } from '../read/duckdb.ts'
import type { Wanted } from './file-relation.ts'

/** Columns of a decision that are learned after it. */
const LEARNED = ['outcome_pnl', 'outcome_hit', 'outcome_max_drawdown', 'outcome_holding_period_bars'] as const

/**
 * When a decision's outcome was known, ms UTC as DOUBLE: its time plus the holding period (SPEC Q4). Null while the
 * holding period is unknown, or the timeframe is none of the chart's. Over canonical columns. The same in TypeScript is
 * `outcomeKnownAt` of outcome-time.ts.
 */
const OUTCOME_KNOWN_AT = (() => {
  const pattern = `'^(?:([mhd])([1-9][0-9]{0,3})|([1-9][0-9]{0,3})([mhd]))$'`
  const part = (group: number): string => `regexp_extract(lower(timeframe), ${pattern}, ${group})`
  const count = `TRY_CAST(${part(2)} || ${part(3)} AS DOUBLE)`
  const unit = `CASE ${part(1)} || ${part(4)} WHEN 'm' THEN 60000 WHEN 'h' THEN 3600000 WHEN 'd' THEN 86400000 END`
  // The clock's reading without its offset, which is always that of UTC here.
  const decided = 'epoch_ms(TRY_CAST(substr(timestamp_utc, 1, 23) AS TIMESTAMP))'
  return `(${decided} + CAST(outcome_holding_period_bars AS DOUBLE) * ${count} * ${unit})`
})()

/** Whether any of the columns is learned later, and which others tell when. */
export function withTimesOfOutcomes(wanted: Wanted): Wanted {
  if (!LEARNED.some((name) => wanted.has(name))) return wanted
  return new Set([...wanted, 'timestamp_utc', 'timeframe', 'outcome_holding_period_bars'])
}

/** A relation of decisions in which outcomes that were not known at an instant are null. */
export function asOfRelation(relation: string, asOf: number, wanted: Wanted | undefined): string {
  const masked = LEARNED.filter((name) => wanted?.has(name) ?? true)
    .map(identifier)
    .map((name) => `CASE WHEN ${OUTCOME_KNOWN_AT} <= ${asOf} THEN ${name} END AS ${name}`)
  return masked.length === 0 ? relation : `SELECT * REPLACE (${masked.join(', ')}) FROM (${relation})`
}
