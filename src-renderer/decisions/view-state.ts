import { createStore } from 'zustand/vanilla'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import type { DecisionRef } from '../state/ledger-links.ts'
import { preferencesStore, setPreferences } from '../state/preferences.ts'
import type { PagedSort } from '../ui/paged-table.tsx'
import { type FilterChange, isRecord, readFilter, withChange } from './view-filter.ts'

/** What the view shows and how; all of it survives a restart. */
export interface DecisionsState {
  readonly filter: LedgerFilter
  /** Null: newest first. */
  readonly sort: PagedSort | null
  /** Columns of the schema by name, and `feature:<name>`, in order. */
  readonly columns: readonly string[]
  readonly widths: Readonly<Record<string, number>>
  readonly inspectorOpen: boolean
  /** Percent of the view. */
  readonly inspectorSize: number | null
  readonly selected: DecisionRef | null
}

export const FIRST_COLUMNS: readonly string[] = [
  'timestamp_utc',
  'symbol',
  'timeframe',
  'session_regime',
  'macro_regimes',
  'action',
  'evaluation_score',
  'outcome_hit',
  'outcome_pnl',
  'outcome_holding_period_bars',
  'policy_version',
  'run_id',
  'decision_id',
]

const START: DecisionsState = {
  filter: {},
  sort: null,
  columns: FIRST_COLUMNS,
  widths: {},
  inspectorOpen: true,
  inspectorSize: null,
  selected: null,
}

export const decisionsStore = createStore<DecisionsState>(() => START)

/** What the preference takes. */
const MOST_CHARACTERS = 20_000

export function setDecisions(change: Partial<DecisionsState>): void {
  decisionsStore.setState(change)
  const state = decisionsStore.getState()
  const text = JSON.stringify(state)
  // A filter of hundreds of ids came by a link and can come again: the rest is worth more.
  setPreferences({
    decisionsView: text.length <= MOST_CHARACTERS ? text : JSON.stringify({ ...state, filter: {} }),
  })
}

export function changeFilter(change: FilterChange): void {
  setDecisions({ filter: withChange(decisionsStore.getState().filter, change) })
}

let restoredFor: number | null = null

/** Takes up what was kept, once a window; in another store nothing is selected. @param generation of the store */
export function restoreDecisions(generation: number): void {
  if (restoredFor === generation) return
  if (restoredFor === null) decisionsStore.setState(readState(preferencesStore.getState().decisionsView))
  else decisionsStore.setState({ selected: null })
  restoredFor = generation
}

/** The view's state out of kept text; what isn't sound is as at first. */
export function readState(text: string | undefined): DecisionsState {
  const kept = parsed(text)
  if (!isRecord(kept)) return START
  const { sort, columns, widths, inspectorOpen, inspectorSize, selected } = kept
  const names = Array.isArray(columns) ? columns.filter((name) => typeof name === 'string') : []
  return {
    filter: readFilter(kept.filter),
    sort:
      isRecord(sort) && typeof sort.column === 'string'
        ? { column: sort.column, descending: sort.descending === true }
        : null,
    columns: names.length > 0 ? [...new Set(names)] : FIRST_COLUMNS,
    widths: isRecord(widths)
      ? Object.fromEntries(
          Object.entries(widths).filter((entry): entry is [string, number] => isWidth(entry[1])),
        )
      : {},
    inspectorOpen: inspectorOpen !== false,
    inspectorSize: isWidth(inspectorSize) && inspectorSize < 90 ? inspectorSize : null,
    selected: isRef(selected) ? selected : null,
  }
}

function isWidth(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value < 2_000
}

function isRef(value: unknown): value is DecisionRef {
  return (
    isRecord(value) &&
    typeof value.runId === 'string' &&
    typeof value.decisionId === 'string' &&
    typeof value.ts === 'number' &&
    Number.isSafeInteger(value.ts)
  )
}

function parsed(text: string | undefined): unknown {
  if (text === undefined) return null
  try {
    return JSON.parse(text) as unknown
  } catch {
    // Kept by another version, or by hand: the view begins afresh.
    return null
  }
}
