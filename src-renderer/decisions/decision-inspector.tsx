import { ChartCandlestick, MousePointerClick, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { type DecisionDetail, isHit } from '../../schemas/contract/ledger.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { formatCount } from '../ui/figures.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { type DecisionEntry, HitWord } from './decision-columns.tsx'
import { formatClockTime, formatNumber, formatSigned } from './decision-text.ts'
import { InspectorFeatures } from './inspector-features.tsx'
import { PolicyThen, Provenance, RunAudits, StandingObjects } from './inspector-parts.tsx'
import { MiniChart } from './mini-chart.tsx'
import { ProblemsStrip } from './problems-strip.tsx'
import type { DetailState } from './use-detail.ts'

export interface DecisionInspectorProps {
  readonly found: DetailState
  /** A row that was chosen though nothing tells which decision it is. */
  readonly nameless: DecisionEntry | null
  /** As of when it is asked; undefined for all that is known now. */
  readonly asOf: number | undefined
  readonly onShowOnChart: () => void
  readonly onClose: () => void
}

/** Why the bot decided, what stood then, and how it ended. */
export function DecisionInspector(props: DecisionInspectorProps) {
  const { found, nameless, asOf, onShowOnChart, onClose } = props
  if (found.state === 'none' && nameless !== null) {
    return (
      <EmptyState title="This row can’t be inspected">
        It lacks an id or its time, so nothing tells which decision it is. {nameless.file}, row{' '}
        {formatCount(nameless.place + 1)}: {nameless.breach}.
      </EmptyState>
    )
  }
  if (found.state === 'none') {
    return (
      <EmptyState icon={MousePointerClick} title="No decision selected">
        Click a row, or move with the arrow keys: what the bot saw and why it decided shows here.
      </EmptyState>
    )
  }
  if (found.state === 'loading') return <section className="bk-inspector" aria-label="Decision" aria-busy />
  if (found.state === 'failed') {
    const { code, message } = found.error
    return (
      <EmptyState tone="problem" title="The decision could not be read">
        {message} <span className="bk-code">{code}</span>
      </EmptyState>
    )
  }
  const { detail, behind } = found
  const { row, breach } = detail.entry
  return (
    <section
      className="bk-inspector"
      aria-label={`Decision ${row.decision_id}`}
      aria-busy={behind}
      data-testid="decision-inspector"
    >
      <header className="bk-inspector-head">
        <strong>{row.action}</strong>
        <span>
          {row.symbol} {row.timeframe}
        </span>
        <span className="muted numeric">{formatClockTime(detail.ts)}</span>
        <span className="bk-topbar-space" />
        <IconButton icon={ChartCandlestick} label="Show on the chart" keys="C" onClick={onShowOnChart} />
        <CopyButton text={JSON.stringify(row, null, 2)} label="Copy the row as JSON" />
        <IconButton icon={X} label="Close the inspector" keys="I" onClick={onClose} />
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by key (WCAG 2.1.1). */}
      <section className="bk-inspector-body" tabIndex={0} aria-label="Details of the decision">
        {breach !== null && (
          <p className="bk-decision-breach" role="note">
            Breaks its schema: {breach}
          </p>
        )}
        <ProblemsStrip problems={detail.problems} />
        <MiniChart detail={detail} />
        <Facts detail={detail} asOf={asOf} />
        <InspectorFeatures row={row} policy={detail.policy} />
        <StandingObjects detail={detail} />
        <PolicyThen detail={detail} />
        <RunAudits detail={detail} />
        <Provenance detail={detail} />
      </section>
    </section>
  )
}

function Facts({ detail, asOf }: { readonly detail: DecisionDetail; readonly asOf: number | undefined }) {
  const { row } = detail.entry
  const pnl = row.outcome_pnl
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['Score', number(row.evaluation_score)],
    [
      'Outcome',
      <>
        <HitWord hit={isHit(row)} />
        {pnl !== null && pnl !== undefined && (
          <span data-side={pnl > 0 ? 'up' : pnl < 0 ? 'down' : undefined}> {formatSigned(pnl)}</span>
        )}
      </>,
    ],
    ['Outcome known', knownText(detail, asOf)],
    ['Max drawdown', number(row.outcome_max_drawdown)],
    [
      'Bars held',
      row.outcome_holding_period_bars === null ? null : formatCount(row.outcome_holding_period_bars),
    ],
    ['Position', number(row.position_size)],
    ['Session', row.session_regime],
    ['Macro regimes', row.macro_regimes?.join(', ') || null],
    ['Engine', row.engine_version],
    ['Run', <IdText key="run" id={row.run_id} />],
    ['Decision', <IdText key="decision" id={row.decision_id} />],
  ]
  return (
    <dl className="bk-decision-facts">
      {facts.map(
        ([name, value]) =>
          value !== null &&
          value !== undefined && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  )
}

/** Says when, and never more than was known as of the time that is asked about. */
function knownText({ outcomeKnownAt, entry }: DecisionDetail, asOf: number | undefined): string | null {
  if (outcomeKnownAt !== null) return formatClockTime(outcomeKnownAt)
  if (isHit(entry.row) !== null) return 'when, isn’t recorded'
  return asOf === undefined ? null : 'not yet, as of then'
}

function number(value: number | null | undefined): string | null {
  return value === null || value === undefined ? null : formatNumber(value)
}

function IdText({ id }: { readonly id: string }) {
  return (
    <span className="bk-decision-id">
      <span title={id}>{id}</span>
      <CopyButton text={id} label={`Copy ${id}`} />
    </span>
  )
}
