import { useEffect, useMemo } from 'react'
import { useStore } from 'zustand'
import type { PerformanceReport } from '../../schemas/contract/ledger.ts'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import { tellDrawn } from '../app/drawn.ts'
import { useAnswer } from '../engine/use-answer.ts'
import { comparePolicies } from '../policies/policies-state.ts'
import { showDecisions } from '../state/ledger-links.ts'
import { Button } from '../ui/button.tsx'
import { DataTable } from '../ui/data-table.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { Plot, PlotLegend } from '../ui/plot.tsx'
import type { PlotPlace } from '../ui/plot-model.ts'
import { Segmented } from '../ui/segmented.tsx'
import { Select } from '../ui/select.tsx'
import { NoAnswer, NothingThere } from './answer-states.tsx'
import { figureColumns, regimeColumns } from './comparison-columns.tsx'
import { compared, comparedRegimes, comparisonPlot, versionsShown } from './comparison-model.ts'
import { PNL_NAMES } from './performance-model.ts'
import { ProblemStrip } from './problem-strip.tsx'
import { isFiltering } from './research-filters.tsx'
import { type PnlFigure, researchStore, setResearch } from './research-state.ts'

const DECISIONS = ['decisions'] as const

/** Two policy versions side by side: did the change help, and where. */
export function ComparisonTab() {
  const filter = useStore(researchStore, (state) => state.filter)
  const chosen = useStore(researchStore, (state) => state.versions)
  const asked = useAnswer('performance', { filter, groupBy: ['policy_version'] }, DECISIONS)
  const regimes = useAnswer(
    'performance',
    { filter, groupBy: ['session_regime', 'policy_version'] },
    DECISIONS,
  )
  useEffect(() => {
    if (!asked.asking && !regimes.asking) tellDrawn()
  }, [asked.asking, regimes.asking])
  const known = useMemo(
    () => (asked.answer?.groups ?? []).flatMap(({ keys }) => keys[0] ?? []).sort(byVersion),
    [asked.answer],
  )
  if (asked.answer === null || regimes.answer === null)
    return <NoAnswer asked={asked.error === null ? regimes : asked} what="policies" />
  const versions = versionsShown(known, chosen)
  return (
    <>
      <ProblemStrip
        problems={asked.answer.problems}
        error={asked.error ?? regimes.error}
        onRetry={asked.askAgain}
      />
      {asked.answer.total.count === 0 && (
        <NothingThere
          table="decisions"
          filtered={isFiltering(filter)}
          onClear={() => setResearch({ filter: {} })}
        />
      )}
      {asked.answer.total.count > 0 && versions === null && (
        <EmptyState title="There is only one policy version to see">
          All of these decisions were made under {known[0] ?? 'one version'}. Look at other dates, or take the
          condition on the policy away.
        </EmptyState>
      )}
      {versions !== null && (
        <Comparison known={known} versions={versions} all={asked.answer} regimes={regimes.answer} />
      )}
    </>
  )
}

interface ComparisonProps {
  readonly known: readonly string[]
  readonly versions: readonly [string, string]
  readonly all: PerformanceReport
  readonly regimes: PerformanceReport
}

function Comparison({ known, versions, all, regimes: report }: ComparisonProps) {
  const pnl = useStore(researchStore, (state) => state.pnl)
  const regimes = useMemo(() => comparedRegimes(report, versions), [report, versions])
  const rates = useMemo(() => comparisonPlot(regimes, versions, 'hitRate'), [regimes, versions])
  const pnls = useMemo(() => comparisonPlot(regimes, versions, pnl), [regimes, versions, pnl])
  const [a, b] = versions.map((version) => all.groups.find(({ keys }) => keys[0] === version))
  const figures = useMemo(() => (a && b ? compared(a, b) : []), [a, b])
  const perFigure = useMemo(() => figureColumns(versions, a, b), [versions, a, b])
  const perRegime = useMemo(() => regimeColumns(versions), [versions])
  const pick = (plot: typeof rates, rows: LedgerFilter) => (place: PlotPlace) => {
    const x = plot.series[place.series]?.points[place.point]?.x
    const regime = x === undefined ? undefined : regimes[x]
    const group = place.series === 0 ? regime?.a : regime?.b
    if (group) showDecisions({ ...group.filter, ...rows })
  }
  return (
    <>
      <div className="bk-research-bar">
        <Version
          label="First version"
          value={versions[0]}
          known={known}
          onChange={(one) => choose(one, versions[1])}
        />
        <span className="muted">against</span>
        <Version
          label="Second version"
          value={versions[1]}
          known={known}
          onChange={(one) => choose(versions[0], one)}
        />
        <Button onClick={() => comparePolicies(versions[0], versions[1])}>Difference of their weights</Button>
        <PlotLegend data={rates} />
        <span className="bk-topbar-space" />
        <Segmented<PnlFigure>
          label="PnL plotted"
          value={pnl}
          options={[
            { value: 'pnlMean', label: PNL_NAMES.pnlMean },
            { value: 'pnlSum', label: PNL_NAMES.pnlSum },
          ]}
          onChange={(figure) => setResearch({ pnl: figure })}
        />
      </div>
      <div className="bk-research-plots">
        <div className="bk-research-pair" style={{ minHeight: regimes.length * 34 + 56 }}>
          <Plot
            label="Hit rate by session regime"
            data={rates}
            onPick={pick(rates, { outcome: 'known' })}
            pickText="shows its decisions"
          />
          <Plot
            label={`${PNL_NAMES[pnl]} by session regime`}
            data={pnls}
            onPick={pick(pnls, { hasOutcome: true })}
            pickText="shows its decisions"
          />
        </div>
      </div>
      <div className="bk-research-tables">
        <DataTable
          label="Figures of both versions"
          columns={perFigure}
          rows={figures}
          rowKey={({ id }) => id}
        />
        <DataTable
          label="Both versions by session regime"
          columns={perRegime}
          rows={regimes}
          rowKey={({ regime }) => regime}
        />
      </div>
    </>
  )
}

interface VersionProps {
  readonly label: string
  readonly value: string
  readonly known: readonly string[]
  readonly onChange: (version: string) => void
}

function Version({ label, value, known, onChange }: VersionProps) {
  const options = known.map((version) => ({ value: version, label: version }))
  return <Select label={label} value={value} options={options} onChange={onChange} />
}

function choose(a: string, b: string): void {
  setResearch({ versions: [a, b] })
}

/** v2 before v10. */
const order = new Intl.Collator('en', { numeric: true })

function byVersion(a: string, b: string): number {
  return order.compare(a, b)
}
