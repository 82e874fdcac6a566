import type { LedgerFilter } from '../generated/requests.ts'
import type { AuditRow, DecisionRow, PolicyRow, StatRow } from '../generated/rows.ts'
import type { LedgerTable } from '../tables/index.ts'
import type { CandleColumns, Problem, ViewportObject } from './viewport.ts'

/** The row type of each table of the ledger. */
export interface LedgerRows {
  readonly decisions: DecisionRow
  readonly audits: AuditRow
  readonly stats: StatRow
  readonly policies: PolicyRow
}

/**
 * A row as it was read. One that breaks its schema is shown all the same (store.md §2): columns may then be null that
 * can't be otherwise.
 */
export interface LedgerEntry<Row = Readonly<Record<string, unknown>>> {
  readonly row: Row
  /** Where it stands, relative to the store. */
  readonly file: string
  /** Its place in the file, from 0. */
  readonly place: number
  /** What of the schema it breaks, `field: reason`; null for a sound row. */
  readonly breach: string | null
}

/** Rows of one question, from `offset` on. */
export interface LedgerPage {
  readonly table: LedgerTable
  /** All rows that meet the filter. */
  readonly total: number
  readonly offset: number
  readonly entries: readonly LedgerEntry[]
  /** Files left out, each named once; rows that break their schema counted by file. */
  readonly problems: readonly Problem[]
}

/** How decisions ended. Figures are null where nothing was decided yet; every mean stands beside its count. */
export interface Performance {
  /** All decisions of the group. */
  readonly count: number
  /** Those with a PnL: what sums, means and Sharpe are over. */
  readonly decided: number
  readonly pnlSum: number | null
  readonly pnlMean: number | null
  /** Population standard deviation. */
  readonly pnlDeviation: number | null
  /** pnlMean / pnlDeviation; null where that is 0. Per decision, not annualised. */
  readonly sharpe: number | null
  /** Decisions of which hit or miss is known: outcome_hit, else PnL > 0. */
  readonly judged: number
  readonly hits: number
  readonly hitRate: number | null
  /** Wilson score interval of the hit rate, 95%. */
  readonly hitLow: number | null
  readonly hitHigh: number | null
  /** Largest fall of the PnL summed up in time order from its highest point before, 0 at the start; ≥ 0. */
  readonly maxDrawdown: number | null
}

export type PerformanceDimension =
  | 'session_regime'
  | 'macro_regime'
  | 'policy_version'
  | 'symbol'
  | 'timeframe'
  | 'action'

export interface PerformanceGroup extends Performance {
  /** In the order of `groupBy`; null for a decision without any macro regime. */
  readonly keys: readonly (string | null)[]
  /** Its first and last decision, ms UTC. */
  readonly from: number | null
  readonly to: number | null
  /** The filter that shows exactly the rows this group was made of. */
  readonly filter: LedgerFilter
}

export interface PerformanceReport {
  readonly groupBy: readonly PerformanceDimension[]
  /** Of all rows, each once: groups by macro regime overlap, for a decision may have several. */
  readonly total: Performance
  /** Largest first. */
  readonly groups: readonly PerformanceGroup[]
  readonly problems: readonly Problem[]
}

/** One feature in one regime (null: over all) over time, from the stats table. Columns of equal length, by time. */
export interface StabilitySeries {
  readonly feature: string
  readonly regime: string | null
  readonly ts: readonly number[]
  readonly stability: readonly (number | null)[]
  readonly sharpe: readonly (number | null)[]
  readonly hitRate: readonly (number | null)[]
  readonly variance: readonly (number | null)[]
  readonly runIds: readonly string[]
}

export interface StabilityReport {
  readonly series: readonly StabilitySeries[]
  readonly problems: readonly Problem[]
}

export interface HitDay extends Performance {
  /** Trading date of the market zone. */
  readonly day: string
}

export interface HitCalendar {
  readonly days: readonly HitDay[]
  readonly problems: readonly Problem[]
}

/** Audits by trading date: issues by type, and clean audits. */
export interface AuditDay {
  readonly day: string
  readonly issues: Readonly<Record<string, number>>
  readonly clean: number
}

export interface AuditTimeline {
  readonly days: readonly AuditDay[]
  /** By run, newest first: how many audits, issues by type. */
  readonly runs: readonly {
    readonly runId: string
    readonly from: number
    readonly to: number
    readonly audits: number
    readonly clean: number
    readonly issues: Readonly<Record<string, number>>
  }[]
  /** By feature: issues by type, most first. */
  readonly features: readonly {
    readonly feature: string
    readonly issues: Readonly<Record<string, number>>
  }[]
  readonly problems: readonly Problem[]
}

export interface FacetValue {
  readonly value: string
  readonly count: number
}

/** What filters can be set to: each column's values with their counts, most first, 1,000 at most. */
export interface LedgerFacets {
  readonly columns: Readonly<Record<string, readonly FacetValue[]>>
  /** Names in key_features, for numeric conditions; of decisions alone. */
  readonly features: readonly FacetValue[]
  /** First and last time, ms UTC; null without rows. */
  readonly from: number | null
  readonly to: number | null
  readonly problems: readonly Problem[]
}

/** Whether a file's bytes are those that were recorded. */
export type ChecksumVerdict = 'verified' | 'foreign' | 'unrecorded' | 'damaged'

/** All that is known around one decision, as of its moment unless said otherwise. */
export interface DecisionDetail {
  readonly entry: LedgerEntry<DecisionRow>
  /** ms UTC. */
  readonly ts: number
  /** The chart's timeframe that the row's joins to, `5m` of `M5`; null where it is none. */
  readonly timeframe: string | null
  /** Decision plus holding period, ms UTC; null while the outcome is open or its holding period unknown. */
  readonly outcomeKnownAt: number | null
  readonly origin: {
    readonly file: string
    readonly rowGroup: number | null
    readonly checksum: ChecksumVerdict
    readonly sha256: string | null
  }
  /** The policy of the row's own version; null when policies don't hold it. */
  readonly policy: PolicyRow | null
  /** Objects standing at that moment. */
  readonly objects: readonly ViewportObject[]
  /** Bars around it; none that closed after asOf. */
  readonly candles: CandleColumns
  /** Open of the bar that contains the decision; null where no bar does. */
  readonly barTs: number | null
  /** The run's audits, newest first, 200 at most, known by then where asOf is given. */
  readonly audits: readonly AuditRow[]
  readonly auditsTotal: number
  readonly problems: readonly Problem[]
}

/** A decision as a mark on the chart. */
export interface DecisionMarker {
  readonly runId: string
  readonly decisionId: string
  readonly ts: number
  readonly symbol: string
  readonly timeframe: string
  readonly action: string
  readonly score: number | null
  readonly policyVersion: string
  /** Null while it isn't known. */
  readonly hit: boolean | null
  readonly pnl: number | null
}

export interface DecisionMarkers {
  readonly markers: readonly DecisionMarker[]
  /** All in the window; more than `markers` where the limit cut them. */
  readonly total: number
  readonly problems: readonly Problem[]
}

/** What splitting decisions by a column would come to, by what is stored now. */
export interface PartitionPlan {
  readonly column: 'symbol' | 'session_regime' | 'timeframe' | null
  /** What days to come are split by before this plan is applied. */
  readonly current?: 'symbol' | 'session_regime' | 'timeframe' | null | undefined
  /** Distinct values of the column. */
  readonly values: number
  /** Files that the busiest month stored would have, and has. */
  readonly filesAMonth: number
  readonly filesAMonthNow: number
  readonly limit: number
  /** Why it is refused; null when it isn't. */
  readonly refused: string | null
  /** Whether the setting was written. */
  readonly applied: boolean
}

/** Whether a decision was right: its outcome_hit, else PnL > 0 (store.md §2); null while neither is known. */
export function isHit(row: Partial<Pick<DecisionRow, 'outcome_hit' | 'outcome_pnl'>>): boolean | null {
  const { outcome_hit: hit = null, outcome_pnl: pnl = null } = row
  if (typeof hit === 'boolean') return hit
  return typeof pnl === 'number' ? pnl > 0 : null
}
