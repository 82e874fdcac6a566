import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import { isRecord, withChange } from '../decisions/view-filter.ts'

/**
 * What was picked out of the figures: it narrows the rows, while the figures stay as the filter makes them, so that the
 * next pick has something to be made from.
 */
export interface Focus {
  /** Trading date. */
  readonly day?: string
  readonly runId?: string
  readonly feature?: string
  readonly issue?: string
  readonly clean?: boolean
}

/** Lists of words that audits can be filtered by. */
export const AUDIT_LISTS = [
  'runIds',
  'featureNames',
  'issues',
  'sessionRegimes',
  'macroRegimes',
  'policyVersions',
  'engineVersions',
  'tradingDays',
] as const
export type AuditList = (typeof AUDIT_LISTS)[number]

const MOST_WORDS = 256

/** A filter of audits out of whatever was kept or handed over: what isn't sound, or no audit's, is left out. */
export function readAuditFilter(kept: unknown): LedgerFilter {
  if (!isRecord(kept)) return {}
  const filter: LedgerFilter = {}
  for (const name of ['from', 'to', 'asOf'] as const) {
    const value = kept[name]
    if (typeof value === 'number' && Math.abs(value) <= 8.64e15) filter[name] = value
  }
  for (const name of AUDIT_LISTS) {
    const value = kept[name]
    if (!Array.isArray(value) || value.length === 0) continue
    if (value.every((word): word is string => typeof word === 'string')) {
      filter[name] = value.slice(0, MOST_WORDS)
    }
  }
  if (typeof kept.clean === 'boolean') filter.clean = kept.clean
  if (typeof kept.text === 'string' && kept.text !== '') filter.text = kept.text.slice(0, 256)
  return filter
}

export function readFocus(kept: unknown): Focus {
  if (!isRecord(kept)) return {}
  const word = (name: string): object => (typeof kept[name] === 'string' ? { [name]: kept[name] } : {})
  return {
    ...word('day'),
    ...word('runId'),
    ...word('feature'),
    ...word('issue'),
    ...(typeof kept.clean === 'boolean' ? { clean: kept.clean } : {}),
  }
}

/** The rows that are shown: those of the filter that the focus leaves. */
export function withFocus(filter: LedgerFilter, focus: Focus): LedgerFilter {
  const { day, runId, feature, issue, clean } = focus
  return withChange(filter, {
    ...(day === undefined ? {} : { tradingDays: [day] }),
    ...(runId === undefined ? {} : { runIds: [runId] }),
    ...(feature === undefined ? {} : { featureNames: [feature] }),
    ...(issue === undefined ? {} : { issues: [issue] }),
    ...(clean === undefined ? {} : { clean }),
  })
}

/** The same pick again takes it away. */
export function togglePick(focus: Focus, pick: Focus): Focus {
  return JSON.stringify(focus) === JSON.stringify(pick) ? {} : pick
}
