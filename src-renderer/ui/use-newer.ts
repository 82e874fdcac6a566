import { useCallback, useEffect, useMemo, useState } from 'react'
import type { PagedSort } from './paged-table.tsx'

/** Whether new rows of a ledger stand above all others. */
export function isNewestFirst(sort: PagedSort | null): boolean {
  return sort === null || (sort.column === 'timestamp_utc' && sort.descending)
}

/** A row that a table is to look at; another object is another wish. */
type Place = { readonly row: number } | null

/**
 * Where a table is to look: at a row that was asked for elsewhere, or at the newest once they are wished for.
 * @param sortNewestFirst in another order the newest are anywhere
 */
export function useNewer(elsewhere: Place, newestFirst: boolean, sortNewestFirst: () => void) {
  const [top, setTop] = useState<Place>(null)
  useEffect(() => {
    if (elsewhere !== null) setTop(null)
  }, [elsewhere])
  const showNewer = useCallback(() => {
    if (newestFirst) setTop({ row: 0 })
    else sortNewestFirst()
  }, [newestFirst, sortNewestFirst])
  return useMemo(() => ({ reveal: top ?? elsewhere, showNewer }), [top, elsewhere, showNewer])
}
