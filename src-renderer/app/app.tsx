import { CSPProvider } from '@base-ui/react/csp-provider'
import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import { AuditsView } from '../audits/audits-view.tsx'
import { ChartView } from '../chart/chart-view.tsx'
import { DecisionsView } from '../decisions/decisions-view.tsx'
import { EndpointDialog } from '../endpoint/endpoint-dialog.tsx'
import { PoliciesView } from '../policies/policies-view.tsx'
import { ResearchView } from '../research/research-view.tsx'
import { appStore, type ViewName } from '../state/app-store.ts'
import { StorageView } from '../storage-health/storage-view.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { mainLayer } from '../ui/layer.ts'
import { TooltipProvider } from '../ui/tooltip.tsx'
import { CommandPalette } from './command-palette.tsx'
import { DropTarget } from './drop-target.tsx'
import { ExportDialog } from './export-dialog.tsx'
import { NoData, NoStore } from './first-run.tsx'
import { ImportDialog } from './import-dialog.tsx'
import { KeysOverlay } from './keys-overlay.tsx'
import { LiveStrip } from './live-strip.tsx'
import { NoticeStrip } from './notice-strip.tsx'
import { PartitionDialog } from './partition-dialog.tsx'
import { Rail } from './rail.tsx'
import { StatusBar } from './status-bar.tsx'
import { UndoDialog } from './undo-dialog.tsx'
import './frame.css'

/** The window: rail, the view in front, failures to read, status bar; dialogs over it. */
export function App() {
  const phase = useStore(appStore, (state) => state.phase)
  return (
    // Base UI's inline <style> elements would break the content security policy; the few rules are in base.css.
    <CSPProvider disableStyleElements>
      <TooltipProvider>
        <div className="bk-frame">
          <Rail />
          <main className="bk-view" ref={mainLayer}>
            <LiveStrip />
            {phase === 'running' ? <CurrentView /> : <Starting />}
          </main>
          <NoticeStrip />
          <StatusBar />
        </div>
        <CommandPalette />
        <KeysOverlay />
        <ImportDialog />
        <UndoDialog />
        <ExportDialog />
        <PartitionDialog />
        <EndpointDialog />
        <DropTarget />
      </TooltipProvider>
    </CSPProvider>
  )
}

/** A store that takes longer than this to open deserves a word; a quicker one would only flicker. */
const SAY_SO_AFTER_MS = 500

function Starting() {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), SAY_SO_AFTER_MS)
    return () => clearTimeout(timer)
  }, [])
  return late ? <EmptyState title="Opening the store…" /> : null
}

const VIEW_NAMES: Readonly<Record<ViewName, string>> = {
  chart: 'Chart',
  decisions: 'Decisions',
  audits: 'Audits',
  research: 'Research',
  policies: 'Policies',
  storage: 'Storage',
}

function CurrentView() {
  const view = useStore(appStore, (state) => state.view)
  const isOpen = useStore(appStore, (state) => state.store !== null)
  const hasData = useStore(appStore, (state) => state.store?.hasData === true)
  // Another store is another view: nothing of the last one may linger in it.
  const generation = useStore(appStore, (state) => state.storeGeneration)
  return (
    <>
      {/* The view's name stands in the rail; this is it for those who jump by headings. */}
      <h1 className="sr-only">{isOpen ? VIEW_NAMES[view] : 'Barkeep'}</h1>
      {!isOpen && <NoStore />}
      {isOpen && view === 'decisions' && <DecisionsView key={generation} />}
      {isOpen && view === 'audits' && <AuditsView key={generation} />}
      {isOpen && view === 'research' && <ResearchView key={generation} />}
      {isOpen && view === 'policies' && <PoliciesView key={generation} />}
      {isOpen && view === 'storage' && <StorageView key={generation} />}
      {isOpen && view === 'chart' && (hasData ? <ChartView key={generation} /> : <NoData />)}
    </>
  )
}
