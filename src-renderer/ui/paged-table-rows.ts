import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { StoreTable } from '../../schemas/tables/index.ts'
import { followTables } from '../engine/follow-tables.ts'
import { type FetchRows, PageCache } from './paged-table-cache.ts'

/** Rows follow sooner than figures: they are what one looks at. */
const ROWS_CALM = 500

/**
 * Rows of a question, page by page, for `PagedTable`. They follow the store's files by themselves.
 * @param fetch the question itself: another function is another question (memoise it)
 * @param tables whose files the rows come from; constant for a component
 * @param newestFirst the question's order: new rows stand above all others
 * @returns the cache; the component renders again whenever it changes
 */
export function usePagedRows<Row>(
  fetch: FetchRows<Row>,
  tables: readonly StoreTable[],
  newestFirst: boolean,
): PageCache<Row> {
  const [cache] = useState(() => new PageCache<Row>())
  useSyncExternalStore(
    (listener) => cache.subscribe(listener),
    () => cache.version,
  )
  useEffect(() => cache.ask(fetch, false), [cache, fetch])
  const order = useRef(newestFirst)
  order.current = newestFirst
  const followed = useRef(tables)
  useEffect(() => followTables(followed.current, () => cache.follow(order.current), ROWS_CALM), [cache])
  useEffect(() => () => cache.close(), [cache])
  return cache
}
