import { Download, PanelRight, ShieldCheck } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useStore } from 'zustand'
import { tellDrawn } from '../app/drawn.ts'
import { marketOffsets } from '../decisions/decision-text.ts'
import { ProblemsStrip } from '../decisions/problems-strip.tsx'
import { isFiltering } from '../decisions/view-filter.ts'
import { failureReport } from '../engine/client.ts'
import { appStore, showOverlay } from '../state/app-store.ts'
import { openExport } from '../state/export.ts'
import { ledgerLinks } from '../state/ledger-links.ts'
import { Button } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { formatCount } from '../ui/figures.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { NewerRows } from '../ui/newer-rows.tsx'
import { PagedTable } from '../ui/paged-table.tsx'
import { usePagedRows } from '../ui/paged-table-rows.ts'
import { Plot, PlotLegend } from '../ui/plot.tsx'
import { Segmented } from '../ui/segmented.tsx'
import { isNewestFirst, useNewer } from '../ui/use-newer.ts'
import { AUDIT_COLUMNS, auditKey } from './audit-columns.tsx'
import { AuditDetail } from './audit-detail.tsx'
import { type Focus, readAuditFilter, togglePick, withFocus } from './audit-filter.ts'
import { AuditsPanels } from './audits-panels.tsx'
import { AuditFilterBar, TakeAway } from './filter-bar.tsx'
import { GroupTable } from './group-table.tsx'
import { focusOfPlace, timelinePlot } from './timeline-data.ts'
import { toggleDetail, useAuditCommands } from './use-audit-commands.ts'
import {
  type AuditEntry,
  type TimelineState,
  useAuditFacets,
  useAuditRows,
  useTimeline,
} from './use-audits.ts'
import { auditsStore, restoreAudits, setAudits } from './view-state.ts'
import '../decisions/decisions-view.css'
import '../chart/object-panel.css'
import '../storage-health/storage-view.css'
import './audits-view.css'

/** What the bot's feature audits found: by day, by run, by feature, and the rows behind every figure. */
export function AuditsView() {
  const generation = useStore(appStore, (state) => state.storeGeneration)
  const [ready, setReady] = useState(false)
  useEffect(() => {
    restoreAudits(generation)
    takeLink()
    setReady(true)
    return ledgerLinks.subscribe(takeLink)
  }, [generation])
  return ready ? <Audits /> : null
}

/** A link from another view is taken once: its filter takes the place of the one here. */
function takeLink(): void {
  const { audits: link } = ledgerLinks.getState()
  if (link === null) return
  ledgerLinks.setState({ audits: null })
  setAudits({ filter: readAuditFilter(link.filter), focus: {} })
}

function pick(focus: Focus): void {
  setAudits({ focus: togglePick(auditsStore.getState().focus, focus) })
}

const FOLLOWED = ['audits'] as const
const sortNewestFirst = () => setAudits({ sort: null })

function Audits() {
  const { filter, focus, sort, widths, selected, detailOpen } = useStore(auditsStore)
  const shown = useMemo(() => withFocus(filter, focus), [filter, focus])
  const { fetch, problems } = useAuditRows(shown, sort)
  const newestFirst = isNewestFirst(sort)
  const rows = usePagedRows<AuditEntry>(fetch, FOLLOWED, newestFirst)
  const { reveal, showNewer } = useNewer(null, newestFirst, sortNewestFirst)
  const figures = useTimeline(filter)
  const facets = useAuditFacets()
  const place = selected === null ? -1 : rows.find((row) => auditKey(row) === selected)
  const entry = place < 0 ? null : (rows.row(place) ?? null)
  useAuditCommands(entry, shown)
  const select = useCallback((row: AuditEntry) => setAudits({ selected: auditKey(row) }), [])
  const open = useCallback((row: AuditEntry) => setAudits({ selected: auditKey(row), detailOpen: true }), [])
  const table = useRef<HTMLDivElement>(null)
  useEffect(
    () => table.current?.querySelector<HTMLElement>('[role="grid"]')?.focus({ preventScroll: true }),
    [],
  )
  const { answered, total, failure } = rows
  const { timeline, error } = figures
  useEffect(() => {
    const counted = timeline !== null || error !== null
    if ((answered || failure !== null) && counted && facets !== null) tellDrawn()
  }, [answered, failure, timeline, error, facets])
  if (answered && total === 0 && timeline?.days.length === 0 && timeline.runs.length === 0) {
    return (
      <>
        <AuditFilterBar filter={filter} facets={facets}>
          {null}
        </AuditFilterBar>
        <ProblemsStrip problems={problems} />
        <NoAudits filtered={isFiltering(filter)} />
      </>
    )
  }
  return (
    <>
      <AuditFilterBar filter={filter} facets={facets}>
        <IconButton
          icon={Download}
          label="Export these audits"
          disabled={!answered || total === 0}
          onClick={() => openExport('audits', shown)}
        />
        <IconButton
          icon={PanelRight}
          label="Details of the row"
          keys="I"
          pressed={detailOpen}
          onClick={toggleDetail}
        />
      </AuditFilterBar>
      <ProblemsStrip problems={problems} />
      <AuditsPanels
        plot={<TimelinePlot figures={figures} />}
        groups={<Groups figures={figures} focus={focus} />}
        detail={<AuditDetail entry={entry} onPick={pick} onClose={toggleDetail} />}
        rows={
          <>
            <RowsBar total={answered ? total : null} focus={focus} />
            {failure === null ? (
              <div className="bk-panel bk-new-rows-panel" ref={table}>
                <NewerRows count={rows.newer} noun="newer row" onShow={showNewer} />
                <PagedTable
                  label="Rows of audits"
                  columns={AUDIT_COLUMNS}
                  rows={rows}
                  rowKey={auditKey}
                  selected={selected}
                  onSelect={select}
                  onOpen={open}
                  sort={sort}
                  onSort={(next) => setAudits({ sort: next })}
                  widths={widths}
                  onWidths={(next) => setAudits({ widths: next })}
                  reveal={reveal}
                  flaw={({ breach }) => (breach === null ? null : `Breaks its schema: ${breach}`)}
                />
              </div>
            ) : (
              <Failed report={failureReport(failure)} onRetry={() => rows.retry()} />
            )}
          </>
        }
      />
    </>
  )
}

function TimelinePlot({ figures }: { readonly figures: TimelineState }) {
  const { timeline, error, behind, retry } = figures
  const data = useMemo(() => (timeline === null ? null : timelinePlot(timeline)), [timeline])
  if (data === null && error !== null) return <Failed report={error} onRetry={retry} />
  if (data === null) return <EmptyState title="Counting the issues…" />
  return (
    <section className="bk-audit-figures" aria-label="Issues over time" aria-busy={behind}>
      <div className="bk-panel-bar bk-audit-plot-bar">
        <h2>Issues by trading date</h2>
        <PlotLegend data={data} />
      </div>
      <Plot
        label="Issues and clean audits by trading date"
        data={data}
        pickText="shows the rows of the bar"
        onPick={(at) => pick(focusOfPlace(data, at))}
      />
    </section>
  )
}

const GROUPINGS = [
  { value: 'run', label: 'By run' },
  { value: 'feature', label: 'By feature' },
] as const

function Groups({ figures, focus }: { readonly figures: TimelineState; readonly focus: Focus }) {
  const by = useStore(auditsStore, (state) => state.by)
  const { timeline } = figures
  if (timeline === null) return null
  const clean = timeline.runs.filter(({ issues }) => Object.keys(issues).length === 0).length
  return (
    <section className="bk-audit-figures" aria-label="Groups">
      <div className="bk-panel-bar">
        <Segmented
          label="Group by"
          value={by}
          options={GROUPINGS}
          onChange={(next) => setAudits({ by: next })}
        />
        <span className="muted">
          {by === 'run'
            ? `${formatCount(timeline.runs.length, 'run')}, ${formatCount(clean)} without issues`
            : formatCount(timeline.features.length, 'feature')}
        </span>
      </div>
      {by === 'feature' && timeline.features.length === 0 ? (
        <EmptyState icon={ShieldCheck} title="No feature has an issue" />
      ) : (
        <GroupTable timeline={timeline} by={by} focus={focus} onPick={pick} />
      )}
    </section>
  )
}

/** How many rows there are, and what was picked to get to them. */
function RowsBar({ total, focus }: { readonly total: number | null; readonly focus: Focus }) {
  const { day, runId, feature, issue, clean } = focus
  const picks = [day && `on ${day}`, runId, feature, issue, clean === true ? 'clean' : undefined]
  const isPicked = Object.keys(focus).length > 0
  return (
    <div className="bk-panel-bar bk-audit-rows-bar">
      <span>{total === null ? 'Reading…' : formatCount(total, 'row')}</span>
      {isPicked && (
        <TakeAway text={picks.filter(Boolean).join(', ')} onClick={() => setAudits({ focus: {} })} />
      )}
      {!isPicked && <span className="muted">Click a bar or a figure to see its rows alone.</span>}
      <span className="bk-topbar-space" />
      <span className="muted">Times: {cityOf()}</span>
    </div>
  )
}

/** `Chicago`, of `America/Chicago`: said once on the view. */
function cityOf(): string {
  const { name } = marketOffsets().zone
  return name.split('/').at(-1)?.replaceAll('_', ' ') ?? name
}

interface FailedProps {
  readonly report: { readonly code: string; readonly message: string }
  readonly onRetry: () => void
}

function Failed({ report, onRetry }: FailedProps) {
  return (
    <EmptyState
      tone="problem"
      title="The audits could not be read"
      actions={<Button onClick={onRetry}>Try again</Button>}
    >
      {report.message} <span className="bk-code">{report.code}</span>
    </EmptyState>
  )
}

function NoAudits({ filtered }: { readonly filtered: boolean }) {
  return filtered ? (
    <EmptyState
      icon={ShieldCheck}
      title="No audit meets the filter"
      actions={<Button onClick={() => setAudits({ filter: {}, focus: {} })}>Clear all filters</Button>}
    >
      Widen the time, or take a condition away.
    </EmptyState>
  ) : (
    <EmptyState
      icon={ShieldCheck}
      title="No audits stored"
      actions={<Button onClick={() => showOverlay('import')}>Import audits…</Button>}
    >
      Import the bot’s audit documents, or let it write audits_YYYYMMDD.parquet into the store’s audits
      folder.
    </EmptyState>
  )
}
