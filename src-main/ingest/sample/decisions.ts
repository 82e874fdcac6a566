import type { DecisionLogLine } from '../../../schemas/generated/documents.ts'
import { FEATURE_SIGNALS, type FeatureSession, type Features, featureRows, signalOf } from './features.ts'
import { outcomeOf, type SampleOutcome } from './outcomes.ts'
import { effectiveWeights, policyOn, type SamplePolicy } from './policies.ts'
import { type DaySummary, macroRegimes, sessionRegime } from './regimes.ts'

/** A series that the sample's bot decides on. */
export interface DecidedSeries {
  readonly symbol: string
  readonly minutes: number
  /** Bars that a position is held at most. */
  readonly hold: number
  /** Only decisions to act are logged. */
  readonly actsOnly: boolean
  /** In order; those before `since` only warm the features up. */
  readonly sessions: readonly FeatureSession[]
  readonly since: number
  /** Index in the ledger's days of the first session decided on. */
  readonly firstDay: number
}

/** What the bot knows that is the same for all its series. */
export interface BotSetting {
  readonly policies: readonly SamplePolicy[]
  /** Engine in force, by the ledger's day. */
  readonly engineOn: (day: number) => string
  /** Outcomes that were known by then are told, later ones are open. */
  readonly toldUntil: number
}

/** A decision with what its stats are made of. */
export interface SampleDecision {
  readonly line: DecisionLogLine
  readonly day: number
  readonly ts: number
  readonly features: Features
  readonly direction: 1 | -1 | 0
  readonly outcome: SampleOutcome | null
  /** ms UTC; null without position. */
  readonly knownAt: number | null
}

const RISK = 250

/**
 * Decisions at the close of each bar but a session's last (when no next bar is left to enter at): features of bars that
 * had closed, the score by the policy in force, and the outcome that the bars after it had.
 */
export function sampleDecisions(series: DecidedSeries, bot: BotSetting): readonly SampleDecision[] {
  const rows = featureRows(series.sessions, series.minutes)
  const before: DaySummary[] = []
  const decisions: SampleDecision[] = []
  for (const [index, session] of series.sessions.entries()) {
    const open = session.bars[0]?.open ?? 0
    const macro = macroRegimes(before, open)
    const day = series.firstDay + index - series.since
    if (index >= series.since) {
      for (const [at, features] of (rows[index] ?? []).slice(0, -1).entries()) {
        const decision = decide(series, session, at, { features, macro, day, bot })
        if (decision !== null) decisions.push(decision)
      }
    }
    before.push({
      open,
      high: Math.max(...session.bars.map(({ high }) => high)),
      low: Math.min(...session.bars.map(({ low }) => low)),
      close: session.bars.at(-1)?.close ?? open,
    })
  }
  return decisions
}

interface Moment {
  readonly features: Features
  readonly macro: readonly string[]
  readonly day: number
  readonly bot: BotSetting
}

function decide(
  { symbol, minutes, hold, actsOnly }: DecidedSeries,
  session: FeatureSession,
  at: number,
  { features, macro, day, bot }: Moment,
): SampleDecision | null {
  const length = minutes * 60_000
  const bar = session.bars[at]
  const range = features.atr_14
  if (bar === undefined || typeof range !== 'number') return null
  const ts = bar.ts + length
  const regime = sessionRegime(ts)
  const { document: policy, threshold } = policyOn(bot.policies, day)
  const weights = effectiveWeights(policy, regime)
  const score = scoreOf(weights, features)
  const direction = score > threshold ? 1 : score < -threshold ? -1 : 0
  if (actsOnly && direction === 0) return null
  const stop = Math.round(150 * range) / 100
  const shares =
    direction === 0 ? 0 : Math.max(1, Math.round((RISK * Math.min(1, 0.4 + Math.abs(score))) / stop))
  const position = {
    direction: direction === -1 ? -1 : 1,
    shares,
    stop,
    target: Math.round(225 * range) / 100,
  } as const
  const ended = direction === 0 ? null : outcomeOf(position, session.bars.slice(at + 1, at + 1 + hold))
  const knownAt = ended === null ? null : ts + ended.holding_period_bars * length
  const outcome = knownAt !== null && knownAt <= bot.toldUntil ? ended : null
  const { base_weights, trust, regime_multipliers } = policy
  const line: DecisionLogLine = {
    run_id: runOf(session.date),
    decision_id: `${symbol}-${minutes}m-${new Date(ts).toISOString().slice(0, 16).replaceAll(/[-:]/g, '')}`,
    timestamp_utc: new Date(ts).toISOString(),
    symbol,
    timeframe: `${minutes}m`,
    session_regime: regime,
    macro_regimes: [...macro],
    feature_vector: { ...features },
    effective_weights: weights,
    policy_components: { base_weights, trust, regime_multipliers: regime_multipliers[regime] ?? {} },
    evaluation_score: score,
    action: direction === 1 ? 'LONG' : direction === -1 ? 'SHORT' : 'HOLD',
    provenance: {
      policy_version: policy.version,
      engine_version: bot.engineOn(day),
      feature_spec_version: '7',
      feature_audit_version: '3',
    },
    position_size: shares,
    outcome: outcome === null ? null : { ...outcome },
  }
  return { line, day, ts, features, direction, outcome, knownAt }
}

/** Weighted mean of what the features say, from −1 to 1. */
export function scoreOf(weights: Readonly<Record<string, number>>, features: Features): number {
  let sum = 0
  let total = 0
  for (const name of FEATURE_SIGNALS) {
    const weight = weights[name] ?? 0
    sum += weight * signalOf(name, features)
    total += Math.abs(weight)
  }
  return total === 0 ? 0 : Math.round((sum / total) * 1e6) / 1e6 + 0
}

/** One run of the bot a day. */
export function runOf(date: string): string {
  return `run-${date.replaceAll('-', '')}`
}
