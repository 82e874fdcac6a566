import { useEffect } from 'react'
import { useStore } from 'zustand'
import { appStore } from '../state/app-store.ts'
import { type Command, registerCommands } from '../state/commands.ts'
import type { ChartSession } from './chart-session.ts'
import { decisionCommands } from './decision-commands.ts'
import { chartDecisionsStore, selectDecision } from './decision-store.ts'
import { toggleEmas } from './ema-choice.ts'
import { pictureCommands } from './picture-actions.ts'
import { timeframesOf } from './series-choice.ts'
import { selectObject } from './state/objects-store.ts'
import { seriesStore } from './state/series-store.ts'
import { putToolsAway, toggleMeasuring, toolsStore } from './state/tools-store.ts'

export interface ViewActions {
  togglePanel(): void
  askForDate(): void
}

/** Registers what the chart can be told by key, palette and menu, while it is mounted. */
export function useChartCommands(session: ChartSession | null, actions: ViewActions): void {
  const symbol = useStore(seriesStore, (state) => state.feed.symbol)
  const series = useStore(appStore, (state) => state.store?.series)
  const { togglePanel, askForDate } = actions
  useEffect(() => {
    if (session === null) return
    return registerCommands([
      { id: 'fit', name: 'Fit everything', group: 'Chart', keys: ['F'], run: () => session.fit() },
      { id: 'go-to-date', name: 'Go to date…', group: 'Chart', keys: ['G'], run: askForDate },
      {
        id: 'chart.log',
        name: 'Logarithmic prices',
        group: 'Chart',
        keys: ['L'],
        run: () => session.toggleLog(),
      },
      {
        id: 'chart.emas',
        name: 'Exponential moving averages',
        group: 'Chart',
        keys: ['E'],
        run: toggleEmas,
      },
      { id: 'chart.objects', name: 'Object list', group: 'Chart', keys: ['O'], run: togglePanel },
      { id: 'chart.measure', name: 'Measure', group: 'Chart', keys: ['M'], run: toggleMeasuring },
      ...decisionCommands(session),
      ...pictureCommands(session),
      {
        id: 'chart.first',
        name: 'First bar',
        group: 'Chart',
        keys: ['Home'],
        run: () => session.goToEnd('first'),
      },
      {
        id: 'chart.last',
        name: 'Last bar',
        group: 'Chart',
        keys: ['End'],
        run: () => session.goToEnd('last'),
      },
      move('left', 'Move left', ['ArrowLeft'], () => session.pan(-0.1)),
      move('right', 'Move right', ['ArrowRight'], () => session.pan(0.1)),
      move('page-left', 'A screen to the left', ['Shift+ArrowLeft', 'PageUp'], () => session.pan(-0.9)),
      move('page-right', 'A screen to the right', ['Shift+ArrowRight', 'PageDown'], () => session.pan(0.9)),
      move('in', 'Zoom in', ['+', '=', 'ArrowUp'], () => session.zoom(1 / 1.25)),
      move('out', 'Zoom out', ['-', 'ArrowDown'], () => session.zoom(1.25)),
      move('deselect', 'Put away the tool, deselect decision and object', ['Escape'], putAway),
    ])
  }, [session, togglePanel, askForDate])
  useEffect(() => {
    if (session === null) return
    const timeframes = timeframesOf(series ?? [], symbol).slice(0, 9)
    return registerCommands(
      timeframes.map((timeframe, index) => ({
        id: `chart.timeframe.${timeframe}`,
        name: `Timeframe ${timeframe}`,
        group: 'Chart',
        keys: [String(index + 1)],
        run: () => session.openNth(index),
      })),
    )
  }, [session, series, symbol])
}

/** One step back at a time. */
function putAway(): void {
  const { measuring, brushing } = toolsStore.getState()
  if (measuring || brushing) putToolsAway()
  else if (chartDecisionsStore.getState().selected !== null) selectDecision(null)
  else selectObject(null)
}

function move(id: string, name: string, keys: readonly string[], run: () => void): Command {
  return { id: `chart.${id}`, name, group: 'Chart', keys, keysOnly: true, run }
}
