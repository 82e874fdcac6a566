import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import { AUDITS, type Column } from '../../schemas/tables/index.ts'
import { formatClockTime, formatNumber, formatValue } from '../decisions/decision-text.ts'
import type { PagedColumn } from '../ui/paged-table.tsx'
import type { AuditEntry } from './use-audits.ts'

const WIDTHS: Readonly<Record<string, number>> = {
  timestamp_utc: 150,
  run_id: 130,
  feature_name: 160,
  issues: 160,
  raw_value: 110,
  normalized_value: 110,
  session_regime: 170,
  policy_version: 84,
  engine_version: 84,
  audit_id: 180,
  macro_regimes: 200,
  metadata: 360,
}

/** What was found stands before whose it was; every column of the schema is there. */
const ORDER = Object.keys(WIDTHS)

export const AUDIT_COLUMNS: readonly PagedColumn<AuditEntry>[] = [...AUDITS.columns]
  .sort((a, b) => ORDER.indexOf(a.name) - ORDER.indexOf(b.name))
  .map(pagedColumn)

function pagedColumn({ name, label, format }: Column): PagedColumn<AuditEntry> {
  return {
    id: name,
    name: label,
    width: WIDTHS[name] ?? 140,
    numeric: name === 'raw_value' || name === 'normalized_value',
    sortable: format !== 'map' && format !== 'list',
    hint: name,
    show: ({ row }) => shownIn(name, row),
  }
}

function shownIn(name: string, row: AuditEntry['row']): ReactNode {
  switch (name) {
    case 'timestamp_utc':
      return row.timestamp_utc ? formatClockTime(Date.parse(row.timestamp_utc)) : null
    case 'issues':
      return <IssueWords issues={row.issues ?? []} />
    case 'raw_value':
    case 'normalized_value':
      // A clean audit has no value to speak of.
      return (row.issues ?? []).length === 0 && row[name] === null ? null : <ValueText value={row[name]} />
    case 'macro_regimes':
      return row.macro_regimes?.join(', ')
    case 'metadata':
      return metadataLine(row.metadata)
    default: {
      const value: unknown = (row as Readonly<Record<string, unknown>>)[name]
      return value === null || value === undefined ? null : String(value)
    }
  }
}

/** The issue, or that there is none. */
export function IssueWords({ issues }: { readonly issues: readonly string[] }) {
  if (issues.length > 0) return issues.join(', ')
  return (
    <span className="bk-audit-clean">
      <Check size={12} aria-hidden />
      clean
    </span>
  )
}

/** Text stands in quotes: that a number came as text is what an audit is about. */
export function ValueText({ value }: { readonly value: unknown }) {
  if (value === null || value === undefined) return <span className="muted">none</span>
  if (typeof value === 'number') return formatNumber(value)
  return JSON.stringify(value)
}

/** What the audit says in words, else its facts in short. */
function metadataLine(metadata: Readonly<Record<string, unknown>> | null | undefined): string | null {
  if (metadata === null || metadata === undefined) return null
  if (typeof metadata.message === 'string') return metadata.message
  return Object.entries(metadata)
    .map(([name, value]) => `${name} ${formatValue(value)}`)
    .join(' · ')
}

/** Tells rows apart, those without ids by their place. */
export function auditKey({ row, file, place }: AuditEntry): string {
  return row.run_id && row.audit_id ? JSON.stringify([row.run_id, row.audit_id]) : `${file}#${place}`
}
