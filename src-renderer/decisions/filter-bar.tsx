import { FilterX, Search, X } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import type { LedgerFacets } from '../../schemas/contract/ledger.ts'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import { ChoiceFilter } from '../ui/choice-filter.tsx'
import { formatCount } from '../ui/figures.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { Segmented } from '../ui/segmented.tsx'
import { DateRange } from './date-range.tsx'
import { FeatureConditions } from './feature-conditions.tsx'
import { isFiltering, joinTimeframes, type WordList } from './view-filter.ts'
import { changeFilter, setDecisions } from './view-state.ts'

const CHOICES: readonly { field: WordList; label: string; facet: string }[] = [
  { field: 'symbols', label: 'Symbol', facet: 'symbol' },
  { field: 'timeframes', label: 'Timeframe', facet: 'timeframe' },
  { field: 'sessionRegimes', label: 'Session', facet: 'session_regime' },
  { field: 'macroRegimes', label: 'Macro regime', facet: 'macro_regimes' },
  { field: 'actions', label: 'Action', facet: 'action' },
  { field: 'policyVersions', label: 'Policy', facet: 'policy_version' },
  { field: 'runIds', label: 'Run', facet: 'run_id' },
]

const OUTCOMES = [
  { value: 'any', label: 'All' },
  { value: 'hit', label: 'Hit' },
  { value: 'miss', label: 'Miss' },
  { value: 'known', label: 'Known' },
  { value: 'open', label: 'Open' },
] as const

export const FIND_IDS = 'decisions-find'

export interface FilterBarProps {
  readonly filter: LedgerFilter
  /** Null until they are known. */
  readonly facets: LedgerFacets | null
  /** Controls of the view at the end of the bar. */
  readonly children: ReactNode
}

/** Which decisions: every part of the filter has its control here. */
export function FilterBar({ filter, facets, children }: FilterBarProps) {
  return (
    <header className="bk-decisions-bar">
      <div className="bk-decisions-filters">
        <DateRange filter={filter} newest={facets?.to ?? null} onChange={changeFilter} />
        {CHOICES.map(({ field, label, facet }) => {
          const values = facets?.columns[facet] ?? []
          return (
            <ChoiceFilter
              key={field}
              label={label}
              values={field === 'timeframes' ? joinTimeframes(values) : values}
              chosen={filter[field] ?? []}
              onChange={(chosen) => changeFilter({ [field]: chosen })}
            />
          )
        })}
        <Segmented
          label="Outcome"
          value={filter.outcome ?? 'any'}
          options={OUTCOMES}
          onChange={(value) => changeFilter({ outcome: value === 'any' ? undefined : value })}
        />
        <FeatureConditions
          conditions={filter.features ?? []}
          names={facets?.features ?? []}
          onChange={(features) => changeFilter({ features })}
        />
        <FindIds text={filter.text ?? ''} />
        <OtherParts filter={filter} />
        <IconButton
          icon={FilterX}
          label="Clear all filters"
          keys="Shift+C"
          disabled={!isFiltering(filter)}
          onClick={() => setDecisions({ filter: {} })}
        />
      </div>
      {children}
    </header>
  )
}

/** Long enough that a word typed is one question. */
const TYPING_MS = 250

function FindIds({ text }: { readonly text: string }) {
  const [typed, setTyped] = useState(text)
  useEffect(() => setTyped(text), [text])
  useEffect(() => {
    if (typed === text) return
    const timer = setTimeout(() => changeFilter({ text: typed }), TYPING_MS)
    return () => clearTimeout(timer)
  }, [typed, text])
  return (
    <label className="bk-decisions-find">
      <Search size={14} aria-hidden />
      <input
        id={FIND_IDS}
        className="bk-input"
        value={typed}
        spellCheck={false}
        autoComplete="off"
        maxLength={256}
        placeholder="Find in ids"
        aria-label="Find in run and decision ids"
        title="Find in run and decision ids ( / )"
        onChange={(event) => setTyped(event.target.value)}
      />
    </label>
  )
}

/** Parts that only a link from another view sets: shown, so that one sees why rows are missing, and can be taken away. */
function OtherParts({ filter }: { readonly filter: LedgerFilter }) {
  const parts: readonly (readonly [keyof LedgerFilter, string | null])[] = [
    ['tradingDays', listed('day', filter.tradingDays)],
    ['decisionIds', listed('decision', filter.decisionIds)],
    ['engineVersions', listed('engine', filter.engineVersions)],
    ['hasOutcome', filter.hasOutcome === undefined ? null : filter.hasOutcome ? 'with PnL' : 'without PnL'],
    ['noMacroRegime', filter.noMacroRegime === true ? 'no macro regime' : null],
  ]
  return parts.map(
    ([field, text]) =>
      text !== null && (
        <button
          key={field}
          type="button"
          className="bk-button bk-filter-button"
          data-set=""
          aria-label={`No longer only ${text}`}
          onClick={() => changeFilter({ [field]: undefined })}
        >
          <span className="bk-filter-button-text">{text}</span>
          <X size={14} aria-hidden />
        </button>
      ),
  )
}

function listed(noun: string, values: readonly string[] | undefined): string | null {
  const [first] = values ?? []
  if (values === undefined || first === undefined) return null
  return values.length === 1 ? `${noun} ${first}` : formatCount(values.length, noun)
}
