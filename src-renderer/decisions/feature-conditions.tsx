import { Plus, X } from 'lucide-react'
import { useId, useState } from 'react'
import type { FacetValue } from '../../schemas/contract/ledger.ts'
import { Button } from '../ui/button.tsx'
import { FilterButton } from '../ui/choice-filter.tsx'
import { IconButton } from '../ui/icon-button.tsx'
import { Popover } from '../ui/popover.tsx'
import { Select } from '../ui/select.tsx'
import { type FeatureCondition, OPERATORS } from './view-filter.ts'

const MOST = 16
const NAMES: Readonly<Record<FeatureCondition['op'], string>> = {
  '>': '>',
  '>=': '≥',
  '<': '<',
  '<=': '≤',
  '=': '=',
  '!=': '≠',
}

export interface FeatureConditionsProps {
  readonly conditions: readonly FeatureCondition[]
  /** Names that occur, for completion. */
  readonly names: readonly FacetValue[]
  readonly onChange: (conditions: FeatureCondition[]) => void
}

/** Numeric conditions on key features, all of which must hold. */
export function FeatureConditions({ conditions, names, onChange }: FeatureConditionsProps) {
  return (
    <Popover label="Features" trigger={<FilterButton label="Features" setTo={conditionsText(conditions)} />}>
      <div className="bk-decisions-conditions">
        {conditions.map((condition) => (
          <div key={conditionText(condition)} className="bk-decisions-condition">
            <span className="bk-choice-value">{conditionText(condition)}</span>
            <IconButton
              icon={X}
              label={`Remove ${conditionText(condition)}`}
              onClick={() => onChange(conditions.filter((one) => one !== condition))}
            />
          </div>
        ))}
        {conditions.length < MOST && (
          <NewCondition names={names} onAdd={(condition) => onChange([...conditions, condition])} />
        )}
        <p className="muted">
          All of them must hold. A decision without the feature, or with text in it, meets none.
        </p>
      </div>
    </Popover>
  )
}

function NewCondition({
  names,
  onAdd,
}: {
  readonly names: readonly FacetValue[]
  readonly onAdd: (condition: FeatureCondition) => void
}) {
  const id = useId()
  const [name, setName] = useState('')
  const [op, setOp] = useState<FeatureCondition['op']>('>')
  const [typed, setTyped] = useState('')
  const value = Number(typed.replaceAll(',', '').replace('−', '-'))
  const isNumber = typed.trim() !== '' && Number.isFinite(value)
  const add = () => {
    if (name.trim() === '' || !isNumber) return
    onAdd({ name: name.trim(), op, value })
    setName('')
    setTyped('')
  }
  return (
    <form
      className="bk-decisions-condition"
      onSubmit={(event) => {
        event.preventDefault()
        add()
      }}
    >
      <input
        className="bk-input"
        list={`${id}-names`}
        aria-label="Feature"
        placeholder="Feature"
        spellCheck={false}
        autoComplete="off"
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <datalist id={`${id}-names`}>
        {names.map((one) => (
          <option key={one.value} value={one.value} />
        ))}
      </datalist>
      <Select
        label="Comparison"
        value={op}
        options={OPERATORS.map((one) => ({ value: one, label: NAMES[one] }))}
        onChange={setOp}
      />
      <input
        className="bk-input bk-decisions-figure"
        inputMode="decimal"
        aria-label="Number"
        placeholder="Number"
        autoComplete="off"
        value={typed}
        aria-invalid={typed.trim() !== '' && !isNumber}
        onChange={(event) => setTyped(event.target.value)}
      />
      <Button icon={Plus} onClick={add} disabled={name.trim() === '' || !isNumber}>
        Add
      </Button>
      {/* So that Enter adds it. */}
      <button type="submit" hidden aria-hidden tabIndex={-1} />
    </form>
  )
}

export function conditionText({ name, op, value }: FeatureCondition): string {
  return `${name} ${NAMES[op]} ${value}`
}

function conditionsText(conditions: readonly FeatureCondition[]): string | null {
  const [first] = conditions
  if (first === undefined) return null
  return conditions.length === 1 ? conditionText(first) : String(conditions.length)
}
