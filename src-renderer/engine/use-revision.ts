import { useEffect, useRef, useState } from 'react'
import type { StoreTable } from '../../schemas/tables/index.ts'
import { followTables } from './follow-tables.ts'

/**
 * Moves when files of the given tables changed: a bar that comes each minute is no reason to ask for decisions again.
 * @param tables constant for a component
 * @param calm at least so long between two moves, ms
 */
export function useRevision(tables: readonly StoreTable[], calm?: number): number {
  const [revision, setRevision] = useState(0)
  const followed = useRef({ tables, calm })
  useEffect(
    () =>
      followTables(followed.current.tables, () => setRevision((count) => count + 1), followed.current.calm),
    [],
  )
  return revision
}
