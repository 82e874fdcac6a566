import { useEffect } from 'react'
import { onLive } from '../state/live.ts'
import type { PageCache } from '../ui/paged-table-cache.ts'
import { type DecisionEntry, entryKey } from './decision-columns.tsx'
import { decisionsStore } from './view-state.ts'

/** Shows outcomes of decisions in the table as they are pushed: in place, whatever the order. */
export function useOutcomes(rows: PageCache<DecisionEntry>): void {
  useEffect(
    () =>
      onLive(({ ledger = [] }) => {
        // As of a time an outcome that came later is not known.
        if (decisionsStore.getState().filter.asOf !== undefined) return
        for (const { table, entries } of ledger) {
          if (table !== 'decisions' || entries.length === 0) continue
          const told = new Map(
            entries.map((entry) => [entryKey(entry as DecisionEntry), entry as DecisionEntry]),
          )
          rows.replace((row) => told.get(entryKey(row)))
        }
      }),
    [rows],
  )
}
