import type { Command } from '../state/commands.ts'
import { showDecisions } from '../state/ledger-links.ts'
import { preferencesStore, setPreferences } from '../state/preferences.ts'
import type { ChartSession } from './chart-session.ts'
import { chartDecisionsStore, isSameDecision, refOfMarker, selectDecision } from './decision-store.ts'
import { seriesStore } from './state/series-store.ts'
import { toggleBrushing } from './state/tools-store.ts'

/** What the chart can be told about the decisions on it. */
export function decisionCommands(session: ChartSession): readonly Command[] {
  return [
    {
      id: 'chart.decisions',
      name: 'Decisions on the chart',
      group: 'Chart',
      keys: ['D'],
      run: toggleDecisions,
    },
    {
      id: 'chart.next-decision',
      name: 'Next decision',
      group: 'Chart',
      keys: ['N'],
      run: () => stepDecision(session, 1),
    },
    {
      id: 'chart.previous-decision',
      name: 'Previous decision',
      group: 'Chart',
      keys: ['Shift+N'],
      run: () => stepDecision(session, -1),
    },
    { id: 'chart.inspect', name: 'Inspect the decision', group: 'Chart', keys: ['I'], run: inspectDecision },
    {
      id: 'chart.brush',
      name: 'Brush a time range: its decisions',
      group: 'Chart',
      keys: ['B'],
      run: toggleBrushing,
    },
    {
      id: 'chart.decisions-in-view',
      name: 'Decisions of the time in view',
      group: 'Chart',
      keys: ['Shift+B'],
      run: () => session.showDecisionsOf(),
    },
  ]
}

export function toggleDecisions(): void {
  setPreferences({ showDecisions: preferencesStore.getState().showDecisions === false })
}

/** The selected decision in the inspector; without one, the Decisions view as it was left. */
export function inspectDecision(): void {
  showDecisions(null, chartDecisionsStore.getState().selected)
}

/** Selects the decision after (1) or before (−1) the selected one, or the first of the view from that side. */
export async function stepDecision(session: ChartSession, by: 1 | -1): Promise<void> {
  const { markers, selected } = chartDecisionsStore.getState()
  const { visible } = seriesStore.getState()
  const at = markers.findIndex((marker) => isSameDecision(marker, selected))
  const inView = markers.filter(({ ts }) => visible !== null && ts >= visible.from && ts <= visible.to)
  const next = at >= 0 ? markers[at + by] : by > 0 ? inView[0] : inView.at(-1)
  if (next === undefined) return
  selectDecision(refOfMarker(next))
  if (visible === null || next.ts < visible.from || next.ts > visible.to) await session.goTo(next.ts)
}
