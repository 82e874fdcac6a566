import { Check, ChevronDown } from 'lucide-react'
import { useState } from 'react'
import { formatCount } from './figures.ts'
import { Popover } from './popover.tsx'
import './choice-filter.css'

export interface ChoiceFilterProps {
  /** What is filtered by: `Symbol`. */
  readonly label: string
  /** Values that occur, with how often, most first. */
  readonly values: readonly { readonly value: string; readonly count: number }[]
  /** Empty: any. */
  readonly chosen: readonly string[]
  readonly onChange: (chosen: string[]) => void
}

/** More than this in one list and one looks for a value by typing. */
const MOST_SHOWN = 200
const SEARCH_FROM = 10

/** A button that opens a list of values to choose any number of; it names what is chosen. */
export function ChoiceFilter({ label, values, chosen, onChange }: ChoiceFilterProps) {
  return (
    <Popover label={label} trigger={<FilterButton label={label} setTo={namesOf(chosen)} />}>
      <Choices label={label} values={values} chosen={chosen} onChange={onChange} />
    </Popover>
  )
}

export interface FilterButtonProps {
  readonly label: string
  /** What it is set to; null while it filters nothing. */
  readonly setTo: string | null
}

/** The button of a filter, for a `Popover`. */
export function FilterButton({ label, setTo, ...rest }: FilterButtonProps) {
  return (
    <button
      type="button"
      // Handlers, ref and aria of the popover.
      {...rest}
      className="bk-button bk-filter-button"
      data-set={setTo === null ? undefined : ''}
    >
      <span className="bk-filter-button-text">{setTo === null ? label : `${label}: ${setTo}`}</span>
      <ChevronDown size={14} aria-hidden />
    </button>
  )
}

function Choices({ label, values, chosen, onChange }: ChoiceFilterProps) {
  const [typed, setTyped] = useState('')
  // One that is chosen but doesn't occur must still be there to be unchosen.
  const missing = chosen.filter((value) => !values.some((one) => one.value === value))
  const all = [...missing.map((value) => ({ value, count: 0 })), ...values]
  const found = all.filter(({ value }) => value.toLowerCase().includes(typed.trim().toLowerCase()))
  const toggle = (value: string) =>
    onChange(chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value])
  return (
    <div className="bk-choices">
      {all.length > SEARCH_FROM && (
        <input
          className="bk-input"
          value={typed}
          spellCheck={false}
          autoComplete="off"
          placeholder={`Find among ${formatCount(all.length)}`}
          aria-label={`Find in ${label}`}
          onChange={(event) => setTyped(event.target.value)}
        />
      )}
      <div className="bk-choices-list">
        {found.length === 0 && (
          <p className="muted">{all.length === 0 ? 'None stored.' : 'None with that name.'}</p>
        )}
        {found.slice(0, MOST_SHOWN).map(({ value, count }) => (
          <button
            key={value}
            type="button"
            className="bk-choice"
            aria-pressed={chosen.includes(value)}
            onClick={() => toggle(value)}
          >
            <span className="bk-choice-mark">
              {chosen.includes(value) && <Check size={12} aria-hidden />}
            </span>
            <span className="bk-choice-value">{value === '' ? '(empty)' : value}</span>
            <span className="muted numeric">{formatCount(count)}</span>
          </button>
        ))}
        {found.length > MOST_SHOWN && (
          <p className="muted">{formatCount(found.length - MOST_SHOWN)} more: type to find them.</p>
        )}
      </div>
      {chosen.length > 0 && (
        <button type="button" className="bk-button" onClick={() => onChange([])}>
          Any {label.toLowerCase()}
        </button>
      )}
    </div>
  )
}

function namesOf(chosen: readonly string[]): string | null {
  if (chosen.length === 0) return null
  return chosen.length === 1 ? (chosen[0] ?? '') || '(empty)' : formatCount(chosen.length)
}
