import { Select as Base } from '@base-ui/react/select'
import { Check, ChevronDown } from 'lucide-react'
import { useContext } from 'react'
import { PopupLayer } from './layer.ts'
import './select.css'

export interface SelectOption<Value extends string> {
  readonly value: Value
  readonly label: string
}

export interface SelectProps<Value extends string> {
  /** Its name for a screen reader. */
  readonly label: string
  readonly value: Value
  readonly options: readonly SelectOption<Value>[]
  readonly onChange: (value: Value) => void
  readonly disabled?: boolean
}

/** One choice of a list. For two to five short choices, see `Segmented`. */
export function Select<Value extends string>(props: SelectProps<Value>) {
  const { label, value, options, onChange, disabled = false } = props
  const layer = useContext(PopupLayer)
  return (
    <Base.Root
      value={value}
      items={options}
      disabled={disabled}
      modal={false}
      onValueChange={(chosen: Value | null) => chosen !== null && onChange(chosen)}
    >
      <Base.Trigger className="bk-select" aria-label={label}>
        <Base.Value />
        <Base.Icon className="bk-select-icon">
          <ChevronDown size={14} aria-hidden />
        </Base.Icon>
      </Base.Trigger>
      <Base.Portal container={layer ?? undefined}>
        <Base.Positioner sideOffset={4} alignItemWithTrigger={false} className="bk-popup-layer">
          <Base.Popup className="bk-menu">
            <Base.List className="bk-menu-list" aria-label={label}>
              {options.map((option) => (
                <Base.Item key={option.value} value={option.value} className="bk-menu-item">
                  <Base.ItemText>{option.label}</Base.ItemText>
                  <Base.ItemIndicator className="bk-menu-mark">
                    <Check size={14} aria-hidden />
                  </Base.ItemIndicator>
                </Base.Item>
              ))}
            </Base.List>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
