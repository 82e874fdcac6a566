import { useEffect, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { ViewportObject } from '../../schemas/contract/viewport.ts'
import { Button } from '../ui/button.tsx'
import { Checkbox } from '../ui/checkbox.tsx'
import { choicesOf, isFiltering, NO_FILTER, type ObjectFilter } from './object-filter.ts'
import { objectsStore, setObjectFilter, showRemovedObjects } from './state/objects-store.ts'

/** Which objects are wanted: by type, status and timeframe as they occur, by price, and removed ones. */
export function ObjectFilters() {
  const { filter, known, removed } = useStore(objectsStore)
  return (
    <div className="bk-filters">
      <Choices title="Type" part="types" filter={filter} known={known} of={(object) => object.type} />
      <Choices title="Status" part="statuses" filter={filter} known={known} of={(object) => object.status} />
      <Choices
        title="Timeframe"
        part="timeframes"
        filter={filter}
        known={known}
        of={(object) => object.timeframe.toLowerCase()}
      />
      <PriceBand filter={filter} />
      <Checkbox
        checked={removed}
        onChange={showRemovedObjects}
        label="Removed ones too"
        hint="Objects that the bot took away, up to when it did."
      />
      <div>
        <Button disabled={!isFiltering(filter)} onClick={() => setObjectFilter(NO_FILTER)}>
          Clear filter
        </Button>
      </div>
    </div>
  )
}

interface ChoicesProps {
  readonly title: string
  readonly part: 'types' | 'statuses' | 'timeframes'
  readonly filter: ObjectFilter
  readonly known: readonly ViewportObject[]
  readonly of: (object: ViewportObject) => string
}

function Choices({ title, part, filter, known, of }: ChoicesProps) {
  const chosen = filter[part]
  const counts = useMemo(() => {
    const found = new Map(choicesOf(known, of))
    // One that is chosen but doesn't occur here must still be there to be unchosen.
    for (const value of chosen ?? []) if (!found.has(value)) found.set(value, 0)
    return [...found]
  }, [known, of, chosen])
  const toggle = (value: string) => {
    const all = counts.map(([one]) => one)
    const now = chosen ?? []
    const next = now.includes(value) ? now.filter((one) => one !== value) : [...now, value]
    setObjectFilter({ [part]: next.length === 0 || next.length === all.length ? null : next })
  }
  return (
    <fieldset className="bk-filter-group">
      <legend>{title}</legend>
      {counts.length === 0 && <span className="muted">Nothing loaded</span>}
      {counts.map(([value, count]) => (
        <button
          key={value}
          type="button"
          className="bk-chip"
          aria-pressed={chosen?.includes(value) ?? false}
          onClick={() => toggle(value)}
        >
          {value} <span className="muted">{count}</span>
        </button>
      ))}
    </fieldset>
  )
}

function PriceBand({ filter }: { readonly filter: ObjectFilter }) {
  return (
    <fieldset className="bk-filter-group">
      <legend>Price</legend>
      <PriceInput
        label="From"
        value={filter.priceMin}
        onChange={(priceMin) => setObjectFilter({ priceMin })}
      />
      <PriceInput label="To" value={filter.priceMax} onChange={(priceMax) => setObjectFilter({ priceMax })} />
    </fieldset>
  )
}

interface PriceInputProps {
  readonly label: string
  readonly value: number | null
  readonly onChange: (price: number | null) => void
}

function PriceInput({ label, value, onChange }: PriceInputProps) {
  const [text, setText] = useState(value === null ? '' : String(value))
  const number = text.trim() === '' ? null : Number(text.replaceAll(',', ''))
  const invalid = number !== null && !Number.isFinite(number)
  // Cleared from outside: the field follows.
  useEffect(() => {
    if (value === null) setText((typed) => (Number.isFinite(Number(typed.replaceAll(',', ''))) ? '' : typed))
  }, [value])
  return (
    <label className="bk-filter-price">
      {label}
      <input
        className="bk-input"
        inputMode="decimal"
        autoComplete="off"
        value={text}
        aria-invalid={invalid}
        onChange={(event) => {
          setText(event.target.value)
          const typed =
            event.target.value.trim() === '' ? null : Number(event.target.value.replaceAll(',', ''))
          if (typed === null || Number.isFinite(typed)) onChange(typed)
        }}
      />
    </label>
  )
}
