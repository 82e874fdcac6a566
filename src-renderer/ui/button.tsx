import { Button as BaseButton } from '@base-ui/react/button'
import type { LucideIcon } from 'lucide-react'
import type { ReactNode, Ref } from 'react'
import './button.css'

export interface ButtonProps {
  readonly children: ReactNode
  readonly onClick?: (() => void) | undefined
  /** `primary` once a screen at most; `quiet` without a border, for rows. */
  readonly tone?: 'normal' | 'primary' | 'quiet'
  readonly icon?: LucideIcon
  readonly disabled?: boolean
  /** Takes the focus when it appears (the first thing to do on an empty screen). */
  readonly autoFocus?: boolean
  /** Says more than the label where the label alone is ambiguous (three "Copy" in a table). */
  readonly ariaLabel?: string
  readonly ref?: Ref<HTMLElement>
}

/** A labelled button, 28 px high. For one that is only an icon, see `IconButton`. */
export function Button(props: ButtonProps) {
  const {
    children,
    onClick,
    tone = 'normal',
    icon: Icon,
    disabled,
    autoFocus,
    ariaLabel,
    ref,
    ...rest
  } = props
  return (
    <BaseButton
      // Handlers and aria that a Tooltip or Popover trigger puts on the element it renders.
      {...rest}
      ref={ref}
      className="bk-button"
      data-tone={tone}
      onClick={onClick}
      disabled={disabled}
      autoFocus={autoFocus}
      aria-label={ariaLabel}
    >
      {Icon && <Icon size={14} aria-hidden />}
      {children}
    </BaseButton>
  )
}
