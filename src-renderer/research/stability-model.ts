import type { StabilityReport, StabilitySeries } from '../../schemas/contract/ledger.ts'
import { MARKET_ZONE } from '../../schemas/contract/market-time.ts'
import { lookOf, type PlotData } from '../ui/plot-model.ts'
import { formatRate, formatRatio } from './research-figures.ts'
import type { StabilityMetric } from './research-state.ts'

export const METRICS: readonly { readonly value: StabilityMetric; readonly label: string }[] = [
  { value: 'stability', label: 'Stability' },
  { value: 'sharpe', label: 'Sharpe' },
  { value: 'hitRate', label: 'Hit rate' },
  { value: 'variance', label: 'Variance' },
]

const AXES: Readonly<Record<StabilityMetric, PlotData['y']>> = {
  stability: { name: 'Stability (no unit)', format: (value) => formatRatio(value) },
  sharpe: {
    name: 'Sharpe (no unit)',
    format: (value) => formatRatio(value),
    reference: { value: 0, name: '' },
  },
  hitRate: { name: 'Hit rate (%)', format: formatRate, reference: { value: 0.5, name: '50%' } },
  variance: { name: 'Variance (square of the feature’s unit)', format: (value) => formatRatio(value, 4) },
}

/** Lines that are shown until features are chosen: more can't be told apart at a glance. */
const SHOWN_AT_FIRST = 5

/** Regimes that the stats know, in text order; over all of them (null) first. */
export function regimesOf({ series }: StabilityReport): readonly (string | null)[] {
  const found = [...new Set(series.map(({ regime }) => regime))]
  return found.sort((a, b) => (a === null ? -1 : b === null ? 1 : a < b ? -1 : 1))
}

/** The chosen regime while it occurs, else the first. */
export function regimeShown(report: StabilityReport, chosen: string | null | undefined): string | null {
  const regimes = regimesOf(report)
  return chosen !== undefined && regimes.includes(chosen) ? chosen : (regimes[0] ?? null)
}

/** Features of a regime with how many points they have, most first. */
export function featuresOf(
  report: StabilityReport,
  regime: string | null,
): readonly { value: string; count: number }[] {
  return report.series
    .filter((one) => one.regime === regime)
    .map(({ feature, ts }) => ({ value: feature, count: ts.length }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
}

/** The series to draw: of the regime, the chosen features that it has, else the first few. */
export function seriesShown(
  report: StabilityReport,
  regime: string | null,
  chosen: readonly string[] | undefined,
): readonly StabilitySeries[] {
  const known = featuresOf(report, regime).map(({ value }) => value)
  const wanted = (chosen ?? []).filter((feature) => known.includes(feature))
  const shown = wanted.length > 0 ? wanted : known.slice(0, SHOWN_AT_FIRST)
  return report.series.filter((one) => one.regime === regime && shown.includes(one.feature))
}

/** One line a feature. */
export function stabilityPlot(series: readonly StabilitySeries[], metric: StabilityMetric): PlotData {
  return {
    x: { kind: 'time', name: 'Time of the run', zone: MARKET_ZONE },
    y: AXES[metric],
    series: series.map((one, index) => ({
      id: one.feature,
      name: one.feature,
      kind: 'line',
      ...lookOf(index),
      points: one.ts.map((x, place) => ({
        x,
        y: one[metric][place] ?? null,
        note: one.runIds[place] ?? '',
      })),
    })),
  }
}

export interface LatestStats {
  readonly feature: string
  readonly points: number
  /** ms UTC */
  readonly ts: number
  readonly runId: string
  readonly stability: number | null
  readonly sharpe: number | null
  readonly hitRate: number | null
  readonly variance: number | null
}

/** The last figures of each feature, for the table under the plot. */
export function latestOf(report: StabilityReport, regime: string | null): readonly LatestStats[] {
  return report.series
    .filter((one) => one.regime === regime && one.ts.length > 0)
    .map((one) => {
      const last = one.ts.length - 1
      return {
        feature: one.feature,
        points: one.ts.length,
        ts: one.ts[last] ?? 0,
        runId: one.runIds[last] ?? '',
        stability: one.stability[last] ?? null,
        sharpe: one.sharpe[last] ?? null,
        hitRate: one.hitRate[last] ?? null,
        variance: one.variance[last] ?? null,
      }
    })
}
