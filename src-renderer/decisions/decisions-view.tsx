import { ListChecks, PanelRight } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useStore } from 'zustand'
import { tellDrawn } from '../app/drawn.ts'
import { failureReport } from '../engine/client.ts'
import { useRevision } from '../engine/use-revision.ts'
import { appStore, showOverlay } from '../state/app-store.ts'
import { type DecisionRef, ledgerLinks } from '../state/ledger-links.ts'
import { Button } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { IconButton } from '../ui/icon-button.tsx'
import { NewerRows } from '../ui/newer-rows.tsx'
import { PagedTable } from '../ui/paged-table.tsx'
import { usePagedRows } from '../ui/paged-table-rows.ts'
import { isNewestFirst, useNewer } from '../ui/use-newer.ts'
import { ColumnChoice } from './column-choice.tsx'
import { type DecisionEntry, decisionColumns, entryKey, refKey, refOf } from './decision-columns.tsx'
import { DecisionInspector } from './decision-inspector.tsx'
import { marketOffsets } from './decision-text.ts'
import { DecisionTotals } from './decision-totals.tsx'
import { ExportChoice } from './export-choice.tsx'
import { FilterBar } from './filter-bar.tsx'
import { InspectorPanels } from './inspector-panels.tsx'
import { ProblemsStrip } from './problems-strip.tsx'
import { useDecisionCommands } from './use-decision-commands.ts'
import { useDetail } from './use-detail.ts'
import { useOutcomes } from './use-outcomes.ts'
import { useFacets, useQuestion, useTotals } from './use-questions.ts'
import { useReveal } from './use-reveal.ts'
import { isFiltering } from './view-filter.ts'
import { decisionsStore, restoreDecisions, setDecisions } from './view-state.ts'
import './decisions-view.css'

/** What the bot decided: a table over any range, and why, in the inspector. */
export function DecisionsView() {
  const generation = useStore(appStore, (state) => state.storeGeneration)
  const [ready, setReady] = useState(false)
  /** A decision that the table is to scroll to: it was selected elsewhere, or when the view was left. */
  const [wanted, setWanted] = useState<DecisionRef | null>(null)
  useEffect(() => {
    restoreDecisions(generation)
    takeLink()
    setWanted(decisionsStore.getState().selected)
    setReady(true)
    return ledgerLinks.subscribe(() => {
      const select = takeLink()
      if (select !== null) setWanted(select)
    })
  }, [generation])
  return ready ? <Decisions wanted={wanted} /> : null
}

/**
 * A link from another view is taken once: its filter takes the place of the one here.
 * @returns the decision that it selects
 */
function takeLink(): DecisionRef | null {
  const { decisions: link } = ledgerLinks.getState()
  if (link === null) return null
  ledgerLinks.setState({ decisions: null })
  setDecisions({
    ...(link.filter === null ? {} : { filter: link.filter }),
    ...(link.select === null ? {} : { selected: link.select, inspectorOpen: true }),
  })
  return link.select
}

const FOLLOWED = ['decisions'] as const
const sortNewestFirst = () => setDecisions({ sort: null })
/** What an inspected decision is told with, but for bars: those around it are there, or come with its outcome. */
const AROUND = ['decisions', 'policies', 'audits', 'object_events'] as const

function Decisions({ wanted }: { readonly wanted: DecisionRef | null }) {
  const { filter, sort, columns, widths, inspectorOpen, selected } = useStore(decisionsStore)
  const revision = useRevision(AROUND)
  const { fetch, problems } = useQuestion(filter, sort, columns)
  const newestFirst = isNewestFirst(sort)
  const rows = usePagedRows<DecisionEntry>(fetch, FOLLOWED, newestFirst)
  useOutcomes(rows)
  const there = rows.answered || rows.failure !== null
  const { totals, settled } = useTotals(filter, there)
  const facets = useFacets(settled)
  const found = useDetail(inspectorOpen ? selected : null, filter.asOf, revision)
  const elsewhere = useReveal(wanted, filter, sort)
  const { reveal, showNewer } = useNewer(elsewhere, newestFirst, sortNewestFirst)
  const shown = useMemo(() => decisionColumns(columns), [columns])
  const [nameless, setNameless] = useState<DecisionEntry | null>(null)
  const select = useCallback((entry: DecisionEntry) => {
    const ref = refOf(entry)
    setNameless(ref === null ? entry : null)
    setDecisions({ selected: ref, inspectorOpen: true })
  }, [])
  const { showOnChart, toggleInspector } = useDecisionCommands(rows, filter)
  const table = useRef<HTMLDivElement>(null)
  useEffect(
    () => table.current?.querySelector<HTMLElement>('[role="grid"]')?.focus({ preventScroll: true }),
    [],
  )
  const { failure, total, answered } = rows
  const inspectorThere =
    !inspectorOpen || selected === null || found.state === 'there' || found.state === 'failed'
  useEffect(() => {
    if ((answered || failure !== null) && inspectorThere && facets !== null) tellDrawn()
  }, [answered, failure, inspectorThere, facets])
  const none = answered && total === 0
  return (
    <>
      <FilterBar filter={filter} facets={facets}>
        <ColumnChoice columns={columns} features={facets?.features ?? []} />
        <ExportChoice filter={filter} disabled={none || total === null} />
        <IconButton
          icon={PanelRight}
          label="Inspector"
          keys="I"
          pressed={inspectorOpen}
          onClick={toggleInspector}
        />
      </FilterBar>
      <DecisionTotals
        total={answered && total !== null ? total + (newestFirst ? 0 : rows.newer) : null}
        totals={totals}
        zone={cityOf()}
      />
      <ProblemsStrip problems={problems} />
      <InspectorPanels
        inspector={
          <DecisionInspector
            found={found}
            nameless={nameless}
            asOf={filter.asOf}
            onShowOnChart={showOnChart}
            onClose={toggleInspector}
          />
        }
      >
        {failure !== null ? (
          <Failed thrown={failure} onRetry={() => rows.retry()} />
        ) : none ? (
          <NoDecisions filtered={isFiltering(filter)} />
        ) : (
          <div className="bk-panel bk-new-rows-panel" ref={table}>
            <NewerRows count={rows.newer} noun="newer decision" onShow={showNewer} />
            <PagedTable
              label="Decisions"
              columns={shown}
              rows={rows}
              rowKey={entryKey}
              selected={selected === null ? null : refKey(selected)}
              onSelect={select}
              onOpen={showOnChart}
              sort={sort}
              onSort={(next) => setDecisions({ sort: next })}
              widths={widths}
              onWidths={(next) => setDecisions({ widths: next })}
              flaw={flawOf}
              reveal={reveal}
            />
          </div>
        )}
      </InspectorPanels>
    </>
  )
}

function flawOf({ breach }: DecisionEntry): string | null {
  return breach === null ? null : `Breaks its schema: ${breach}`
}

/** `Chicago`, of `America/Chicago`: said once on the view. */
function cityOf(): string {
  const { name } = marketOffsets().zone
  return name.split('/').at(-1)?.replaceAll('_', ' ') ?? name
}

function Failed({ thrown, onRetry }: { readonly thrown: unknown; readonly onRetry: () => void }) {
  const { code, message } = failureReport(thrown)
  return (
    <EmptyState
      tone="problem"
      title="The decisions could not be read"
      actions={<Button onClick={onRetry}>Try again</Button>}
    >
      {message} <span className="bk-code">{code}</span>
    </EmptyState>
  )
}

function NoDecisions({ filtered }: { readonly filtered: boolean }) {
  return filtered ? (
    <EmptyState
      icon={ListChecks}
      title="No decision meets the filter"
      actions={<Button onClick={() => setDecisions({ filter: {} })}>Clear all filters</Button>}
    >
      Widen the time, or take a condition away.
    </EmptyState>
  ) : (
    <EmptyState
      icon={ListChecks}
      title="No decisions stored"
      actions={<Button onClick={() => showOverlay('import')}>Import decisions…</Button>}
    >
      Import the bot’s decision log, or let it write decisions_YYYYMMDD.parquet into the store’s decisions
      folder.
    </EmptyState>
  )
}
