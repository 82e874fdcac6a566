import { ChevronLeft, ChevronRight, X } from 'lucide-react'
import { useStore } from 'zustand'
import { HitWord } from '../decisions/decision-columns.tsx'
import { formatNumber, formatSigned } from '../decisions/decision-text.ts'
import { Button } from '../ui/button.tsx'
import { IconButton } from '../ui/icon-button.tsx'
import type { ChartSession } from './chart-session.ts'
import { formatInstant } from './chicago-format.ts'
import { inspectDecision, stepDecision } from './decision-commands.ts'
import { chartDecisionsStore, isSameDecision, selectDecision } from './decision-store.ts'
import './decision-card.css'

/** The decision that is selected on the chart, in a few words, and the ways on from it. */
export function DecisionCard({ session }: { readonly session: ChartSession }) {
  const { markers, selected } = useStore(chartDecisionsStore)
  if (selected === null) return null
  const marker = markers.find((one) => isSameDecision(one, selected))
  return (
    <section className="bk-decision-card" aria-label="Selected decision" data-testid="decision-card">
      <div className="bk-decision-card-text">
        <strong>{marker?.action ?? selected.decisionId}</strong>
        {marker !== undefined && (
          <>
            <span>{marker.timeframe}</span>
            {marker.score !== null && <span>score {formatNumber(marker.score)}</span>}
            <HitWord hit={marker.hit} />
            {marker.pnl !== null && (
              <span data-side={marker.pnl > 0 ? 'up' : marker.pnl < 0 ? 'down' : undefined}>
                {formatSigned(marker.pnl)}
              </span>
            )}
            <span className="muted">{marker.policyVersion}</span>
          </>
        )}
        <span className="muted numeric">{formatInstant(selected.ts, session.offsets)}</span>
      </div>
      <Button onClick={inspectDecision}>Inspect</Button>
      <IconButton
        icon={ChevronLeft}
        label="Previous decision"
        keys="Shift+N"
        side="top"
        onClick={() => void stepDecision(session, -1)}
      />
      <IconButton
        icon={ChevronRight}
        label="Next decision"
        keys="N"
        side="top"
        onClick={() => void stepDecision(session, 1)}
      />
      <IconButton icon={X} label="Put away" keys="Escape" side="top" onClick={() => selectDecision(null)} />
    </section>
  )
}
