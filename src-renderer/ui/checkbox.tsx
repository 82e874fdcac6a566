import { Checkbox as Base } from '@base-ui/react/checkbox'
import { Check } from 'lucide-react'
import { type ReactNode, useId } from 'react'
import './checkbox.css'

export interface CheckboxProps {
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
  readonly label: ReactNode
  /** What it means when checked, in one sentence under the label. */
  readonly hint?: ReactNode
}

/** A choice of yes or no with its label beside it and its meaning below. */
export function Checkbox({ checked, onChange, label, hint }: CheckboxProps) {
  const id = useId()
  return (
    <div className="bk-checkbox-row">
      <Base.Root
        className="bk-checkbox"
        checked={checked}
        onCheckedChange={(next) => onChange(next)}
        aria-labelledby={`${id}-label`}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
      >
        <Base.Indicator className="bk-checkbox-mark">
          <Check size={12} strokeWidth={3} aria-hidden />
        </Base.Indicator>
      </Base.Root>
      <div>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: a second way to what the checkbox itself does by key. */}
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: as above. */}
        <span id={`${id}-label`} onClick={() => onChange(!checked)}>
          {label}
        </span>
        {hint !== undefined && (
          <div id={`${id}-hint`} className="bk-checkbox-hint">
            {hint}
          </div>
        )}
      </div>
    </div>
  )
}
