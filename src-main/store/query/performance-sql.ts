import type { DuckDBValue } from '@duckdb/node-api'
import type { Performance } from '../../../schemas/contract/ledger.ts'
import { identifier } from '../read/duckdb.ts'
import { HIT } from './ledger-filter.ts'

/** What `performanceSql` needs of a relation, besides its keys. */
export const PERFORMANCE_COLUMNS = [
  'timestamp_utc',
  'run_id',
  'decision_id',
  'outcome_pnl',
  'outcome_hit',
] as const

/**
 * SQL that works out the performance of each group of a relation of decisions (`LedgerScan.sql`, or one made of it): a
 * row a group, with the keys and the columns that `performanceFrom` takes. Formulas: `Performance` in contract/ledger.ts.
 * @param relation a SELECT; needs PERFORMANCE_COLUMNS and the keys
 * @param keys names of columns; without any the one row is over everything, also over nothing
 */
export function performanceSql(relation: string, keys: readonly string[] = []): string {
  const names = keys.map(identifier)
  const by = names.length === 0 ? '' : `PARTITION BY ${names.join(', ')}`
  const listed = names.map((name) => `${name}, `).join('')
  // Time order, ties by key; a decision without PnL leaves the sum where it is.
  return `WITH rows AS (
      SELECT ${listed}outcome_pnl AS pnl, ${HIT} AS hit, timestamp_utc, run_id, decision_id FROM (${relation})),
    sums AS (
      SELECT *, sum(pnl) OVER (${by} ORDER BY timestamp_utc, run_id, decision_id ROWS UNBOUNDED PRECEDING) AS equity FROM rows),
    peaks AS (
      SELECT *, greatest(0, max(equity) OVER (${by} ORDER BY timestamp_utc, run_id, decision_id ROWS UNBOUNDED PRECEDING)) - equity
        AS fall FROM sums)
    SELECT ${listed}count(*) AS __count, count(pnl) AS __decided, fsum(pnl) AS __sum, favg(pnl) AS __mean,
      stddev_pop(pnl) AS __deviation, count(hit) AS __judged, count(*) FILTER (WHERE hit) AS __hits, max(fall) AS __drawdown
    FROM peaks ${names.length === 0 ? '' : `GROUP BY ${names.join(', ')}`}`
}

/** The performance that a row of `performanceSql` holds. */
export function performanceFrom(row: Readonly<Record<string, DuckDBValue>>): Performance {
  const number = (name: string): number | null => {
    const value = row[name] ?? null
    return value === null ? null : Number(value)
  }
  const decided = number('__decided') ?? 0
  const judged = number('__judged') ?? 0
  const hits = number('__hits') ?? 0
  const pnlMean = decided === 0 ? null : number('__mean')
  const pnlDeviation = decided === 0 ? null : number('__deviation')
  const interval = wilson(hits, judged)
  return {
    count: number('__count') ?? 0,
    decided,
    pnlSum: decided === 0 ? null : number('__sum'),
    pnlMean,
    pnlDeviation,
    sharpe: pnlMean === null || pnlDeviation === null || pnlDeviation === 0 ? null : pnlMean / pnlDeviation,
    judged,
    hits,
    hitRate: judged === 0 ? null : hits / judged,
    hitLow: interval?.low ?? null,
    hitHigh: interval?.high ?? null,
    maxDrawdown: decided === 0 ? null : number('__drawdown'),
  }
}

/** Of the standard normal distribution: 95% lie within. */
const Z = 1.959963984540054

/** Wilson score interval, 95%; null without trials. */
export function wilson(hits: number, trials: number): { readonly low: number; readonly high: number } | null {
  if (trials === 0) return null
  const rate = hits / trials
  const spread = Z * Math.sqrt((rate * (1 - rate)) / trials + (Z * Z) / (4 * trials * trials))
  const centre = rate + (Z * Z) / (2 * trials)
  const scale = 1 + (Z * Z) / trials
  return { low: Math.max(0, (centre - spread) / scale), high: Math.min(1, (centre + spread) / scale) }
}
