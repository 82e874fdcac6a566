import { Toggle } from '@base-ui/react/toggle'
import { ToggleGroup } from '@base-ui/react/toggle-group'
import './segmented.css'

export interface SegmentedProps<Value extends string> {
  /** Its name for a screen reader. */
  readonly label: string
  readonly value: Value
  readonly options: readonly { readonly value: Value; readonly label: string }[]
  readonly onChange: (value: Value) => void
}

/** One of a few short choices, all in sight. Arrow keys move, Enter and Space choose. */
export function Segmented<Value extends string>({ label, value, options, onChange }: SegmentedProps<Value>) {
  return (
    <ToggleGroup<Value>
      className="bk-segmented"
      aria-label={label}
      value={[value]}
      // Pressing the pressed one would leave none: the choice stays.
      onValueChange={([chosen]) => chosen !== undefined && onChange(chosen)}
    >
      {options.map((option) => (
        <Toggle key={option.value} value={option.value} className="bk-segment">
          {option.label}
        </Toggle>
      ))}
    </ToggleGroup>
  )
}
