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
import { auditsStore, setAudits } from './view-state.ts'

export interface AuditsPanelsProps {
  readonly plot: ReactNode
  readonly groups: ReactNode
  readonly rows: ReactNode
  readonly detail: ReactNode
}

/** Figures above, rows below; each as large as a person left it. */
export function AuditsPanels({ plot, groups, rows, detail }: AuditsPanelsProps) {
  const open = useStore(auditsStore, (state) => state.detailOpen)
  const sizes = useRef(auditsStore.getState().sizes).current
  const side = useRef<PanelImperativeHandle>(null)
  useEffect(() => {
    if (open) side.current?.expand()
    else side.current?.collapse()
  }, [open])
  const kept = (id: string, usual: string | number): string | number => {
    const size = sizes[id]
    return size === undefined ? usual : `${size}%`
  }
  return (
    <Group className="bk-panels" orientation="vertical" onLayoutChanged={keepSizes(['audits-figures'])}>
      <Panel
        id="audits-figures"
        minSize={160}
        defaultSize={kept('audits-figures', '38%')}
        className="bk-panel"
      >
        <Group className="bk-panels" onLayoutChanged={keepSizes(['audits-plot'])}>
          <Panel id="audits-plot" minSize={280} defaultSize={kept('audits-plot', '44%')} className="bk-panel">
            {plot}
          </Panel>
          <Separator className="bk-separator" aria-label="Width of the plot" />
          <Panel id="audits-groups" minSize={320} className="bk-panel">
            {groups}
          </Panel>
        </Group>
      </Panel>
      <Separator className="bk-separator" aria-label="Height of the figures" />
      <Panel id="audits-rows-and-detail" minSize={160} className="bk-panel">
        <Group className="bk-panels" onLayoutChanged={keepDetail}>
          <Panel id="audits-rows" minSize={360} className="bk-panel">
            {rows}
          </Panel>
          <Separator className="bk-separator" aria-label="Width of the details" />
          <Panel
            id="audits-detail"
            panelRef={side}
            collapsible
            minSize={280}
            maxSize="60%"
            defaultSize={open ? kept('audits-detail', 380) : 0}
            groupResizeBehavior="preserve-pixel-size"
            className="bk-panel"
          >
            {open && detail}
          </Panel>
        </Group>
      </Panel>
    </Group>
  )
}

const round = (size: number): number => Math.round(size * 10) / 10

function keepSizes(ids: readonly string[]) {
  return (layout: Layout, { isUserInteraction }: LayoutChangedMeta): void => {
    if (!isUserInteraction) return
    const changed = ids.flatMap((id) => (layout[id] === undefined ? [] : [[id, round(layout[id])] as const]))
    setAudits({ sizes: { ...auditsStore.getState().sizes, ...Object.fromEntries(changed) } })
  }
}

function keepDetail(layout: Layout, { isUserInteraction }: LayoutChangedMeta): void {
  const size = layout['audits-detail']
  if (!isUserInteraction || size === undefined) return
  if (size === 0) setAudits({ detailOpen: false })
  else {
    setAudits({
      detailOpen: true,
      sizes: { ...auditsStore.getState().sizes, 'audits-detail': round(size) },
    })
  }
}
