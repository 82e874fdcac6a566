import type { StatsDocument } from '../../../schemas/generated/documents.ts'
import { runOf, type SampleDecision } from './decisions.ts'
import { FEATURE_SIGNALS, type SignalName, signalOf } from './features.ts'

/** A day of the ledger as its stats see it. */
export interface StatsDay {
  readonly date: string
  /** End of the session, ms UTC: the bot's report is made fifteen minutes later. */
  readonly close: number
}

const REPORT_AFTER = 900_000
const WINDOW_DAYS = 20
/** Before its last days the bot reported once a week. */
const DAILY_SINCE = 10
/** Below so many decisions a figure is chance. */
const LEAST = 12

const round = (value: number): number => Number(value.toFixed(6)) + 0
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

/**
 * A report after the last session of each week, and after each of the last ten sessions: how much each feature weighed in
 * that day's scores, and how steady that is. On the last session of a week also how each feature did by session regime over
 * the last twenty days. Only outcomes that were known when a report was made are in it.
 */
export function sampleStats(
  days: readonly StatsDay[],
  decisions: readonly SampleDecision[],
): readonly StatsDocument[] {
  const shares = days.map((_, day) => weightShares(decisions.filter((each) => each.day === day)))
  return days.flatMap(({ date, close }, day) => {
    const reported = close + REPORT_AFTER
    const importance = shares[day]
    const isDue = endsWeek(days, day) || day >= days.length - DAILY_SINCE
    if (importance === undefined || importance === null || !isDue) return []
    const before = shares.slice(Math.max(0, day - WINDOW_DAYS + 1), day + 1)
    const document: StatsDocument = {
      run_id: runOf(date),
      timestamp_utc: new Date(reported).toISOString(),
      feature_importance: importance,
      feature_stability: steadiness(before),
      metadata: { report: 'daily', decisions: decisions.filter((each) => each.day === day).length },
    }
    const weekly = endsWeek(days, day) ? weeklyReport(days, day, decisions, reported) : null
    return weekly === null ? [document] : [document, weekly]
  })
}

/** Each feature's part in the day's scores, 0 to 1; null for a day without decisions. */
function weightShares(decisions: readonly SampleDecision[]): Record<SignalName, number> | null {
  if (decisions.length === 0) return null
  const parts = FEATURE_SIGNALS.map((name) =>
    mean(
      decisions.map(({ line, features }) =>
        Math.abs((line.effective_weights[name] ?? 0) * signalOf(name, features)),
      ),
    ),
  )
  const total = parts.reduce((sum, part) => sum + part, 0)
  return Object.fromEntries(
    FEATURE_SIGNALS.map((name, at) => [name, total === 0 ? 0 : round((parts[at] ?? 0) / total)]),
  ) as Record<SignalName, number>
}

/** 1 for a feature whose part never changed; less the more it varied against its mean. */
function steadiness(days: readonly (Record<SignalName, number> | null)[]): Record<string, number> {
  const known = days.filter((day) => day !== null)
  return Object.fromEntries(
    FEATURE_SIGNALS.map((name) => {
      const values = known.map((day) => day[name])
      const centre = mean(values)
      const spread = Math.sqrt(mean(values.map((value) => (value - centre) ** 2)))
      return [name, centre === 0 ? 0 : round(Math.max(0, 1 - spread / centre))]
    }),
  )
}

function endsWeek(days: readonly StatsDay[], day: number): boolean {
  const weekday = (index: number): number => new Date(`${days[index]?.date}T00:00:00Z`).getUTCDay()
  return day === days.length - 1 || weekday(day + 1) <= weekday(day)
}

function weeklyReport(
  days: readonly StatsDay[],
  day: number,
  decisions: readonly SampleDecision[],
  reported: number,
): StatsDocument | null {
  const first = Math.max(0, day - WINDOW_DAYS + 1)
  const known = decisions.filter(
    ({ outcome, knownAt, day: of }) =>
      of >= first && outcome !== null && knownAt !== null && knownAt <= reported,
  )
  const window = {
    window_start: new Date(`${days[first]?.date}T00:00:00Z`).toISOString(),
    window_end: new Date(days[day]?.close ?? reported).toISOString(),
  }
  const byRegime = FEATURE_SIGNALS.flatMap((name) => {
    const regimes = [...new Set(known.map(({ line }) => line.session_regime))].sort()
    const figures = regimes.flatMap((regime) => {
      const agreed = known.filter(
        ({ line, features, direction }) =>
          line.session_regime === regime && signalOf(name, features) * direction > 0.1,
      )
      return agreed.length < LEAST ? [] : [[regime, { ...figuresOf(agreed), ...window }] as const]
    })
    return figures.length === 0 ? [] : [[name, Object.fromEntries(figures)] as const]
  })
  if (byRegime.length === 0) return null
  return {
    run_id: runOf(days[day]?.date ?? ''),
    timestamp_utc: new Date(reported).toISOString(),
    feature_performance_by_regime: Object.fromEntries(byRegime),
    metadata: { report: 'weekly', decisions: known.length, days: day - first + 1 },
  }
}

/** Of decisions that a feature agreed with. Stability: how near the hit rates of both halves of the window are. */
function figuresOf(decisions: readonly SampleDecision[]) {
  const money = decisions.map(({ outcome }) => outcome?.pnl ?? 0)
  const hits = (some: readonly SampleDecision[]): number =>
    mean(some.map(({ outcome }) => (outcome?.hit ? 1 : 0)))
  const centre = mean(money)
  const variance = mean(money.map((value) => (value - centre) ** 2))
  const half = Math.floor(decisions.length / 2)
  return {
    sharpe: variance === 0 ? null : round(centre / Math.sqrt(variance)),
    hit_rate: round(hits(decisions)),
    variance: round(variance),
    stability: round(1 - Math.abs(hits(decisions.slice(0, half)) - hits(decisions.slice(half)))),
  }
}
