import { useStore } from 'zustand'
import type { FacetValue } from '../../schemas/contract/ledger.ts'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import { DateRange } from '../decisions/date-range.tsx'
import { joinTimeframes } from '../decisions/view-filter.ts'
import { useAnswer } from '../engine/use-answer.ts'
import { Button } from '../ui/button.tsx'
import { ChoiceFilter } from '../ui/choice-filter.tsx'
import { researchStore, setResearch, setResearchFilter } from './research-state.ts'

const CHOICES = [
  { field: 'symbols', column: 'symbol', label: 'Symbol' },
  { field: 'timeframes', column: 'timeframe', label: 'Timeframe' },
  { field: 'policyVersions', column: 'policy_version', label: 'Policy' },
  { field: 'sessionRegimes', column: 'session_regime', label: 'Session' },
  { field: 'macroRegimes', column: 'macro_regimes', label: 'Macro regime' },
] as const satisfies readonly { field: keyof LedgerFilter; column: string; label: string }[]

const LEDGER = ['decisions', 'stats'] as const

export function isFiltering(filter: LedgerFilter): boolean {
  return Object.keys(filter).length > 0
}

/** Which decisions the figures are of. Of features over time only the dates count: stats know nothing else of it. */
export function ResearchFilters({ datesOnly }: { readonly datesOnly: boolean }) {
  const filter = useStore(researchStore, (state) => state.filter)
  const { answer: facets } = useAnswer('ledgerFacets', { table: datesOnly ? 'stats' : 'decisions' }, LEDGER)
  return (
    <fieldset className="bk-research-filters" aria-label="Filter">
      <DateRange filter={filter} newest={facets?.to ?? null} onChange={setResearchFilter} />
      {!datesOnly &&
        CHOICES.map(({ field, column, label }) => (
          <ChoiceFilter
            key={field}
            label={label}
            values={valuesOf(facets?.columns[column] ?? [], field)}
            chosen={filter[field] ?? []}
            onChange={(chosen) => setResearchFilter({ [field]: chosen })}
          />
        ))}
      <Button tone="quiet" disabled={!isFiltering(filter)} onClick={() => setResearch({ filter: {} })}>
        Clear filter
      </Button>
      <span className="bk-topbar-space" />
      <span className="muted">Times are America/Chicago.</span>
    </fieldset>
  )
}

/** One timeframe is one choice, however it is spelled. */
function valuesOf(values: readonly FacetValue[], field: keyof LedgerFilter): readonly FacetValue[] {
  return field === 'timeframes' ? joinTimeframes(values) : values
}
