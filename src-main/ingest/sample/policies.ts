import type { PolicyDocument } from '../../../schemas/generated/documents.ts'
import { FEATURE_SIGNALS, type SignalName } from './features.ts'

/** A version of the sample bot's policy and the day from which it is in force. */
export interface SamplePolicy {
  readonly document: PolicyDocument
  /** Index of its first trading day. */
  readonly from: number
  /** Scores beyond it, to either side, are acted upon. */
  readonly threshold: number
}

type Weights = Readonly<Record<SignalName, number>>

interface Version {
  readonly version: string
  /** Part of the days that are over when it comes into force. */
  readonly after: number
  readonly threshold: number
  readonly notes: string
  readonly weights: Weights
  readonly trust: Partial<Weights>
  readonly overlap: Partial<Weights>
  readonly ny: Partial<Weights>
}

const FIRST: Weights = {
  rsi_14: 0.6,
  ema_13_distance: 0.9,
  ema_48_distance: 0.5,
  return_4: 0.7,
  range_position_20: 0.6,
  vwap_distance: 0.8,
  body_ratio: 0.3,
  trend_slope_20: 0.5,
  volume_ratio_20: 0.3,
  zone_distance: 0.4,
}

/** Each learns something from the one before; the first two follow moves, the later ones fade them at zones. */
const VERSIONS: readonly Version[] = [
  {
    version: 'v1.0',
    after: 0,
    threshold: 0.24,
    notes: 'First weights, by hand.',
    weights: FIRST,
    trust: {},
    overlap: {},
    ny: { volume_ratio_20: 0.8 },
  },
  {
    version: 'v1.1',
    after: 0.3,
    threshold: 0.26,
    notes: 'Less weight on the opening hours, where moves turn.',
    weights: { ...FIRST, ema_13_distance: 0.7, vwap_distance: 0.9 },
    trust: { rsi_14: 0.8 },
    overlap: { return_4: 0.7, body_ratio: 0.5 },
    ny: { volume_ratio_20: 0.8, trend_slope_20: 1.2 },
  },
  {
    version: 'v2.0',
    after: 0.6,
    threshold: 0.22,
    notes: 'Zones lead: price is expected to turn where it turned before.',
    weights: { ...FIRST, rsi_14: -0.3, range_position_20: -0.2, zone_distance: 1.6, trend_slope_20: 0.9 },
    trust: { zone_distance: 0.9, body_ratio: 0.6 },
    overlap: { return_4: 0.6 },
    ny: { zone_distance: 1.25 },
  },
  {
    version: 'v2.1',
    after: 0.85,
    threshold: 0.26,
    notes: 'v2.0 with its trust in zones lowered after two weeks of stops.',
    weights: { ...FIRST, rsi_14: -0.1, range_position_20: 0.1, zone_distance: 1.2, trend_slope_20: 1.1 },
    trust: { zone_distance: 0.75, body_ratio: 0.6 },
    overlap: { return_4: 0.6, zone_distance: 0.9 },
    ny: { zone_distance: 1.2 },
  },
]

const all = (given: Partial<Weights>): Weights =>
  Object.fromEntries(FEATURE_SIGNALS.map((name) => [name, given[name] ?? 1])) as unknown as Weights

/** Published two hours before the open of the first session of each; a version that no day is left for is not made. */
export function samplePolicies(opens: readonly number[]): readonly SamplePolicy[] {
  const starts = VERSIONS.map(({ after }) => Math.floor(after * opens.length))
  return VERSIONS.flatMap((each, index) => {
    const from = starts[index] ?? 0
    const open = opens[from]
    if (open === undefined || starts.indexOf(from, index + 1) !== -1) return []
    const document: PolicyDocument = {
      version: each.version,
      timestamp_utc: new Date(open - 7_200_000).toISOString(),
      base_weights: { ...each.weights },
      trust: { ...all(each.trust) },
      regime_multipliers: { LONDON_NY_OVERLAP: { ...all(each.overlap) }, NY: { ...all(each.ny) } },
      source: 'sample',
      notes: each.notes,
    }
    return [{ document, from, threshold: each.threshold }]
  })
}

/** The policy in force on a day, by its index. */
export function policyOn(policies: readonly SamplePolicy[], day: number): SamplePolicy {
  const inForce = policies.filter(({ from }) => from <= day).at(-1)
  if (inForce === undefined) throw new RangeError(`no policy is in force on day ${day}`)
  return inForce
}

/** base × trust × the session's multiplier, by feature. */
export function effectiveWeights(
  { base_weights, trust, regime_multipliers }: PolicyDocument,
  session: string,
): Record<string, number> {
  const multipliers = regime_multipliers[session] ?? {}
  return Object.fromEntries(
    Object.entries(base_weights).map(([name, base]) => [
      name,
      Math.round(base * (trust[name] ?? 1) * (multipliers[name] ?? 1) * 1e6) / 1e6,
    ]),
  )
}
