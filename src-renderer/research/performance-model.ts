import type { Performance, PerformanceGroup } from '../../schemas/contract/ledger.ts'
import { formatCount } from '../ui/figures.ts'
import type { PlotData, PlotPoint } from '../ui/plot-model.ts'
import { formatPnl, groupName, hitCounts } from './research-figures.ts'
import type { PnlFigure } from './research-state.ts'

/** Groups that a plot holds with names that can be read; all of them stand in the table. */
export const MOST_PLOTTED = 30

export const PNL_NAMES: Readonly<Record<PnlFigure, string>> = { pnlMean: 'PnL mean', pnlSum: 'PnL sum' }

/** Hit rate of each group with its interval, one below the other. */
export function hitRatePlot(groups: readonly PerformanceGroup[]): PlotData {
  const shown = groups.slice(0, MOST_PLOTTED)
  return {
    sideways: true,
    x: { kind: 'category', name: 'Group', categories: shown.map(({ keys }) => groupName(keys)) },
    y: rateAxis(shown),
    series: [
      {
        id: 'hit-rate',
        name: 'Hit rate',
        kind: 'point',
        colour: 'accent',
        points: shown.map((group, x) => ratePoint(group, x)),
      },
    ],
  }
}

/** Mean or sum of each group's PnL. */
export function pnlPlot(groups: readonly PerformanceGroup[], figure: PnlFigure): PlotData {
  const shown = groups.slice(0, MOST_PLOTTED)
  return {
    sideways: true,
    x: { kind: 'category', name: 'Group', categories: shown.map(({ keys }) => groupName(keys)) },
    y: pnlAxis(figure),
    series: [
      {
        id: figure,
        name: PNL_NAMES[figure],
        kind: 'bar',
        colour: 'up',
        points: shown.map((group, x): PlotPoint => {
          const y = group[figure]
          const note = `${formatCount(group.decided)} with PnL`
          return { x, y, note, colour: y !== null && y < 0 ? 'down' : 'up' }
        }),
      },
    ],
  }
}

/** From the lowest interval to the highest in steps of 10%, and half, which is what one compares with. */
export function rateAxis(shown: readonly Performance[]): PlotData['y'] {
  const low = Math.min(0.5, ...shown.map(({ hitLow }) => hitLow ?? 0.5))
  const high = Math.max(0.5, ...shown.map(({ hitHigh }) => hitHigh ?? 0.5))
  return {
    name: 'Hit rate (%, with 95% interval)',
    format: (rate) => `${Math.round(rate * 1000) / 10}%`,
    min: Math.max(0, Math.floor(low * 10 - 0.5) / 10),
    max: Math.min(1, Math.ceil(high * 10 + 0.5) / 10),
    reference: { value: 0.5, name: '' },
  }
}

export function pnlAxis(figure: PnlFigure): PlotData['y'] {
  const per = figure === 'pnlMean' ? ' per decision' : ''
  return {
    name: `${PNL_NAMES[figure]}${per} (in the bot’s unit)`,
    format: formatPnl,
    reference: { value: 0, name: '' },
  }
}

export function ratePoint(performance: Performance, x: number): PlotPoint {
  return {
    x,
    y: performance.hitRate,
    low: performance.hitLow,
    high: performance.hitHigh,
    note: hitCounts(performance),
  }
}
