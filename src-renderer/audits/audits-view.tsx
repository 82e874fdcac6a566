import { useEffect } from 'react'
import { tellDrawn } from '../app/drawn.ts'
import { EmptyState } from '../ui/empty-state.tsx'

/** Audits. */
export function AuditsView() {
  useEffect(() => tellDrawn(), [])
  return <EmptyState title="Audits" />
}
