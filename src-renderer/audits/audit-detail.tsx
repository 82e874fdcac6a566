import { ChevronRight, MousePointerClick, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { formatClockTime } from '../decisions/decision-text.ts'
import { showDecisions, showPolicy } from '../state/ledger-links.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { IconButton } from '../ui/icon-button.tsx'
import { IssueWords, ValueText } from './audit-columns.tsx'
import type { Focus } from './audit-filter.ts'
import type { AuditEntry } from './use-audits.ts'

export interface AuditDetailProps {
  readonly entry: AuditEntry | null
  readonly onPick: (focus: Focus) => void
  readonly onClose: () => void
}

/** All that one row of an audit says. */
export function AuditDetail({ entry, onPick, onClose }: AuditDetailProps) {
  if (entry === null) {
    return (
      <EmptyState icon={MousePointerClick} title="No row selected">
        Click a row, or move with the arrow keys: what the audit says of it shows here.
      </EmptyState>
    )
  }
  const { row, breach, file, place } = entry
  const metadata = wordsFirst(Object.entries(row.metadata ?? {}))
  // Bots that audit the features of one decision name it.
  const decisionId = row.metadata?.decision_id
  const { run_id: runId, feature_name: feature, policy_version: policy } = row
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['Raw value', <ValueText key="raw" value={row.raw_value} />],
    ['Normalized', <ValueText key="normalized" value={row.normalized_value} />],
    ['Session', row.session_regime],
    ['Macro regimes', row.macro_regimes?.join(', ') || null],
    ['Policy', policy && <Link onClick={() => showPolicy(policy)}>{policy}</Link>],
    ['Engine', row.engine_version],
    ['Run', runId && <Link onClick={() => onPick({ runId })}>{runId}</Link>],
    ['Audit', row.audit_id],
    ['Stored in', `${file}, row ${place + 1}`],
  ]
  return (
    <section className="bk-inspector" aria-label={`Audit ${row.audit_id ?? ''}`} data-testid="audit-detail">
      <header className="bk-inspector-head">
        <strong>
          <IssueWords issues={row.issues ?? []} />
        </strong>
        {feature !== null && feature !== undefined && <span>{feature}</span>}
        <span className="bk-topbar-space" />
        <CopyButton text={JSON.stringify(row, null, 2)} label="Copy the row as JSON" />
        <IconButton icon={X} label="Close the details" keys="I" onClick={onClose} />
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by key (WCAG 2.1.1). */}
      <section className="bk-inspector-body" tabIndex={0} aria-label="Details of the audit">
        {breach !== null && (
          <p className="bk-decision-breach" role="note">
            Breaks its schema: {breach}
          </p>
        )}
        <dl className="bk-decision-facts">
          {row.timestamp_utc && <Fact name="Time">{formatClockTime(Date.parse(row.timestamp_utc))}</Fact>}
          {facts.map(
            ([name, value]) =>
              value !== null &&
              value !== undefined &&
              value !== '' && (
                <Fact key={name} name={name}>
                  {value}
                </Fact>
              ),
          )}
        </dl>
        <section className="bk-decision-part">
          <h2>Metadata</h2>
          {metadata.length === 0 && <p className="muted">The audit says nothing more.</p>}
          <dl className="bk-decision-facts">
            {metadata.map(([name, value]) => (
              <Fact key={name} name={name}>
                <MetadataValue value={value} />
              </Fact>
            ))}
          </dl>
        </section>
        <section className="bk-decision-part">
          {runId && typeof decisionId === 'string' && (
            <button
              type="button"
              className="bk-link"
              onClick={() => showDecisions({ runIds: [runId], decisionIds: [decisionId] })}
            >
              Its decision <ChevronRight size={12} aria-hidden />
            </button>
          )}
          {runId && (
            <button type="button" className="bk-link" onClick={() => showDecisions({ runIds: [runId] })}>
              Decisions of this run <ChevronRight size={12} aria-hidden />
            </button>
          )}
          {feature && (
            <button type="button" className="bk-link" onClick={() => onPick({ feature })}>
              All issues of {feature} <ChevronRight size={12} aria-hidden />
            </button>
          )}
        </section>
      </section>
    </section>
  )
}

function Link({ onClick, children }: { readonly onClick: () => void; readonly children: ReactNode }) {
  return (
    <button type="button" className="bk-link" onClick={onClick}>
      {children}
    </button>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** What the audit says in a sentence stands before its facts. */
function wordsFirst(
  entries: readonly (readonly [string, unknown])[],
): readonly (readonly [string, unknown])[] {
  const isWords = ([name]: readonly [string, unknown]): boolean => name === 'message'
  return [...entries.filter(isWords), ...entries.filter((entry) => !isWords(entry))]
}

/** Lists and objects as indented JSON, one value as it is read. */
function MetadataValue({ value }: { readonly value: unknown }) {
  if (typeof value === 'string') return value
  if (value !== null && typeof value === 'object')
    return <pre className="bk-audit-json">{JSON.stringify(value, null, 2)}</pre>
  return <ValueText value={value} />
}
