import { createStore } from 'zustand/vanilla'
import type { PerformanceDimension } from '../../schemas/contract/ledger.ts'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import { preferencesStore, setPreferences } from '../state/preferences.ts'

export type ResearchTab = 'performance' | 'stability' | 'calendar' | 'policies'
export type StabilityMetric = 'stability' | 'sharpe' | 'hitRate' | 'variance'
export type CalendarMetric = 'hitRate' | 'pnlSum' | 'count'
export type PnlFigure = 'pnlMean' | 'pnlSum'

/** What the view was left at. */
export interface ResearchState {
  readonly tab: ResearchTab
  /** Of decisions; features over time take its dates alone. */
  readonly filter: LedgerFilter
  readonly groupBy: readonly PerformanceDimension[]
  readonly pnl: PnlFigure
  readonly metric: StabilityMetric
  /** A regime of the stats; null is over all of them. Undefined until one was chosen: the first that there is. */
  readonly regime?: string | null | undefined
  /** Features shown; undefined is the first few. */
  readonly features?: readonly string[] | undefined
  readonly calendar: CalendarMetric
  /** Two policy versions side by side; undefined is the last two. */
  readonly versions?: readonly [string, string] | undefined
}

export const DIMENSIONS: readonly { readonly value: PerformanceDimension; readonly label: string }[] = [
  { value: 'session_regime', label: 'Session' },
  { value: 'macro_regime', label: 'Macro regime' },
  { value: 'policy_version', label: 'Policy' },
  { value: 'symbol', label: 'Symbol' },
  { value: 'timeframe', label: 'Timeframe' },
  { value: 'action', label: 'Action' },
]

/** More at once than the engine takes in one question. */
export const MOST_DIMENSIONS = 4

const INITIAL: ResearchState = {
  tab: 'performance',
  filter: {},
  groupBy: ['session_regime'],
  pnl: 'pnlMean',
  metric: 'stability',
  calendar: 'hitRate',
}

/** What was kept, as far as it still means something: what doesn't is left at what it begins with. */
export function restoredState(text: string | undefined): ResearchState {
  const kept = parsed(text)
  const groupBy = DIMENSIONS.map(({ value }) => value).filter((value) =>
    textsOf(kept.groupBy).includes(value),
  )
  const features = kept.features === undefined ? undefined : textsOf(kept.features)
  const [first, second] = textsOf(kept.versions)
  return {
    tab: oneOf(kept.tab, ['performance', 'stability', 'calendar', 'policies'], INITIAL.tab),
    filter: filterOf(kept.filter),
    groupBy: groupBy.length === 0 ? INITIAL.groupBy : groupBy.slice(0, MOST_DIMENSIONS),
    pnl: oneOf(kept.pnl, ['pnlMean', 'pnlSum'], INITIAL.pnl),
    metric: oneOf(kept.metric, ['stability', 'sharpe', 'hitRate', 'variance'], INITIAL.metric),
    calendar: oneOf(kept.calendar, ['hitRate', 'pnlSum', 'count'], INITIAL.calendar),
    ...(kept.regime === null || typeof kept.regime === 'string' ? { regime: kept.regime } : {}),
    ...(features === undefined ? {} : { features }),
    ...(first === undefined || second === undefined ? {} : { versions: [first, second] }),
  }
}

function parsed(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined) return {}
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : {}
  } catch {
    // Kept by another version: the view begins anew.
    return {}
  }
}

const LISTS = ['symbols', 'timeframes', 'sessionRegimes', 'macroRegimes', 'policyVersions'] as const

function filterOf(kept: unknown): LedgerFilter {
  if (!isRecord(kept)) return {}
  const filter: LedgerFilter = {}
  for (const bound of ['from', 'to', 'asOf'] as const) {
    const value = kept[bound]
    if (typeof value === 'number' && Number.isFinite(value)) filter[bound] = value
  }
  for (const list of LISTS) {
    const values = textsOf(kept[list])
    if (values.length > 0) filter[list] = values
  }
  return filter
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

function oneOf<Value extends string>(value: unknown, choices: readonly Value[], otherwise: Value): Value {
  return choices.find((choice) => choice === value) ?? otherwise
}

export const researchStore = createStore<ResearchState>(() => INITIAL)

/** Takes what was kept; called once the preferences are there. */
export function restoreResearch(): void {
  researchStore.setState(restoredState(preferencesStore.getState().researchView), true)
}

/** Changes the view, and keeps it for the next start. */
export function setResearch(change: Partial<ResearchState>): void {
  researchStore.setState(change)
  setPreferences({ researchView: JSON.stringify(researchStore.getState()) })
}

/** Sets parts of the filter; undefined takes a condition away. */
export function setResearchFilter(
  change: {
    readonly [Field in keyof LedgerFilter]?: LedgerFilter[Field] | undefined
  },
): void {
  const merged = Object.entries({ ...researchStore.getState().filter, ...change })
  const filter = Object.fromEntries(
    merged.filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)),
  )
  setResearch({ filter })
}
