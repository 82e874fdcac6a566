import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { type FetchRows, PageCache } from './paged-table-cache.ts'

/**
 * Rows of a question, page by page, for `PagedTable`.
 * @param fetch the question itself: another function is another question (memoise it)
 * @param revision the store's: moves when its files changed, and the same question is asked again
 * @returns the cache; the component renders again whenever it changes
 */
export function usePagedRows<Row>(fetch: FetchRows<Row>, revision: number): PageCache<Row> {
  const [cache] = useState(() => new PageCache<Row>())
  const asked = useRef<{ fetch: FetchRows<Row>; revision: number } | null>(null)
  useSyncExternalStore(
    (listener) => cache.subscribe(listener),
    () => cache.version,
  )
  useEffect(() => {
    cache.ask(fetch, asked.current?.fetch === fetch)
    asked.current = { fetch, revision }
  }, [cache, fetch, revision])
  useEffect(() => () => cache.close(), [cache])
  return cache
}
