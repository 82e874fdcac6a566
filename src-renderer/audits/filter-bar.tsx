import { FilterX, X } from 'lucide-react'
import type { ReactNode } from 'react'
import type { LedgerFacets } from '../../schemas/contract/ledger.ts'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import { DateRange } from '../decisions/date-range.tsx'
import { isFiltering } from '../decisions/view-filter.ts'
import { ChoiceFilter } from '../ui/choice-filter.tsx'
import { formatCount } from '../ui/figures.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { Segmented } from '../ui/segmented.tsx'
import type { AuditList } from './audit-filter.ts'
import { changeAuditFilter, setAudits } from './view-state.ts'

const CHOICES: readonly { readonly field: AuditList; readonly label: string; readonly facet: string }[] = [
  { field: 'runIds', label: 'Run', facet: 'run_id' },
  { field: 'featureNames', label: 'Feature', facet: 'feature_name' },
  { field: 'issues', label: 'Issue', facet: 'issues' },
  { field: 'sessionRegimes', label: 'Session', facet: 'session_regime' },
  { field: 'macroRegimes', label: 'Macro regime', facet: 'macro_regimes' },
  { field: 'policyVersions', label: 'Policy', facet: 'policy_version' },
  { field: 'engineVersions', label: 'Engine', facet: 'engine_version' },
]

const STATES = [
  { value: 'any', label: 'All' },
  { value: 'issues', label: 'With issues' },
  { value: 'clean', label: 'Clean' },
] as const

export interface AuditFilterBarProps {
  readonly filter: LedgerFilter
  /** Null until they are known. */
  readonly facets: LedgerFacets | null
  /** Controls of the view at the end of the bar. */
  readonly children: ReactNode
}

/** Which audits: every part of the filter has its control here. */
export function AuditFilterBar({ filter, facets, children }: AuditFilterBarProps) {
  const { clean, tradingDays, text } = filter
  return (
    <header className="bk-decisions-bar">
      <DateRange filter={filter} newest={facets?.to ?? null} onChange={changeAuditFilter} />
      {CHOICES.map(({ field, label, facet }) => (
        <ChoiceFilter
          key={field}
          label={label}
          values={facets?.columns[facet] ?? []}
          chosen={filter[field] ?? []}
          onChange={(chosen) => changeAuditFilter({ [field]: chosen })}
        />
      ))}
      <Segmented
        label="Issues or clean"
        value={clean === undefined ? 'any' : clean ? 'clean' : 'issues'}
        options={STATES}
        onChange={(value) => changeAuditFilter({ clean: value === 'any' ? undefined : value === 'clean' })}
      />
      {tradingDays !== undefined && (
        <TakeAway
          text={tradingDays.length === 1 ? `on ${tradingDays[0]}` : formatCount(tradingDays.length, 'day')}
          onClick={() => changeAuditFilter({ tradingDays: undefined })}
        />
      )}
      {text !== undefined && (
        <TakeAway text={`id with “${text}”`} onClick={() => changeAuditFilter({ text: undefined })} />
      )}
      <IconButton
        icon={FilterX}
        label="Clear all filters"
        keys="Shift+C"
        disabled={!isFiltering(filter)}
        onClick={() => setAudits({ filter: {}, focus: {} })}
      />
      <span className="bk-topbar-space" />
      {children}
    </header>
  )
}

/** A condition in words, with the button that takes it away. */
export function TakeAway({ text, onClick }: { readonly text: string; readonly onClick: () => void }) {
  return (
    <button
      type="button"
      className="bk-button bk-filter-button"
      data-set=""
      aria-label={`No longer only ${text}`}
      onClick={onClick}
    >
      <span className="bk-filter-button-text">{text}</span>
      <X size={14} aria-hidden />
    </button>
  )
}
