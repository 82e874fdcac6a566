import { Tooltip as Base } from '@base-ui/react/tooltip'
import { type ReactElement, type ReactNode, useContext } from 'react'
import { Kbd } from './kbd.tsx'
import { PopupLayer } from './layer.ts'
import './tooltip.css'

export interface TooltipProps {
  readonly label: ReactNode
  readonly keys?: string | undefined
  readonly side?: 'top' | 'bottom' | 'left' | 'right'
  /** The element it explains; must take a ref and spread props. */
  readonly children: ReactElement
}

/** Explains a control on hover and on focus. It never holds what can't be had otherwise. */
export function Tooltip({ label, keys, side = 'bottom', children }: TooltipProps) {
  const layer = useContext(PopupLayer)
  return (
    <Base.Root>
      <Base.Trigger render={children} />
      <Base.Portal container={layer ?? undefined}>
        <Base.Positioner side={side} sideOffset={6} className="bk-popup-layer">
          <Base.Popup className="bk-tooltip">
            {label}
            {keys !== undefined && <Kbd keys={keys} />}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}

/** Around the window: one delay for all tooltips, none when moving from one to the next. */
export function TooltipProvider({ children }: { readonly children: ReactNode }) {
  return <Base.Provider delay={400}>{children}</Base.Provider>
}
