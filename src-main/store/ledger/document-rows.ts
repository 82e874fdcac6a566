import type { MarketZone } from '../../../schemas/contract/market-time.ts'
import type {
  AuditDocument,
  DecisionLogLine,
  PolicyDocument,
  StatsDocument,
} from '../../../schemas/generated/documents.ts'
import type { AuditRow, DecisionRow, PolicyRow, StatRow } from '../../../schemas/generated/rows.ts'
import { canonicalJson, sha256 } from '../layout/digest.ts'
import type { Checked, Rejection } from '../write/validate.ts'
import { utcText } from './document-times.ts'

/** What a document is turned into rows with, besides itself. */
export interface RowContext {
  readonly zone: MarketZone
  /** `timestamp_utc` in its stored form. */
  readonly time: string
  /** Stem of the file, when there is one. */
  readonly source: string | undefined
}

/** SPEC V15 */
export function decisionRow(line: DecisionLogLine, { time }: RowContext): DecisionRow {
  const { outcome, provenance } = line
  return {
    run_id: line.run_id,
    decision_id: line.decision_id,
    timestamp_utc: time,
    symbol: line.symbol,
    timeframe: line.timeframe,
    session_regime: line.session_regime,
    macro_regimes: line.macro_regimes,
    key_features: line.feature_vector,
    evaluation_score: line.evaluation_score,
    action: line.action,
    outcome_pnl: outcome?.pnl ?? null,
    outcome_hit: outcome?.hit ?? null,
    outcome_max_drawdown: outcome?.max_drawdown ?? null,
    outcome_holding_period_bars: outcome?.holding_period_bars ?? null,
    policy_version: provenance.policy_version,
    engine_version: provenance.engine_version,
    provenance: { ...provenance },
    position_size: line.position_size ?? null,
    effective_weights: line.effective_weights,
    policy_components: line.policy_components,
  }
}

const AUDIT_METADATA = [
  'version',
  'experiment_id',
  'registry_version',
  'summary',
  'snapshot',
  'params',
] as const
const ISSUE_METADATA = ['message', 'path', 'allowed', 'expected_dtype', 'observed_dtype', 'stats'] as const

/** One row an issue; one without feature for a clean audit (SPEC V16). */
export function auditRows(document: AuditDocument, { time, source }: RowContext): readonly AuditRow[] {
  const auditId = document.audit_id ?? source ?? sha256(canonicalJson(document)).slice(0, 32)
  const ofDocument = AUDIT_METADATA.flatMap((name) => given(name, document[name]))
  const row = (nth: number, issue: AuditDocument['issues'][number] | null): AuditRow => {
    const value = issue?.value ?? null
    const isScalar = value === null || typeof value !== 'object'
    const metadata = [
      ...ofDocument,
      ...(issue === null ? [] : ISSUE_METADATA.flatMap((name) => given(name, issue[name]))),
      ...(isScalar ? [] : given('value', value)),
    ]
    return {
      run_id: document.run_id ?? auditId,
      audit_id: `${auditId}#${nth}`,
      timestamp_utc: time,
      feature_name: issue?.feature ?? null,
      raw_value: isScalar ? (value as AuditRow['raw_value']) : null,
      normalized_value: null,
      session_regime: document.session_regime ?? null,
      macro_regimes: document.macro_regimes ?? [],
      issues: issue === null ? [] : [issue.issue],
      policy_version: document.policy_version ?? null,
      engine_version: document.engine_version ?? null,
      metadata: mapOrNull(metadata),
    }
  }
  return document.issues.length === 0
    ? [row(1, null)]
    : document.issues.map((issue, index) => row(index + 1, issue))
}

/** One row a feature and regime, and one without regime for features of the other two forms (SPEC V17). */
export function statRows(document: StatsDocument, { zone, time }: RowContext): Checked<readonly StatRow[]> {
  const { feature_importance: importance, feature_stability: stability } = document
  const own = document.metadata ?? null
  if (importance !== undefined && own !== null && Object.hasOwn(own, 'feature_importance')) {
    return refused(
      'metadata',
      'metadata.feature_importance would hide the feature_importance of the document',
    )
  }
  const common = { run_id: document.run_id, timestamp_utc: time }
  const rows: StatRow[] = []
  for (const [feature, regimes] of Object.entries(document.feature_performance_by_regime ?? {})) {
    for (const [regime, figures] of Object.entries(regimes)) {
      const way = ['feature_performance_by_regime', feature, regime]
      const { window_start = null, window_end = null } = figures
      const from = window_start === null ? null : utcText(window_start, [...way, 'window_start'], zone)
      if (from !== null && 'rejection' in from) return from
      const to = window_end === null ? null : utcText(window_end, [...way, 'window_end'], zone, 'end')
      if (to !== null && 'rejection' in to) return to
      rows.push({
        ...common,
        regime,
        feature_name: feature,
        sharpe: figures.sharpe ?? null,
        hit_rate: figures.hit_rate ?? null,
        variance: figures.variance ?? null,
        stability: figures.stability ?? null,
        window_start: from?.text ?? null,
        window_end: to?.text ?? null,
        metadata: own,
      })
    }
  }
  const features = new Set([...Object.keys(importance ?? {}), ...Object.keys(stability ?? {})])
  for (const feature of [...features].sort()) {
    const weight = numberOf(importance, feature)
    const entries = own === null ? [] : Object.entries(own)
    rows.push({
      ...common,
      regime: null,
      feature_name: feature,
      sharpe: null,
      hit_rate: null,
      variance: null,
      stability: numberOf(stability, feature),
      window_start: null,
      window_end: null,
      metadata: weight === null ? own : Object.fromEntries([...entries, ['feature_importance', weight]]),
    })
  }
  if (rows.length > 0) return { row: rows }
  return refused('feature_performance_by_regime', 'feature_performance_by_regime is missing')
}

/** SPEC V18 */
export function policyRow(document: PolicyDocument, { time }: RowContext): PolicyRow {
  return {
    policy_version: document.version,
    timestamp_utc: time,
    base_weights: document.base_weights,
    trust: document.trust,
    regime_multipliers: document.regime_multipliers,
    metadata: mapOrNull([
      ...given('source', document.source),
      ...given('notes', document.notes),
      ...given('engine_version', document.engine_version),
    ]),
  }
}

/** Absent and null are one: a bot that gives null for what it doesn't know says nothing by it. */
function given(name: string, value: unknown): readonly [string, unknown][] {
  return value === undefined || value === null ? [] : [[name, value]]
}

function mapOrNull(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> | null {
  return entries.length === 0 ? null : Object.fromEntries(entries)
}

/** Own names alone: a feature may be called like something that every object has. */
function numberOf(numbers: Readonly<Record<string, number>> | undefined, name: string): number | null {
  return numbers !== undefined && Object.hasOwn(numbers, name) ? (numbers[name] ?? null) : null
}

function refused(field: string, reason: string): { readonly rejection: Rejection } {
  return { rejection: { field, reason } }
}
