import { useEffect, useMemo } from 'react'
import { useStore } from 'zustand'
import type { StabilityReport } from '../../schemas/contract/ledger.ts'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import { tellDrawn } from '../app/drawn.ts'
import { useAnswer } from '../engine/use-answer.ts'
import { showDecisions } from '../state/ledger-links.ts'
import { ChoiceFilter } from '../ui/choice-filter.tsx'
import { DataTable, type TableColumn } from '../ui/data-table.tsx'
import { formatCount, formatMarketTime } from '../ui/figures.ts'
import { Plot, PlotLegend } from '../ui/plot.tsx'
import type { PlotPlace } from '../ui/plot-model.ts'
import { Segmented } from '../ui/segmented.tsx'
import { Select } from '../ui/select.tsx'
import { NoAnswer, NothingThere } from './answer-states.tsx'
import { ProblemStrip } from './problem-strip.tsx'
import { formatRate, formatRatio } from './research-figures.ts'
import { isFiltering } from './research-filters.tsx'
import { researchStore, setResearch, setResearchFilter } from './research-state.ts'
import { RowsLink } from './rows-link.tsx'
import {
  featuresOf,
  type LatestStats,
  latestOf,
  METRICS,
  regimeShown,
  regimesOf,
  seriesShown,
  stabilityPlot,
} from './stability-model.ts'

const STATS = ['stats'] as const

/** What the bot's own statistics say of its features, over time. */
export function StabilityTab() {
  const filter = useDates()
  const asked = useAnswer('featureStability', { filter }, STATS)
  useEffect(() => {
    if (!asked.asking) tellDrawn()
  }, [asked.asking])
  if (asked.answer === null) return <NoAnswer asked={asked} what="features" />
  return (
    <>
      <ProblemStrip problems={asked.answer.problems} error={asked.error} onRetry={asked.askAgain} />
      {asked.answer.series.length === 0 ? (
        <NothingThere
          table="stats"
          filtered={isFiltering(filter)}
          onClear={() => setResearchFilter({ from: undefined, to: undefined, asOf: undefined })}
        />
      ) : (
        <Stability report={asked.answer} />
      )}
    </>
  )
}

/** Stats know of the filter's times alone. */
function useDates(): LedgerFilter {
  const { from, to, asOf } = useStore(researchStore, (state) => state.filter)
  return {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(asOf === undefined ? {} : { asOf }),
  }
}

function Stability({ report }: { readonly report: StabilityReport }) {
  const { metric, regime: chosenRegime, features } = useStore(researchStore)
  const regime = regimeShown(report, chosenRegime)
  const series = useMemo(() => seriesShown(report, regime, features), [report, regime, features])
  const data = useMemo(() => stabilityPlot(series, metric), [series, metric])
  const latest = useMemo(() => latestOf(report, regime), [report, regime])
  const measured = data.series.some(({ points }) => points.some(({ y }) => y !== null))
  const pick = ({ series: line, point }: PlotPlace) => {
    const runId = series[line]?.runIds[point]
    if (runId !== undefined) showDecisions({ runIds: [runId] })
  }
  const name = METRICS.find(({ value }) => value === metric)?.label ?? metric
  return (
    <>
      <div className="bk-research-bar">
        <Segmented
          label="Figure"
          value={metric}
          options={METRICS}
          onChange={(chosen) => setResearch({ metric: chosen })}
        />
        <Select
          label="Regime"
          value={regime ?? ''}
          options={regimesOf(report).map((value) => ({
            value: value ?? '',
            label: value ?? 'Over all regimes',
          }))}
          onChange={(value) => setResearch({ regime: value === '' ? null : value })}
        />
        <ChoiceFilter
          label="Features"
          values={featuresOf(report, regime)}
          chosen={(features ?? []).filter((one) => series.some(({ feature }) => feature === one))}
          onChange={(chosen) => setResearch({ features: chosen.length === 0 ? undefined : chosen })}
        />
        <PlotLegend data={data} />
      </div>
      <div className="bk-research-plots bk-research-pair">
        {measured ? (
          <Plot
            label={`${name} of features, ${regime ?? 'over all regimes'}`}
            data={data}
            onPick={pick}
            pickText="shows the run’s decisions"
          />
        ) : (
          <p className="bk-research-none">
            The stats of these features hold no {name.toLowerCase()}. Choose another figure or regime.
          </p>
        )}
      </div>
      <div className="bk-research-table">
        <DataTable
          label="Latest figures of each feature"
          columns={COLUMNS}
          rows={latest}
          rowKey={({ feature }) => feature}
          onPick={({ runId }) => showDecisions({ runIds: [runId] })}
        />
      </div>
    </>
  )
}

function figure(
  id: 'stability' | 'sharpe' | 'hitRate' | 'variance',
  name: string,
  show: (value: number | null) => string,
): TableColumn<LatestStats> {
  return {
    id,
    name,
    width: '110px',
    numeric: true,
    value: (row) => row[id] ?? Number.NEGATIVE_INFINITY,
    show: (row) => show(row[id]),
  }
}

const COLUMNS: readonly TableColumn<LatestStats>[] = [
  { id: 'feature', name: 'Feature', width: 'minmax(140px, 1fr)', value: ({ feature }) => feature },
  {
    id: 'points',
    name: 'Points',
    width: '84px',
    numeric: true,
    value: ({ points }) => points,
    show: ({ points }) => formatCount(points),
  },
  figure('stability', 'Stability', (value) => formatRatio(value)),
  figure('sharpe', 'Sharpe', (value) => formatRatio(value)),
  figure('hitRate', 'Hit rate', formatRate),
  figure('variance', 'Variance', (value) => formatRatio(value, 4)),
  {
    id: 'ts',
    name: 'Latest',
    width: '190px',
    value: ({ ts }) => ts,
    show: ({ ts }) => formatMarketTime(ts),
  },
  {
    id: 'run',
    name: 'Run',
    width: 'minmax(140px, 1fr)',
    value: ({ runId }) => runId,
    show: ({ runId }) => (
      <RowsLink filter={{ runIds: [runId] }} of={`the decisions of run ${runId}`}>
        {runId}
      </RowsLink>
    ),
  },
]
