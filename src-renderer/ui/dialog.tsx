import { Dialog as Base } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import { type ReactNode, useRef } from 'react'
import { PopupLayer } from './layer.ts'
import './dialog.css'

export interface DialogProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly title: string
  readonly children: ReactNode
  /** Buttons, right-aligned; the one that goes on comes last. */
  readonly footer?: ReactNode
  /** Pixels; the window's width less a margin at most. */
  readonly width?: number
}

/** A question or a form that has to be answered first. Esc and a click beside it close it. */
export function Dialog({ open, onClose, title, children, footer, width = 480 }: DialogProps) {
  const body = useRef<HTMLDivElement>(null)
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="bk-scrim" />
        <Base.Popup
          className="bk-dialog"
          data-modal
          style={{ width }}
          initialFocus={() => firstControl(body.current)}
        >
          <PopupLayer value={null}>
            <header className="bk-dialog-head">
              <Base.Title className="bk-dialog-title">{title}</Base.Title>
              <Base.Close className="bk-icon-button" aria-label="Close">
                <X size={16} aria-hidden />
              </Base.Close>
            </header>
            <div ref={body} className="bk-dialog-body">
              {children}
            </div>
            {footer && <footer className="bk-dialog-foot">{footer}</footer>}
          </PopupLayer>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

/** What the dialog is about takes the focus, not the button that closes it; true leaves the choice to Base UI. */
function firstControl(body: HTMLElement | null): HTMLElement | true {
  return body?.querySelector<HTMLElement>('button:not([tabindex="-1"]), input, [tabindex="0"]') ?? true
}
