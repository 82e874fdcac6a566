import { Button as BaseButton } from '@base-ui/react/button'
import type { LucideIcon } from 'lucide-react'
import type { Ref } from 'react'
import { Tooltip } from './tooltip.tsx'
import './button.css'

export interface IconButtonProps {
  readonly icon: LucideIcon
  /** Its name for a screen reader, and its tooltip. */
  readonly label: string
  /** The chord that does the same, shown in the tooltip. */
  readonly keys?: string | undefined
  readonly onClick?: (() => void) | undefined
  /** For one that switches something on and off. */
  readonly pressed?: boolean
  readonly disabled?: boolean
  readonly side?: 'top' | 'bottom' | 'left' | 'right'
  readonly ref?: Ref<HTMLElement>
}

/** A 28 px square with an icon; its label shows as a tooltip. */
export function IconButton(props: IconButtonProps) {
  const { icon: Icon, label, keys, onClick, pressed, disabled, side = 'bottom', ref, ...rest } = props
  return (
    <Tooltip label={label} keys={keys} side={side}>
      <BaseButton
        // Handlers and aria that a Popover trigger puts on the element it renders.
        {...rest}
        ref={ref}
        className="bk-icon-button"
        aria-label={label}
        aria-pressed={pressed}
        onClick={onClick}
        disabled={disabled}
      >
        <Icon size={16} aria-hidden />
      </BaseButton>
    </Tooltip>
  )
}
