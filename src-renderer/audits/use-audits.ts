import { useCallback, useEffect, useState } from 'react'
import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { AuditTimeline, LedgerEntry, LedgerFacets } from '../../schemas/contract/ledger.ts'
import type { Problem } from '../../schemas/contract/viewport.ts'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import type { AuditRow } from '../../schemas/generated/rows.ts'
import { engine, failureReport } from '../engine/client.ts'
import { followTables } from '../engine/follow-tables.ts'
import { reportFailure } from '../state/notices.ts'
import type { PagedSort } from '../ui/paged-table.tsx'
import type { FetchRows } from '../ui/paged-table-cache.ts'

/** A row whose columns may be missing: it breaks its schema. */
export type AuditEntry = LedgerEntry<Partial<{ [Name in keyof AuditRow]: AuditRow[Name] | null }>>

/** The table's question as a function of pages, another one whenever filter or sort change. */
export function useAuditRows(
  filter: LedgerFilter,
  sort: PagedSort | null,
): { readonly fetch: FetchRows<AuditEntry>; readonly problems: readonly Problem[] } {
  const [problems, setProblems] = useState<readonly Problem[]>([])
  const fetch = useCallback<FetchRows<AuditEntry>>(
    async (offset, limit) => {
      const page = await engine.call('ledgerQuery', {
        table: 'audits',
        filter,
        ...(sort === null ? {} : { sort }),
        offset,
        limit,
      })
      setProblems((known) =>
        JSON.stringify(known) === JSON.stringify(page.problems) ? known : page.problems,
      )
      return { total: page.total, rows: page.entries as readonly AuditEntry[] }
    },
    [filter, sort],
  )
  return { fetch, problems }
}

export interface TimelineState {
  /** Of this filter or, while its own is on the way, of the last. */
  readonly timeline: AuditTimeline | null
  /** Why there is none. */
  readonly error: ErrorReport | null
  readonly behind: boolean
  readonly retry: () => void
}

const FOLLOWED = ['audits'] as const

/** The figures of a filter's audits, followed calmly as files change. */
export function useTimeline(filter: LedgerFilter): TimelineState {
  const [timeline, setTimeline] = useState<AuditTimeline | null>(null)
  const [error, setError] = useState<ErrorReport | null>(null)
  const [behind, setBehind] = useState(true)
  const [tries, setTries] = useState(0)
  useEffect(() => {
    let wanted = tries >= 0
    // Dimmed for another question, not for the same one asked again.
    setBehind(true)
    const ask = async () => {
      try {
        const found = await engine.call('auditTimeline', { filter })
        if (!wanted) return
        setTimeline((now) => (JSON.stringify(now) === JSON.stringify(found) ? now : found))
        setError(null)
      } catch (thrown) {
        if (wanted) setError(failureReport(thrown))
      } finally {
        if (wanted) setBehind(false)
      }
    }
    void ask()
    const end = followTables(FOLLOWED, ask)
    return () => {
      wanted = false
      end()
    }
  }, [filter, tries])
  const retry = useCallback(() => setTries((count) => count + 1), [])
  return { timeline, error, behind, retry }
}

/** What filters can be set to; null while it isn't known. */
export function useAuditFacets(): LedgerFacets | null {
  const [facets, setFacets] = useState<LedgerFacets | null>(null)
  useEffect(() => {
    let wanted = true
    const ask = async () => {
      try {
        const found = await engine.call('ledgerFacets', { table: 'audits' })
        if (wanted) setFacets(found)
      } catch (thrown) {
        if (!wanted) return
        setFacets((known) => known ?? { columns: {}, features: [], from: null, to: null, problems: [] })
        reportFailure('What audits can be filtered by could not be listed', thrown)
      }
    }
    void ask()
    const end = followTables(FOLLOWED, ask)
    return () => {
      wanted = false
      end()
    }
  }, [])
  return facets
}
