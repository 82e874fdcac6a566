import { useEffect, useRef, useState } from 'react'
import type { StoreTable } from '../../schemas/tables/index.ts'
import { engine } from './client.ts'

/**
 * Moves whenever files of the given tables changed: a bar that comes each minute is no reason to ask for decisions again.
 * @param tables constant for a component
 */
export function useRevision(tables: readonly StoreTable[]): number {
  const [revision, setRevision] = useState(0)
  const followed = useRef(tables)
  useEffect(
    () =>
      engine.on('storeChanged', ({ tables: changed }) => {
        if (changed.some((table) => followed.current.includes(table))) setRevision((count) => count + 1)
      }),
    [],
  )
  return revision
}
