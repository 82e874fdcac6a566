import { formatUtcIso } from '../../schemas/contract/market-time.ts'
import type { AuditRow, DecisionRow, PolicyRow, StatRow } from '../../schemas/generated/rows.ts'

/** A sound decision; what isn't given is plain. */
export function decision(given: Partial<DecisionRow> & { readonly ts?: number } = {}): DecisionRow {
  const { ts = Date.parse('2024-03-08T14:30:00Z'), ...columns } = given
  return {
    run_id: 'run-1',
    decision_id: 'd1',
    timestamp_utc: formatUtcIso(ts),
    symbol: 'SPY',
    timeframe: '5m',
    session_regime: 'LONDON_NY_OVERLAP',
    macro_regimes: ['risk_on'],
    key_features: { rsi_14: 71.5, note: 'wide' },
    evaluation_score: 0.25,
    action: 'long',
    outcome_pnl: null,
    outcome_hit: null,
    outcome_max_drawdown: null,
    outcome_holding_period_bars: null,
    policy_version: 'v1',
    engine_version: 'e1',
    provenance: null,
    position_size: null,
    effective_weights: null,
    policy_components: null,
    ...columns,
  }
}

/** So many decisions from an instant on, a minute apart unless told, with ids of their place. */
export function decisions(count: number, ts: number, step = 60_000): DecisionRow[] {
  return Array.from({ length: count }, (_, index) =>
    decision({ ts: ts + index * step, decision_id: `d${ts + index * step}`, evaluation_score: index / 8 }),
  )
}

export function audit(given: Partial<AuditRow> & { readonly ts?: number } = {}): AuditRow {
  const { ts = Date.parse('2024-03-08T14:30:00Z'), ...columns } = given
  return {
    run_id: 'run-1',
    audit_id: 'a1#0',
    timestamp_utc: formatUtcIso(ts),
    feature_name: null,
    raw_value: null,
    normalized_value: null,
    session_regime: null,
    macro_regimes: [],
    issues: [],
    policy_version: null,
    engine_version: null,
    metadata: null,
    ...columns,
  }
}

export function stat(given: Partial<StatRow> & { readonly ts?: number } = {}): StatRow {
  const { ts = Date.parse('2024-03-08T14:30:00Z'), ...columns } = given
  return {
    run_id: 'run-1',
    timestamp_utc: formatUtcIso(ts),
    regime: null,
    feature_name: 'rsi_14',
    sharpe: null,
    hit_rate: null,
    variance: null,
    stability: 0.5,
    window_start: null,
    window_end: null,
    metadata: null,
    ...columns,
  }
}

export function policy(given: Partial<PolicyRow> & { readonly ts?: number } = {}): PolicyRow {
  const { ts = Date.parse('2024-03-01T00:00:00Z'), ...columns } = given
  return {
    policy_version: 'v1',
    timestamp_utc: formatUtcIso(ts),
    base_weights: { rsi_14: 0.5 },
    trust: { rsi_14: 1 },
    regime_multipliers: { NY: { rsi_14: 1.25 } },
    metadata: null,
    ...columns,
  }
}
