import { useCallback, useEffect } from 'react'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import { engine } from '../engine/client.ts'
import { appStore } from '../state/app-store.ts'
import { registerCommands } from '../state/commands.ts'
import { showOnChart as linkToChart } from '../state/ledger-links.ts'
import { showFailure } from '../state/notices.ts'
import type { PageCache } from '../ui/paged-table-cache.ts'
import { type DecisionEntry, entryKey, refKey } from './decision-columns.tsx'
import { exportDecisions } from './export-choice.tsx'
import { FIND_IDS } from './filter-bar.tsx'
import { decisionsStore, setDecisions } from './view-state.ts'

/** Registers what the view can be told by key and palette while it is mounted, and gives its buttons the same. */
export function useDecisionCommands(rows: PageCache<DecisionEntry>, filter: LedgerFilter) {
  const showOnChart = useCallback(async () => {
    const { selected } = decisionsStore.getState()
    if (selected === null) return
    const loaded = rows.row(rows.find((entry) => entryKey(entry) === refKey(selected)))?.row
    // Its columns may not be in the table, or it may be scrolled out of what is loaded.
    const row =
      loaded?.symbol && loaded.timeframe
        ? loaded
        : (await engine.call('decisionDetail', { ...selected })).entry.row
    if (!row.symbol) return
    // A chart without a bar of it could only say so: better here, where one still is.
    if (appStore.getState().store?.series.some(({ symbol }) => symbol === row.symbol) !== true) {
      const message = `The store holds no bars of ${row.symbol}. Import its candles to see its decisions at their bars.`
      showFailure('The decision can’t be shown on the chart', { code: 'NOT_FOUND', message })
      return
    }
    linkToChart({ symbol: row.symbol, timeframe: row.timeframe ?? null, ts: selected.ts, decision: selected })
  }, [rows])
  const toggleInspector = useCallback(
    () => setDecisions({ inspectorOpen: !decisionsStore.getState().inspectorOpen }),
    [],
  )
  useEffect(
    () =>
      registerCommands([
        {
          id: 'decisions.chart',
          name: 'Show the decision on the chart',
          group: 'Decisions',
          keys: ['C'],
          run: showOnChart,
        },
        {
          id: 'decisions.inspector',
          name: 'Inspector',
          group: 'Decisions',
          keys: ['I'],
          run: toggleInspector,
        },
        {
          id: 'decisions.next',
          name: 'Next decision',
          group: 'Decisions',
          keys: ['N'],
          keysOnly: true,
          run: () => pressInTable('ArrowDown'),
        },
        {
          id: 'decisions.previous',
          name: 'Previous decision',
          group: 'Decisions',
          keys: ['Shift+N'],
          keysOnly: true,
          run: () => pressInTable('ArrowUp'),
        },
        {
          id: 'decisions.find',
          name: 'Find in ids',
          group: 'Decisions',
          keys: ['/'],
          run: () => document.getElementById(FIND_IDS)?.focus(),
        },
        {
          id: 'decisions.clear',
          name: 'Clear all filters',
          group: 'Decisions',
          keys: ['Shift+C'],
          run: () => setDecisions({ filter: {} }),
        },
        {
          id: 'decisions.export-parquet',
          name: 'Export these decisions as Parquet…',
          group: 'Decisions',
          run: () => exportDecisions(filter, 'parquet'),
        },
        {
          id: 'decisions.export-csv',
          name: 'Export these decisions as CSV…',
          group: 'Decisions',
          run: () => exportDecisions(filter, 'csv'),
        },
      ]),
    [showOnChart, toggleInspector, filter],
  )
  return { showOnChart, toggleInspector }
}

/** The table knows its rows and what its keys do: from anywhere in the view one is pressed there. */
function pressInTable(key: string): void {
  const grid = document.querySelector<HTMLElement>('[role="grid"][aria-label="Decisions"]')
  grid?.focus({ preventScroll: true })
  grid?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
}
