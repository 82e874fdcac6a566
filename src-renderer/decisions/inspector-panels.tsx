import { type ReactNode, useEffect, useRef } from 'react'
import {
  Group,
  type Layout,
  type LayoutChangedMeta,
  Panel,
  type PanelImperativeHandle,
  Separator,
} from 'react-resizable-panels'
import { useStore } from 'zustand'
import { decisionsStore, setDecisions } from './view-state.ts'

const LEAST_PX = 320
const USUAL_PX = 384

/** The table, and the inspector beside it: as wide as a person left it, or shut. */
export function InspectorPanels({
  inspector,
  children,
}: {
  readonly inspector: ReactNode
  readonly children: ReactNode
}) {
  const open = useStore(decisionsStore, (state) => state.inspectorOpen)
  const size = useRef(decisionsStore.getState().inspectorSize)
  const side = useRef<PanelImperativeHandle>(null)
  useEffect(() => {
    if (open) side.current?.expand()
    else side.current?.collapse()
  }, [open])
  return (
    <Group className="bk-panels" onLayoutChanged={keepPanel}>
      <Panel id="decisions-table" minSize={360} className="bk-panel">
        {children}
      </Panel>
      <Separator className="bk-separator" aria-label="Width of the inspector" />
      <Panel
        id="decisions-inspector"
        panelRef={side}
        collapsible
        minSize={LEAST_PX}
        maxSize="60%"
        defaultSize={!open ? 0 : size.current === null ? USUAL_PX : `${size.current}%`}
        groupResizeBehavior="preserve-pixel-size"
        className="bk-panel"
      >
        {open && inspector}
      </Panel>
    </Group>
  )
}

function keepPanel(layout: Layout, { isUserInteraction }: LayoutChangedMeta): void {
  const size = layout['decisions-inspector']
  if (!isUserInteraction || size === undefined) return
  setDecisions(
    size === 0
      ? { inspectorOpen: false }
      : { inspectorOpen: true, inspectorSize: Math.round(size * 10) / 10 },
  )
}
