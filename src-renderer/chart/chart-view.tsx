import { useCallback, useEffect, useRef, useState } from 'react'
import {
  Group,
  type Layout,
  type LayoutChangedMeta,
  Panel,
  type PanelImperativeHandle,
  Separator,
} from 'react-resizable-panels'
import { useStore } from 'zustand'
import { NoData } from '../app/first-run.tsx'
import { appStore } from '../state/app-store.ts'
import { preferencesStore, setPreferences } from '../state/preferences.ts'
import { useChartCommands } from './chart-commands.ts'
import { ChartPane } from './chart-pane.tsx'
import type { ChartSession } from './chart-session.ts'
import { ChartStrips } from './chart-strips.tsx'
import { ChartToolbar } from './chart-toolbar.tsx'
import { ObjectPanel } from './object-panel.tsx'
import './chart-view.css'

/** Narrower than this and its columns no longer hold their figures. */
const PANEL_LEAST = 300
const PANEL_WIDEST = 380

/** What the chart and the rail leave of the window when the chart takes seven tenths of it. */
function usualPanel(): number {
  return Math.max(PANEL_LEAST, Math.min(PANEL_WIDEST, Math.floor(window.innerWidth * 0.3) - 58))
}

/** The chart with its own top bar, and the objects beside it. */
export function ChartView() {
  const empty = useStore(appStore, (state) => (state.store?.series.length ?? 0) === 0)
  // A store may hold object events and no bar yet: there is no chart to draw them on.
  return empty ? <NoData /> : <ChartWithObjects />
}

function ChartWithObjects() {
  const [session, setSession] = useState<ChartSession | null>(null)
  const [goToOpen, setGoToOpen] = useState(false)
  const panelOpen = useStore(preferencesStore, (state) => state.sidePanelOpen ?? true)
  const togglePanel = useCallback(() => {
    setPreferences({ sidePanelOpen: !(preferencesStore.getState().sidePanelOpen ?? true) })
  }, [])
  const askForDate = useCallback(() => setGoToOpen(true), [])
  useChartCommands(session, { togglePanel, askForDate })
  return (
    <div className="bk-chart-view">
      <ChartToolbar
        session={session}
        goToOpen={goToOpen}
        onGoToOpen={setGoToOpen}
        panelOpen={panelOpen}
        onTogglePanel={togglePanel}
      />
      <ChartStrips session={session} />
      <ChartPanels open={panelOpen} session={session}>
        <ChartPane session={session} onSession={setSession} />
      </ChartPanels>
    </div>
  )
}

interface ChartPanelsProps {
  readonly open: boolean
  readonly session: ChartSession | null
  readonly children: React.ReactNode
}

function ChartPanels({ open, session, children }: ChartPanelsProps) {
  // Read once: the panels own their sizes from then on.
  const [size] = useState(() => preferencesStore.getState().sidePanelSize)
  const side = useRef<PanelImperativeHandle>(null)
  useEffect(() => {
    if (open) side.current?.expand()
    else side.current?.collapse()
  }, [open])
  useEffect(() => {
    // Until a person has chosen a width, the chart keeps its seven tenths of a window that changes its size.
    const refit = () => {
      const chosen = preferencesStore.getState().sidePanelSize !== undefined
      if (!chosen && side.current?.isCollapsed() === false) side.current.resize(usualPanel())
    }
    window.addEventListener('resize', refit)
    return () => window.removeEventListener('resize', refit)
  }, [])
  return (
    <Group className="bk-panels" onLayoutChanged={keepPanel}>
      <Panel id="chart-panel" minSize={480} className="bk-panel">
        {children}
      </Panel>
      <Separator className="bk-separator" aria-label="Width of the object list" />
      <Panel
        id="objects-panel"
        panelRef={side}
        collapsible
        minSize={PANEL_LEAST}
        maxSize="45%"
        defaultSize={!open ? 0 : size === undefined || size === 0 ? usualPanel() : `${size}%`}
        groupResizeBehavior="preserve-pixel-size"
        className="bk-panel"
      >
        {open && <ObjectPanel session={session} />}
      </Panel>
    </Group>
  )
}

/** Keeps the panel's share when a person moved it, and that it is shut when they dragged it shut. */
function keepPanel(layout: Layout, { isUserInteraction }: LayoutChangedMeta): void {
  const size = layout['objects-panel']
  if (!isUserInteraction || size === undefined) return
  setPreferences(
    size === 0
      ? { sidePanelOpen: false }
      : { sidePanelOpen: true, sidePanelSize: Math.round(size * 10) / 10 },
  )
}
