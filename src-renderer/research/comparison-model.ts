import type { Performance, PerformanceGroup, PerformanceReport } from '../../schemas/contract/ledger.ts'
import { formatCount } from '../ui/figures.ts'
import type { PlotColour, PlotData } from '../ui/plot-model.ts'
import { pnlAxis, rateAxis, ratePoint } from './performance-model.ts'
import { formatPnl, formatRate, formatRatio, formatSize, groupName } from './research-figures.ts'
import type { PnlFigure } from './research-state.ts'

/** The two versions to compare: those chosen while they are known, else the last two (one alone beside itself is none). */
export function versionsShown(
  known: readonly string[],
  chosen: readonly [string, string] | undefined,
): readonly [string, string] | null {
  if (chosen?.every((version) => known.includes(version))) return chosen
  const [before, last] = known.slice(-2)
  return before === undefined || last === undefined ? null : [before, last]
}

/** One figure of both versions, with what changed. */
export interface ComparedFigure {
  readonly id: string
  readonly name: string
  readonly a: string
  readonly b: string
  readonly change: string
  /** Whether the change is for the better or worse; a count's is neither. */
  readonly tone: 'up' | 'down' | undefined
}

interface FigureKind {
  readonly id: string
  readonly name: string
  readonly of: (performance: Performance) => number | null
  readonly show: (value: number | null) => string
  /** 1: more is better; −1: less is; 0: neither. */
  readonly better: 1 | -1 | 0
}

const count = (value: number | null): string => (value === null ? '–' : value.toLocaleString('en-US'))

const FIGURES: readonly FigureKind[] = [
  { id: 'count', name: 'Decisions', of: (one) => one.count, show: count, better: 0 },
  { id: 'decided', name: 'With PnL', of: (one) => one.decided, show: count, better: 0 },
  { id: 'sum', name: 'PnL sum', of: (one) => one.pnlSum, show: formatPnl, better: 1 },
  { id: 'mean', name: 'PnL mean', of: (one) => one.pnlMean, show: formatPnl, better: 1 },
  { id: 'deviation', name: 'PnL deviation', of: (one) => one.pnlDeviation, show: formatSize, better: 0 },
  { id: 'sharpe', name: 'Sharpe', of: (one) => one.sharpe, show: (value) => formatRatio(value), better: 1 },
  { id: 'drawdown', name: 'Max drawdown', of: (one) => one.maxDrawdown, show: formatSize, better: -1 },
  { id: 'judged', name: 'Outcome known', of: (one) => one.judged, show: count, better: 0 },
  { id: 'hits', name: 'Hits', of: (one) => one.hits, show: count, better: 0 },
  { id: 'rate', name: 'Hit rate', of: (one) => one.hitRate, show: formatRate, better: 1 },
]

/** Every figure of two performances. */
export function compared(a: Performance, b: Performance): readonly ComparedFigure[] {
  return FIGURES.map(({ id, name, of, show, better }) => {
    const [left, right] = [of(a), of(b)]
    const change = left === null || right === null ? null : right - left
    return {
      id,
      name,
      a: show(left),
      b: show(right),
      change: change === null ? '–' : signed(change, id),
      tone: change === null || change === 0 || better === 0 ? undefined : change * better > 0 ? 'up' : 'down',
    }
  })
}

/** A difference with its sign; of rates in percentage points. */
function signed(change: number, id: string): string {
  const sign = change > 0 ? '+' : change < 0 ? '−' : ''
  const size = Math.abs(change)
  if (id === 'rate') return `${sign}${(size * 100).toFixed(1)} pp`
  if (id === 'sharpe') return `${sign}${size.toFixed(2)}`
  if (['count', 'decided', 'judged', 'hits'].includes(id)) return `${sign}${size.toLocaleString('en-US')}`
  return formatPnl(change)
}

/** A session regime under both versions; null where a version decided nothing in it. */
export interface ComparedRegime {
  readonly regime: string
  readonly a: PerformanceGroup | null
  readonly b: PerformanceGroup | null
}

/** From a report by session regime and policy version, most decisions first. */
export function comparedRegimes(
  report: PerformanceReport,
  versions: readonly [string, string],
): readonly ComparedRegime[] {
  const regimes = new Map<string, { a: PerformanceGroup | null; b: PerformanceGroup | null }>()
  for (const group of report.groups) {
    const [regime, version] = group.keys
    if (regime === undefined || regime === null) continue
    const pair = regimes.get(regime) ?? { a: null, b: null }
    if (version === versions[0]) pair.a = group
    else if (version === versions[1]) pair.b = group
    regimes.set(regime, pair)
  }
  return [...regimes]
    .map(([regime, pair]) => ({ regime, ...pair }))
    .sort((x, y) => total(y) - total(x) || (x.regime < y.regime ? -1 : 1))
}

function total({ a, b }: ComparedRegime): number {
  return (a?.count ?? 0) + (b?.count ?? 0)
}

const COLOURS: readonly [PlotColour, PlotColour] = ['text-muted', 'accent']
const SIDES = ['a', 'b'] as const

/** Hit rate, or PnL mean, of both versions by session regime; the series in the order of the versions. */
export function comparisonPlot(
  regimes: readonly ComparedRegime[],
  versions: readonly [string, string],
  figure: 'hitRate' | PnlFigure,
): PlotData {
  return {
    sideways: true,
    x: {
      kind: 'category',
      name: 'Session regime',
      categories: regimes.map(({ regime }) => groupName([regime])),
    },
    y:
      figure === 'hitRate'
        ? rateAxis(regimes.flatMap(({ a, b }) => [a, b].filter((group) => group !== null)))
        : pnlAxis(figure),
    series: SIDES.map((side, index) => ({
      id: side,
      name: versions[index] ?? '',
      kind: figure === 'hitRate' ? 'point' : 'bar',
      colour: COLOURS[index] ?? 'accent',
      ...(figure === 'hitRate' ? { aside: index === 0 ? -6 : 6 } : {}),
      points: regimes.flatMap((regime, x) => {
        const group = regime[side]
        if (group === null) return []
        return [
          figure === 'hitRate'
            ? ratePoint(group, x)
            : { x, y: group[figure], note: `${formatCount(group.decided)} with PnL` },
        ]
      }),
    })),
  }
}
