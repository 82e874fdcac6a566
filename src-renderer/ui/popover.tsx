import { Popover as Base } from '@base-ui/react/popover'
import { type ReactElement, type ReactNode, useContext } from 'react'
import { PopupLayer } from './layer.ts'
import './popover.css'

export interface PopoverProps {
  /** The button that opens it; must take a ref and spread props. */
  readonly trigger: ReactElement
  /** Its name for a screen reader. */
  readonly label: string
  readonly children: ReactNode
  readonly open?: boolean
  readonly onOpenChange?: (open: boolean) => void
  readonly align?: 'start' | 'center' | 'end'
  readonly side?: 'top' | 'bottom' | 'left' | 'right'
}

/** A small panel beside the button that opened it: filters, a form of one field. Esc closes it. */
export function Popover(props: PopoverProps) {
  const { trigger, label, children, open, onOpenChange, align = 'start', side = 'bottom' } = props
  const layer = useContext(PopupLayer)
  return (
    <Base.Root {...(open === undefined ? {} : { open })} onOpenChange={(next) => onOpenChange?.(next)}>
      <Base.Trigger render={trigger} />
      <Base.Portal container={layer ?? undefined}>
        <Base.Positioner side={side} align={align} sideOffset={6} className="bk-popup-layer">
          <Base.Popup className="bk-popover" aria-label={label}>
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
