import { useEffect, useRef, useState } from 'react'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import { engine } from '../engine/client.ts'
import type { DecisionRef } from '../state/ledger-links.ts'
import { reportFailure } from '../state/notices.ts'
import type { PagedSort } from '../ui/paged-table.tsx'

/**
 * Where the table has a decision that was selected elsewhere: as many rows as are newer stand before it. Only in order of
 * time; in any other nothing tells. Those of one instant stand together, so the place may be off by a few.
 * @param wanted another object is another wish
 */
export function useReveal(
  wanted: DecisionRef | null,
  filter: LedgerFilter,
  sort: PagedSort | null,
): { readonly row: number } | null {
  const [found, setFound] = useState<{ readonly row: number } | null>(null)
  // The filter in force when it is wished for, not those that follow.
  const asked = useRef({ filter, sort })
  asked.current = { filter, sort }
  useEffect(() => {
    const { filter: within, sort: order } = asked.current
    if (wanted === null || (order !== null && order.column !== 'timestamp_utc')) return
    const oldestFirst = order !== null && !order.descending
    const { ts } = wanted
    const { from = ts, to = ts } = within
    if (ts < from || ts > to) return
    let current = true
    const before = oldestFirst ? { ...within, to: ts - 1 } : { ...within, from: ts + 1 }
    engine
      .call('ledgerQuery', { table: 'decisions', filter: before, offset: 0, limit: 1, columns: ['run_id'] })
      .then(({ total }) => current && setFound({ row: total }))
      .catch((thrown) => current && reportFailure('The decision could not be found in the table', thrown))
    return () => {
      current = false
    }
  }, [wanted])
  return found
}
