import type { ReactNode } from 'react'
import { isHit, type LedgerEntry } from '../../schemas/contract/ledger.ts'
import type { DecisionRow } from '../../schemas/generated/rows.ts'
import { type Column, DECISIONS } from '../../schemas/tables/index.ts'
import type { DecisionRef } from '../state/ledger-links.ts'
import { formatCount } from '../ui/figures.ts'
import type { PagedColumn } from '../ui/paged-table.tsx'
import { formatClockTime, formatNumber, formatScore, formatSigned, formatValue } from './decision-text.ts'

/** A row whose columns may be missing: it breaks its schema, or they weren't asked for. */
export type DecisionEntry = LedgerEntry<Partial<{ [Name in keyof DecisionRow]: DecisionRow[Name] | null }>>

export const FEATURE = 'feature:'

/** As wide as what they usually hold, so that the outcome is in sight beside the inspector. */
const WIDTHS: Readonly<Record<string, number>> = {
  timestamp_utc: 156,
  symbol: 68,
  timeframe: 90,
  session_regime: 112,
  macro_regimes: 132,
  key_features: 260,
  evaluation_score: 80,
  action: 72,
  outcome_pnl: 92,
  outcome_hit: 60,
  outcome_max_drawdown: 116,
  outcome_holding_period_bars: 92,
  policy_version: 84,
  run_id: 140,
  decision_id: 220,
}

/** The chosen columns, in their order: those of the schema with its labels and formats, and features by name. */
export function decisionColumns(chosen: readonly string[]): readonly PagedColumn<DecisionEntry>[] {
  return chosen.flatMap((id) => {
    if (id.startsWith(FEATURE)) return featureColumn(id)
    const column = DECISIONS.columns.find(({ name }) => name === id)
    return column === undefined ? [] : schemaColumn(column)
  })
}

/** Columns of the table that the chosen ones need: what is asked of the engine. */
export function columnsAsked(chosen: readonly string[]): string[] {
  const needed = chosen.map((id) => (id.startsWith(FEATURE) ? 'key_features' : id))
  // Hit or miss may follow from the PnL alone.
  if (needed.includes('outcome_hit')) needed.push('outcome_pnl')
  return [...new Set(needed)].filter((name) => DECISIONS.columns.some((column) => column.name === name))
}

/** Null for a row that nothing can be asked about: it lacks an id or its time. */
export function refOf({ row }: DecisionEntry): DecisionRef | null {
  const { run_id: runId, decision_id: decisionId, timestamp_utc: time } = row
  const ts = typeof time === 'string' ? Date.parse(time) : Number.NaN
  return runId && decisionId && !Number.isNaN(ts) ? { runId, decisionId, ts } : null
}

/** Tells rows apart, those without ids by their place. */
export function entryKey(entry: DecisionEntry): string {
  const ref = refOf(entry)
  return ref === null ? `${entry.file}#${entry.place}` : refKey(ref)
}

export function refKey({ runId, decisionId }: DecisionRef): string {
  return JSON.stringify([runId, decisionId])
}

function featureColumn(id: string): PagedColumn<DecisionEntry> {
  const name = id.slice(FEATURE.length)
  return {
    id,
    name,
    width: 112,
    numeric: true,
    hint: `Feature ${name}`,
    show: ({ row }) => {
      const value = row.key_features?.[name]
      return value === undefined ? '' : formatValue(value)
    },
  }
}

function schemaColumn(column: Column): PagedColumn<DecisionEntry> {
  const { name, label, format } = column
  const numeric = format === 'number' || format === 'price' || format === 'count' || format === 'volume'
  return {
    id: name,
    name: label,
    width: WIDTHS[name] ?? (numeric ? 96 : 150),
    numeric,
    hint: name,
    show: ({ row }) => SHOWN[name]?.(row) ?? plain((row as Record<string, unknown>)[name], format),
  }
}

/** Columns that say more than their value. */
const SHOWN: Readonly<Record<string, (row: DecisionEntry['row']) => ReactNode>> = {
  timestamp_utc: ({ timestamp_utc: time }) => (time ? formatClockTime(Date.parse(time)) : null),
  evaluation_score: ({ evaluation_score: score }) =>
    typeof score === 'number' ? <span title={String(score)}>{formatScore(score)}</span> : null,
  outcome_pnl: ({ outcome_pnl: pnl }) =>
    typeof pnl === 'number' ? (
      <span data-side={pnl > 0 ? 'up' : pnl < 0 ? 'down' : undefined}>{formatSigned(pnl)}</span>
    ) : null,
  outcome_hit: (row) => <HitWord hit={isHit(row)} />,
}

/** Green and red only beside the word. */
export function HitWord({ hit }: { readonly hit: boolean | null }) {
  if (hit === null) return <span className="muted">open</span>
  return <span data-side={hit ? 'up' : 'down'}>{hit ? 'hit' : 'miss'}</span>
}

function plain(value: unknown, format: Column['format']): ReactNode {
  if (value === null || value === undefined) return null
  if (typeof value === 'number') return format === 'count' ? formatCount(value) : formatNumber(value)
  if (Array.isArray(value)) return value.join(', ')
  if (format === 'map' && typeof value === 'object')
    return Object.entries(value)
      .map(([key, one]) => `${key} ${formatValue(one)}`)
      .join(' · ')
  return formatValue(value)
}
