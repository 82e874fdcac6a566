import { useEffect } from 'react'
import { tellDrawn } from '../app/drawn.ts'
import { EmptyState } from '../ui/empty-state.tsx'

/** Policies. */
export function PoliciesView() {
  useEffect(() => tellDrawn(), [])
  return <EmptyState title="Policies" />
}
