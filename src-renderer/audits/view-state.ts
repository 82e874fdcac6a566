import { createStore } from 'zustand/vanilla'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import { type FilterChange, isRecord, withChange } from '../decisions/view-filter.ts'
import { preferencesStore, setPreferences } from '../state/preferences.ts'
import type { PagedSort } from '../ui/paged-table.tsx'
import { type Focus, readAuditFilter, readFocus } from './audit-filter.ts'

export type Grouping = 'run' | 'feature'

/** What the view shows and how; all of it but the selected row survives a restart. */
export interface AuditsState {
  readonly filter: LedgerFilter
  readonly focus: Focus
  readonly by: Grouping
  /** Null: newest first. */
  readonly sort: PagedSort | null
  readonly widths: Readonly<Record<string, number>>
  readonly detailOpen: boolean
  /** Percent: of the figures' height, of the plot's width, of the detail's width. */
  readonly sizes: Readonly<Record<string, number>>
  /** Key of the selected row. */
  readonly selected: string | null
}

const START: AuditsState = {
  filter: {},
  focus: {},
  by: 'run',
  sort: null,
  widths: {},
  detailOpen: true,
  sizes: {},
  selected: null,
}

export const auditsStore = createStore<AuditsState>(() => START)

/** What the preference takes. */
const MOST_CHARACTERS = 20_000

export function setAudits(change: Partial<AuditsState>): void {
  auditsStore.setState(change)
  const { selected: _, ...state } = auditsStore.getState()
  const text = JSON.stringify(state)
  // A filter of hundreds of ids came by a link and can come again: the rest is worth more.
  setPreferences({
    auditsView: text.length <= MOST_CHARACTERS ? text : JSON.stringify({ ...state, filter: {}, focus: {} }),
  })
}

/** Another filter is another set of figures: what was picked out of the last ones means nothing any more. */
export function changeAuditFilter(change: FilterChange): void {
  setAudits({ filter: withChange(auditsStore.getState().filter, change), focus: {} })
}

let restoredFor: number | null = null

/** Takes up what was kept, once a window; in another store nothing is picked. @param generation of the store */
export function restoreAudits(generation: number): void {
  if (restoredFor === generation) return
  if (restoredFor === null) auditsStore.setState(readState(preferencesStore.getState().auditsView))
  else auditsStore.setState({ selected: null, focus: {} })
  restoredFor = generation
}

/** The view's state out of kept text; what isn't sound is as at first. */
export function readState(text: string | undefined): AuditsState {
  const kept = parsed(text)
  if (!isRecord(kept)) return START
  const { sort, by, detailOpen } = kept
  return {
    filter: readAuditFilter(kept.filter),
    focus: readFocus(kept.focus),
    by: by === 'feature' ? 'feature' : 'run',
    sort:
      isRecord(sort) && typeof sort.column === 'string'
        ? { column: sort.column, descending: sort.descending === true }
        : null,
    widths: figuresOf(kept.widths, 2000),
    detailOpen: detailOpen !== false,
    sizes: figuresOf(kept.sizes, 100),
    selected: null,
  }
}

function figuresOf(kept: unknown, most: number): Readonly<Record<string, number>> {
  if (!isRecord(kept)) return {}
  const isFigure = (value: unknown): value is number => typeof value === 'number' && value > 0 && value < most
  return Object.fromEntries(
    Object.entries(kept).filter((entry): entry is [string, number] => isFigure(entry[1])),
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
