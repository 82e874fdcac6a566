import type { FacetValue } from '../../schemas/contract/ledger.ts'
import { chartTimeframe } from '../../schemas/contract/timeframe.ts'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'

/** What is changed in a filter; undefined takes a field away. */
export type FilterChange = { readonly [Field in keyof LedgerFilter]?: LedgerFilter[Field] | undefined }

export type FeatureCondition = NonNullable<LedgerFilter['features']>[number]

/** Fields of a filter that are lists of words. */
const WORD_LISTS = [
  'symbols',
  'timeframes',
  'sessionRegimes',
  'macroRegimes',
  'actions',
  'policyVersions',
  'engineVersions',
  'runIds',
  'decisionIds',
  'tradingDays',
] as const

export type WordList = (typeof WORD_LISTS)[number]

export const OPERATORS = ['>', '>=', '<', '<=', '=', '!='] as const

/** What the engine takes of each list at most. */
const MOST_WORDS = 256
const MOST_CONDITIONS = 16

/** A filter of decisions out of whatever was kept: what isn't sound is left out, and filters nothing. */
export function readFilter(kept: unknown): LedgerFilter {
  if (!isRecord(kept)) return {}
  const filter: LedgerFilter = {}
  for (const name of ['from', 'to', 'asOf'] as const) {
    const value = kept[name]
    if (typeof value === 'number' && Math.abs(value) <= 8.64e15) filter[name] = value
  }
  for (const name of WORD_LISTS) {
    const value = kept[name]
    if (isWords(value) && value.length > 0) filter[name] = value.slice(0, MOST_WORDS)
  }
  const { outcome, text, hasOutcome, noMacroRegime, features } = kept
  if (outcome === 'hit' || outcome === 'miss' || outcome === 'known' || outcome === 'open')
    filter.outcome = outcome
  if (typeof text === 'string' && text !== '') filter.text = text.slice(0, 256)
  if (typeof hasOutcome === 'boolean') filter.hasOutcome = hasOutcome
  if (noMacroRegime === true) filter.noMacroRegime = true
  const conditions = Array.isArray(features) ? features.filter(isCondition).slice(0, MOST_CONDITIONS) : []
  if (conditions.length > 0) filter.features = conditions as NonNullable<LedgerFilter['features']>
  return filter
}

/** With a change made to it; what is undefined, empty or false is gone from it. */
export function withChange(filter: LedgerFilter, change: FilterChange): LedgerFilter {
  const entries = Object.entries({ ...filter, ...change }).filter(
    ([, value]) => value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0),
  )
  return Object.fromEntries(entries) as LedgerFilter
}

export function isFiltering(filter: LedgerFilter): boolean {
  return Object.keys(filter).length > 0
}

/** Timeframes as bots spell them, gathered under the one that they join to; any other text stays itself. */
export function joinTimeframes(values: readonly FacetValue[]): readonly FacetValue[] {
  const counts = new Map<string, number>()
  for (const { value, count } of values) {
    const name = chartTimeframe(value) ?? value
    counts.set(name, (counts.get(name) ?? 0) + count)
  }
  return [...counts].map(([value, count]) => ({ value, count }))
}

function isCondition(value: unknown): value is FeatureCondition {
  return (
    isRecord(value) &&
    typeof value.name === 'string' &&
    value.name !== '' &&
    OPERATORS.some((op) => op === value.op) &&
    typeof value.value === 'number' &&
    Number.isFinite(value.value)
  )
}

function isWords(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((word) => typeof word === 'string')
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
