import { createStore } from 'zustand/vanilla'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import { appStore, type ViewName } from './app-store.ts'
import { setPreferences } from './preferences.ts'

/** A decision by its stable key, and its time, which names the file's day. */
export interface DecisionRef {
  readonly runId: string
  readonly decisionId: string
  /** ms UTC */
  readonly ts: number
}

/** A place on the chart. */
export interface ChartPlace {
  readonly symbol: string
  /** As the row names it; the chart joins it to one of its own. Null keeps the chart's. */
  readonly timeframe: string | null
  /** ms UTC */
  readonly ts: number
  readonly decision: DecisionRef | null
  /** An object to select there, by id. */
  readonly object?: string
}

/**
 * What one view hands to another: the view that opens takes it (sets it to null) and shows it. Each link is taken once,
 * so that coming back later by the rail finds the view as it was left.
 */
export interface LedgerLinks {
  readonly decisions: { readonly filter: LedgerFilter | null; readonly select: DecisionRef | null } | null
  readonly audits: { readonly filter: LedgerFilter } | null
  readonly chart: ChartPlace | null
  readonly policy: { readonly version: string } | null
}

export const ledgerLinks = createStore<LedgerLinks>(() => ({
  decisions: null,
  audits: null,
  chart: null,
  policy: null,
}))

/** Opens Decisions with a filter (null: the one it has) and, if given, a decision in the inspector. */
export function showDecisions(filter: LedgerFilter | null, select: DecisionRef | null = null): void {
  ledgerLinks.setState({ decisions: { filter, select } })
  bringToFront('decisions')
}

export function showAudits(filter: LedgerFilter): void {
  ledgerLinks.setState({ audits: { filter } })
  bringToFront('audits')
}

export function showOnChart(place: ChartPlace): void {
  ledgerLinks.setState({ chart: place })
  bringToFront('chart')
}

export function showPolicy(version: string): void {
  ledgerLinks.setState({ policy: { version } })
  bringToFront('policies')
}

function bringToFront(view: ViewName): void {
  appStore.setState({ view, overlay: null })
  setPreferences({ view })
}
