import { useCallback, useEffect, useRef, useState } from 'react'
import type { LedgerFacets, Performance } from '../../schemas/contract/ledger.ts'
import type { Problem } from '../../schemas/contract/viewport.ts'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import { engine } from '../engine/client.ts'
import { followTables } from '../engine/follow-tables.ts'
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

export interface TotalsAsked {
  /** Null while they aren't known of the filter in force. */
  readonly totals: Performance | null
  /** Once a first answer (or failure) came. */
  readonly settled: boolean
}

const FOLLOWED = ['decisions'] as const
/** Totals follow about once a second. */
const TOTALS_CALM = 1_000

/**
 * How the filter's decisions ended. One question at a time, of those that wait only the last; followed as files change.
 * @param ready the rows are there: they are what one waits for
 */
export function useTotals(filter: LedgerFilter, ready: boolean): TotalsAsked {
  const [found, setFound] = useState<{ filter: LedgerFilter; totals: Performance | null } | null>(null)
  const line = useRef<Promise<void>>(Promise.resolve())
  useEffect(() => {
    if (!ready) return
    let wanted = true
    const ask = () => {
      line.current = line.current.then(async () => {
        if (!wanted) return
        try {
          const totals = await engine.call('ledgerSummary', { filter })
          if (wanted) setFound({ filter, totals })
        } catch (thrown) {
          if (!wanted) return
          setFound({ filter, totals: null })
          reportFailure('The totals could not be worked out', thrown)
        }
      })
      return line.current
    }
    void ask()
    const end = followTables(FOLLOWED, ask, TOTALS_CALM)
    return () => {
      wanted = false
      end()
    }
  }, [filter, ready])
  return { totals: found?.filter === filter ? found.totals : null, settled: found !== null }
}

/**
 * What filters can be set to; null while it isn't known.
 * @param ready what stands on the screen is there: this looks through all that is stored
 */
export function useFacets(ready: boolean): LedgerFacets | null {
  const [facets, setFacets] = useState<LedgerFacets | null>(null)
  useEffect(() => {
    if (!ready) return
    let wanted = true
    const ask = async () => {
      try {
        const found = await engine.call('ledgerFacets', { table: 'decisions' })
        if (wanted) setFacets(found)
      } catch (thrown) {
        if (!wanted) return
        setFacets((known) => known ?? NO_FACETS)
        reportFailure('What decisions can be filtered by could not be listed', thrown)
      }
    }
    void ask()
    const end = followTables(FOLLOWED, ask)
    return () => {
      wanted = false
      end()
    }
  }, [ready])
  return facets
}

const NO_FACETS: LedgerFacets = { columns: {}, features: [], from: null, to: null, problems: [] }
