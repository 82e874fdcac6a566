import { useEffect } from 'react'
import { tellDrawn } from '../app/drawn.ts'
import { EmptyState } from '../ui/empty-state.tsx'

/** Decisions. */
export function DecisionsView() {
  useEffect(() => tellDrawn(), [])
  return <EmptyState title="Decisions" />
}
