import { useEffect } from 'react'
import { tellDrawn } from '../app/drawn.ts'
import { EmptyState } from '../ui/empty-state.tsx'

/** Research. */
export function ResearchView() {
  useEffect(() => tellDrawn(), [])
  return <EmptyState title="Research" />
}
