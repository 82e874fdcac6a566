import { useCallback, useEffect, useState } from 'react'
import type { LedgerFacets, Performance } from '../../schemas/contract/ledger.ts'
import type { Problem } from '../../schemas/contract/viewport.ts'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import { engine } from '../engine/client.ts'
import { reportFailure } from '../state/notices.ts'
import type { PagedSort } from '../ui/paged-table.tsx'
import type { FetchRows } from '../ui/paged-table-cache.ts'
import { columnsAsked, type DecisionEntry } from './decision-columns.tsx'

/** The table's question as a function of pages, another one whenever filter, sort or columns change. */
export function useQuestion(
  filter: LedgerFilter,
  sort: PagedSort | null,
  chosen: readonly string[],
): { readonly fetch: FetchRows<DecisionEntry>; readonly problems: readonly Problem[] } {
  const [problems, setProblems] = useState<readonly Problem[]>([])
  const fetch = useCallback<FetchRows<DecisionEntry>>(
    async (offset, limit) => {
      const page = await engine.call('ledgerQuery', {
        table: 'decisions',
        filter,
        ...(sort === null ? {} : { sort }),
        offset,
        limit,
        columns: columnsAsked(chosen),
      })
      setProblems((known) =>
        JSON.stringify(known) === JSON.stringify(page.problems) ? known : page.problems,
      )
      return { total: page.total, rows: page.entries as readonly DecisionEntry[] }
    },
    [filter, sort, chosen],
  )
  return { fetch, problems }
}

/** How the filter's decisions ended; null while it isn't known. */
export function useTotals(filter: LedgerFilter, revision: number): Performance | null {
  const [totals, setTotals] = useState<Performance | null>(null)
  useEffect(() => {
    let wanted = revision >= 0
    engine
      .call('ledgerSummary', { filter })
      .then((found) => wanted && setTotals(found))
      .catch((thrown) => {
        if (!wanted) return
        setTotals(null)
        reportFailure('The totals could not be worked out', thrown)
      })
    return () => {
      wanted = false
    }
  }, [filter, revision])
  return totals
}

/** What filters can be set to; null while it isn't known. */
export function useFacets(revision: number): LedgerFacets | null {
  const [facets, setFacets] = useState<LedgerFacets | null>(null)
  useEffect(() => {
    let wanted = revision >= 0
    engine
      .call('ledgerFacets', { table: 'decisions' })
      .then((found) => wanted && setFacets(found))
      .catch((thrown) => {
        if (!wanted) return
        setFacets({ columns: {}, features: [], from: null, to: null, problems: [] })
        reportFailure('What decisions can be filtered by could not be listed', thrown)
      })
    return () => {
      wanted = false
    }
  }, [revision])
  return facets
}
