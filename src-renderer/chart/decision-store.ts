import { createStore } from 'zustand/vanilla'
import type { DecisionMarker } from '../../schemas/contract/ledger.ts'
import type { DecisionRef } from '../state/ledger-links.ts'

/** Decisions on the chart: those loaded around the view, and the one that is meant. */
export interface ChartDecisionsState {
  /** By time. */
  readonly markers: readonly DecisionMarker[]
  /** In the loaded window; more than `markers` where there are too many to show. */
  readonly total: number
  readonly selected: DecisionRef | null
}

export const NO_DECISIONS: ChartDecisionsState = { markers: [], total: 0, selected: null }

export const chartDecisionsStore = createStore<ChartDecisionsState>(() => NO_DECISIONS)

export function selectDecision(selected: DecisionRef | null): void {
  chartDecisionsStore.setState({ selected })
}

export function refOfMarker({ runId, decisionId, ts }: DecisionMarker): DecisionRef {
  return { runId, decisionId, ts }
}

export function isSameDecision(a: DecisionRef | null, b: DecisionRef | null): boolean {
  return a !== null && b !== null && a.runId === b.runId && a.decisionId === b.decisionId
}

/**
 * Marks with others laid over them: those known by their key are replaced, the rest counted. By time; of more than `most`
 * the latest stay.
 */
export function mergeMarkers(
  known: readonly DecisionMarker[],
  total: number,
  came: readonly DecisionMarker[],
  most: number,
): { readonly markers: readonly DecisionMarker[]; readonly total: number } {
  const keyOf = ({ runId, decisionId }: DecisionMarker) => JSON.stringify([runId, decisionId])
  const byKey = new Map(known.map((marker) => [keyOf(marker), marker]))
  for (const marker of came) byKey.set(keyOf(marker), marker)
  const markers = [...byKey.values()].sort((a, b) => a.ts - b.ts)
  return { markers: markers.slice(-most), total: total + byKey.size - known.length }
}
