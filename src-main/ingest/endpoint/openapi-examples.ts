import type { BatchName } from './batch.ts'

/** Documents as a bot sends them: shown in the OpenAPI document, and proven to be taken by a test. */
export const EXAMPLES: Readonly<Record<BatchName, readonly object[]>> = {
  candles: [
    {
      symbol: 'SPY',
      timeframe: '2m',
      timestamp: '2024-03-08T14:30:00Z',
      open: 512.08,
      high: 512.31,
      low: 511.97,
      close: 512.2,
      volume: 184200,
    },
    {
      symbol: 'SPY',
      timeframe: '2m',
      ts: 1709908320000,
      open: 512.2,
      high: 512.4,
      low: 512.11,
      close: 512.35,
      volume: 96100,
    },
  ],
  events: [
    {
      ts: 1709908440000,
      action: 'create',
      object_id: 'zone-1',
      type: 'zone',
      symbol: 'SPY',
      timeframe: '15m',
      left_ts: 1709908200000,
      top: 512.4,
      bottom: 511.9,
      reason: 'supply',
      payload: { side: 'supply' },
    },
  ],
  decisions: [
    {
      run_id: 'run-1',
      decision_id: 'd-1',
      timestamp_utc: '2024-03-08T14:32:00Z',
      symbol: 'SPY',
      timeframe: '2m',
      session_regime: 'LONDON_NY_OVERLAP',
      macro_regimes: ['risk_on'],
      feature_vector: { rsi_14: 61.5, above_ema_48: true },
      effective_weights: { rsi_14: 0.4, above_ema_48: 0.6 },
      policy_components: {
        base_weights: { rsi_14: 0.4, above_ema_48: 0.6 },
        trust: { rsi_14: 1, above_ema_48: 1 },
        regime_multipliers: {},
      },
      evaluation_score: 0.72,
      action: 'BUY',
      provenance: { policy_version: 'p-1', engine_version: '1.0.0' },
      outcome: null,
    },
  ],
  audits: [
    {
      run_id: 'run-1',
      audit_id: 'a-1',
      timestamp_utc: '2024-03-08T14:32:00Z',
      issues: [{ feature: 'rsi_14', issue: 'constraint_violation', value: 101.2, message: 'above 100' }],
    },
  ],
  stats: [
    {
      run_id: 'run-1',
      timestamp_utc: '2024-03-08T21:00:00Z',
      feature_performance_by_regime: {
        rsi_14: { NY: { sharpe: 0.8, hit_rate: 0.56, variance: 0.02, stability: 0.9 } },
      },
    },
  ],
  policies: [
    {
      version: 'p-1',
      timestamp_utc: '2024-03-01T00:00:00Z',
      base_weights: { rsi_14: 0.4, above_ema_48: 0.6 },
      trust: { rsi_14: 1, above_ema_48: 1 },
      regime_multipliers: { NY: { rsi_14: 1.1 } },
      notes: 'first',
    },
  ],
}
