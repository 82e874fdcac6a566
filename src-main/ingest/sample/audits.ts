import type { AuditRow } from '../../../schemas/generated/rows.ts'
import { runOf, type SampleDecision } from './decisions.ts'
import { FEATURE_SIGNALS, type FeatureValue, signalOf } from './features.ts'
import { SeededRandom } from './random.ts'

type Issue = 'missing_alias' | 'constraint_violation' | 'type_mismatch' | 'missing_value'

interface Found {
  readonly feature: string
  readonly issue: Issue
  readonly raw: FeatureValue
  readonly normalized: FeatureValue
  readonly details: Readonly<Record<string, unknown>>
}

/** What a feature may be, by its specification. */
const BOUNDS: Readonly<Record<string, readonly [number, number]>> = {
  rsi_14: [0, 100],
  range_position_20: [0, 1],
  body_ratio: [-1, 1],
  volume_ratio_20: [0, 12],
  ema_13_distance: [-2.5, 2.5],
  vwap_distance: [-5, 5],
  zone_distance: [-6, 6],
  return_4: [-1, 1],
}
const CHECKED = Object.keys(BOUNDS)

/**
 * An audit of the features before each third decision or so of a day's run, most of them clean. What it finds is in the
 * features themselves (unknown yet, out of bounds) or was done to them on their way (text for a number, an old name),
 * more often by the older engine.
 */
export function sampleAudits(
  decisions: readonly SampleDecision[],
  dates: readonly string[],
  seed: number,
): readonly AuditRow[] {
  return dates.flatMap((date, day) => {
    const random = new SeededRandom(`${seed}/audits/${date}`)
    const looked = decisions.filter((each) => each.day === day && each.line.timeframe === '15m')
    const stride = Math.max(1, Math.ceil(looked.length / (3 + Math.floor(random.next() * 3))))
    return looked
      .filter((_, index) => index % stride === 0)
      .flatMap((decision, index) =>
        auditOf(decision, `audit-${date.replaceAll('-', '')}-${index + 1}`, random, date),
      )
  })
}

function auditOf(
  decision: SampleDecision,
  auditId: string,
  random: SeededRandom,
  date: string,
): readonly AuditRow[] {
  const { line, ts } = decision
  const found = issuesOf(decision, random)
  const row = (nth: number, issue: Found | null): AuditRow => ({
    run_id: runOf(date),
    audit_id: `${auditId}#${nth}`,
    timestamp_utc: new Date(ts).toISOString(),
    feature_name: issue?.feature ?? null,
    raw_value: issue?.raw ?? null,
    normalized_value: issue?.normalized ?? null,
    session_regime: line.session_regime,
    macro_regimes: line.macro_regimes,
    issues: issue === null ? [] : [issue.issue],
    policy_version: line.provenance.policy_version,
    engine_version: line.provenance.engine_version,
    metadata: {
      registry_version: '7',
      summary: { checked: Object.keys(line.feature_vector).length, issues: found.length },
      symbol: line.symbol,
      decision_id: line.decision_id,
      ...issue?.details,
    },
  })
  return found.length === 0 ? [row(1, null)] : found.map((issue, at) => row(at + 1, issue))
}

function issuesOf({ line, features }: SampleDecision, random: SeededRandom): readonly Found[] {
  const found: Found[] = []
  const older = line.provenance.engine_version === '4.2.0'
  for (const feature of CHECKED) {
    const value = features[feature] ?? null
    const [least, most] = BOUNDS[feature] ?? [0, 0]
    if (value === null && random.chance(0.5)) {
      const message = `${feature} has no value yet`
      found.push({
        feature,
        issue: 'missing_value',
        raw: null,
        normalized: null,
        details: { message, path: feature },
      })
    } else if (typeof value === 'number' && (value < least || value > most)) {
      const message = `${feature} lies outside ${least} to ${most}`
      const normalized = Math.max(least, Math.min(most, value))
      const details = { message, path: feature, allowed: { min: least, max: most } }
      found.push({ feature, issue: 'constraint_violation', raw: value, normalized, details })
    }
  }
  if (random.chance(older ? 0.16 : 0.05)) found.push(asText(line.feature_vector, features, random))
  if (random.chance(older ? 0.07 : 0.02)) {
    const message = 'ema_dist_13 is an alias that the registry no longer knows'
    const value = features.ema_13_distance ?? null
    const details = { message, path: 'ema_dist_13', allowed: ['ema_13_distance'] }
    found.push({ feature: 'ema_13_distance', issue: 'missing_alias', raw: null, normalized: value, details })
  }
  return found
}

/** A number that came as text. */
function asText(
  vector: Readonly<Record<string, FeatureValue>>,
  features: Readonly<Record<string, FeatureValue>>,
  random: SeededRandom,
): Found {
  const feature = FEATURE_SIGNALS[Math.floor(random.next() * FEATURE_SIGNALS.length)] ?? 'rsi_14'
  return {
    feature,
    issue: 'type_mismatch',
    raw: String(vector[feature] ?? ''),
    normalized: signalOf(feature, features),
    details: {
      message: `${feature} is text`,
      path: feature,
      expected_dtype: 'float64',
      observed_dtype: 'str',
    },
  }
}
