import { useEffect, useMemo } from 'react'
import { useStore } from 'zustand'
import type { PerformanceReport } from '../../schemas/contract/ledger.ts'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import { tellDrawn } from '../app/drawn.ts'
import { useAnswer } from '../engine/use-answer.ts'
import { showDecisions } from '../state/ledger-links.ts'
import { DataTable } from '../ui/data-table.tsx'
import { formatCount } from '../ui/figures.ts'
import { Plot } from '../ui/plot.tsx'
import { Segmented } from '../ui/segmented.tsx'
import { NoAnswer, NothingThere } from './answer-states.tsx'
import { performanceColumns } from './performance-columns.tsx'
import { hitRatePlot, MOST_PLOTTED, PNL_NAMES, pnlPlot } from './performance-model.ts'
import { PerformanceTotals } from './performance-totals.tsx'
import { ProblemStrip } from './problem-strip.tsx'
import { isFiltering } from './research-filters.tsx'
import { DIMENSIONS, MOST_DIMENSIONS, type PnlFigure, researchStore, setResearch } from './research-state.ts'

const DECISIONS = ['decisions'] as const

/** How decisions ended, by what one chooses to group them by. */
export function PerformanceTab() {
  const filter = useStore(researchStore, (state) => state.filter)
  const groupBy = useStore(researchStore, (state) => state.groupBy)
  const asked = useAnswer('performance', { filter, groupBy: [...groupBy] }, DECISIONS)
  useEffect(() => {
    if (!asked.asking) tellDrawn()
  }, [asked.asking])
  return (
    <>
      <GroupBar />
      {asked.answer === null ? (
        <NoAnswer asked={asked} what="performance" />
      ) : (
        <>
          <ProblemStrip problems={asked.answer.problems} error={asked.error} onRetry={asked.askAgain} />
          {asked.answer.total.count === 0 ? (
            <NothingThere
              table="decisions"
              filtered={isFiltering(filter)}
              onClear={() => setResearch({ filter: {} })}
            />
          ) : (
            <Report report={asked.answer} />
          )}
        </>
      )}
    </>
  )
}

function GroupBar() {
  const groupBy = useStore(researchStore, (state) => state.groupBy)
  const pnl = useStore(researchStore, (state) => state.pnl)
  return (
    <div className="bk-research-bar">
      <span className="muted">Group by</span>
      {DIMENSIONS.map(({ value, label }) => {
        const chosen = groupBy.includes(value)
        return (
          <button
            key={value}
            type="button"
            className="bk-chip"
            aria-pressed={chosen}
            disabled={chosen ? groupBy.length === 1 : groupBy.length === MOST_DIMENSIONS}
            onClick={() =>
              setResearch({
                groupBy: DIMENSIONS.map((one) => one.value).filter((one) =>
                  one === value ? !chosen : groupBy.includes(one),
                ),
              })
            }
          >
            {label}
          </button>
        )
      })}
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
  )
}

function Report({ report }: { readonly report: PerformanceReport }) {
  const { groups, total, groupBy } = report
  const filter = useStore(researchStore, (state) => state.filter)
  const pnl = useStore(researchStore, (state) => state.pnl)
  const rates = useMemo(() => hitRatePlot(groups), [groups])
  const pnls = useMemo(() => pnlPlot(groups, pnl), [groups, pnl])
  const columns = useMemo(() => performanceColumns(groupBy, groups), [groupBy, groups])
  /** A point opens the rows that its figure is made of: those with a known outcome, those with a PnL. */
  const pick =
    (rows: LedgerFilter) =>
    ({ point }: { readonly point: number }) => {
      const group = groups[point]
      if (group !== undefined) showDecisions({ ...group.filter, ...rows })
    }
  const lines = Math.min(groups.length, MOST_PLOTTED)
  return (
    <>
      <PerformanceTotals total={total} filter={filter} />
      <div className="bk-research-plots">
        <div className="bk-research-pair" style={{ minHeight: lines * 22 + 56 }}>
          <Plot
            label="Hit rate by group"
            data={rates}
            onPick={pick({ outcome: 'known' })}
            pickText="shows its decisions"
          />
          <Plot
            label={`${PNL_NAMES[pnl]} by group`}
            data={pnls}
            onPick={pick({ hasOutcome: true })}
            pickText="shows its decisions"
          />
        </div>
      </div>
      <Notes groups={groups.length} overlap={groupBy.includes('macro_regime')} />
      <div className="bk-research-table">
        <DataTable
          label="Performance by group"
          columns={columns}
          rows={groups}
          rowKey={({ keys }) => JSON.stringify(keys)}
          onPick={(group) => showDecisions(group.filter)}
        />
      </div>
    </>
  )
}

function Notes({ groups, overlap }: { readonly groups: number; readonly overlap: boolean }) {
  if (groups <= MOST_PLOTTED && !overlap) return null
  return (
    <p className="bk-research-note">
      {groups > MOST_PLOTTED &&
        `The ${MOST_PLOTTED} largest of ${formatCount(groups)} groups are plotted; the table has all. `}
      {overlap &&
        'A decision with several macro regimes counts in each of their groups, and once in the total.'}
    </p>
  )
}
