import { Filter, Layers } from 'lucide-react'
import { useState } from 'react'
import { Group, Panel, Separator } from 'react-resizable-panels'
import { useStore } from 'zustand'
import { formatCount } from '../ui/figures.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { Popover } from '../ui/popover.tsx'
import type { ChartSession } from './chart-session.ts'
import { isFiltering } from './object-filter.ts'
import { ObjectFilters } from './object-filters.tsx'
import { ObjectInspector } from './object-inspector.tsx'
import { ObjectList } from './object-list.tsx'
import { objectsStore, showAllObjects } from './state/objects-store.ts'
import './object-panel.css'

/** The objects in view as a list, and beneath it the one that is selected. */
export function ObjectPanel({ session }: { readonly session: ChartSession | null }) {
  const selected = useStore(objectsStore, (state) => state.selected)
  if (session === null) return null
  return (
    <aside className="bk-objects" aria-label="Objects">
      <PanelBar />
      <Group orientation="vertical" className="bk-panels">
        <Panel id="object-list" minSize={120} className="bk-panel">
          <ObjectList session={session} />
        </Panel>
        {selected !== null && (
          <>
            <Separator className="bk-separator" aria-label="Height of the object’s details" />
            <Panel id="object-inspector" minSize={120} defaultSize="52%" className="bk-panel">
              <ObjectInspector key={selected} id={selected} session={session} />
            </Panel>
          </>
        )}
      </Group>
    </aside>
  )
}

function PanelBar() {
  const { shown, passing, all, filter } = useStore(objectsStore)
  const [open, setOpen] = useState(false)
  const filtering = isFiltering(filter)
  const limited = shown.length < passing
  return (
    <header className="bk-objects-bar">
      <span className="bk-objects-title">Objects</span>
      <span className="muted bk-objects-count" data-testid="object-count">
        {limited ? `${formatCount(shown.length)} of ${formatCount(passing)}` : formatCount(shown.length)} in
        view
      </span>
      <span className="bk-topbar-space" />
      <IconButton
        icon={Layers}
        label={
          all
            ? 'Showing all. Show only those nearest to the price'
            : 'Showing those nearest to the price. Show all'
        }
        pressed={all}
        onClick={() => showAllObjects(!all)}
      />
      <Popover
        label="Filter objects"
        open={open}
        onOpenChange={setOpen}
        align="end"
        trigger={
          <IconButton icon={Filter} label={filtering ? 'Filter (in force)' : 'Filter'} pressed={filtering} />
        }
      >
        <ObjectFilters />
      </Popover>
    </header>
  )
}
