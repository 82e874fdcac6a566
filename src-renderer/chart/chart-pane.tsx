import { CalendarX, TriangleAlert } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { useStore } from 'zustand'
import { appStore } from '../state/app-store.ts'
import { Button } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { ChartSession } from './chart-session.ts'
import { RetryButton } from './chart-toolbar.tsx'
import { formatInstant } from './chicago-format.ts'
import { DecisionCard } from './decision-card.tsx'
import { chartDecisionsStore } from './decision-store.ts'
import { ChartLegend } from './legend.tsx'
import { NewerPill } from './newer-pill.tsx'
import { objectsStore } from './state/objects-store.ts'
import { seriesStore } from './state/series-store.ts'

export interface ChartPaneProps {
  readonly session: ChartSession | null
  readonly onSession: (session: ChartSession | null) => void
}

/** The picture: owns the element that the chart library draws into, and the states in which there is no picture. */
export function ChartPane({ session, onSession }: ChartPaneProps) {
  const canvas = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const { store } = appStore.getState()
    if (canvas.current === null || store === null) return
    const started = new ChartSession(canvas.current, store)
    onSession(started)
    return () => {
      onSession(null)
      started.end()
    }
  }, [onSession])
  return (
    <ChartRoot>
      <div ref={canvas} className="bk-chart-canvas" />
      {session !== null && <ChartLegend session={session} />}
      {session !== null && <NewerPill session={session} />}
      {session !== null && <DecisionCard session={session} />}
      <Loading />
      <NoPicture session={session} />
    </ChartRoot>
  )
}

/** Says in words and attributes what the canvas shows: for screen readers, and for tests that see what users see. */
function ChartRoot({ children }: { readonly children: React.ReactNode }) {
  const { feed, visible, view, prices } = useStore(seriesStore)
  const shown = useStore(objectsStore, (state) => state.shown.length)
  const decisions = useStore(chartDecisionsStore)
  const { ts } = feed.bars
  return (
    <section
      className="bk-chart-root"
      aria-label={`Chart of ${feed.symbol} ${feed.timeframe}`}
      aria-busy={feed.phase === 'loading'}
      data-testid="chart"
      data-phase={feed.phase}
      data-fetching={feed.fetching}
      data-symbol={feed.symbol}
      data-timeframe={feed.timeframe}
      data-bars={ts.length}
      data-first={ts[0]}
      data-last={ts.at(-1)}
      data-newer={feed.newer}
      data-range-from={visible === null ? undefined : Math.round(visible.from)}
      data-range-to={visible === null ? undefined : Math.round(visible.to)}
      data-view-from={view?.from}
      data-view-to={view?.to}
      data-price-top={prices?.top}
      data-price-bottom={prices?.bottom}
      data-level={feed.level.label}
      data-bars-per-candle={feed.barsPerCandle}
      data-objects={shown}
      data-decisions={decisions.markers.length}
      data-decision={decisions.selected?.decisionId}
    >
      {children}
    </section>
  )
}

function Loading() {
  const working = useStore(seriesStore, ({ feed }) => feed.phase === 'loading' || feed.fetching)
  return working ? <div className="bk-chart-loading" aria-hidden /> : null
}

function NoPicture({ session }: { readonly session: ChartSession | null }) {
  const { phase, error, missing, symbol, timeframe } = useStore(seriesStore, (state) => state.feed)
  if (session === null) return null
  const name = `${symbol} ${timeframe}`
  if (phase === 'error' && error !== null) {
    return (
      <div className="bk-chart-cover">
        <EmptyState
          icon={TriangleAlert}
          tone="problem"
          title={`The bars of ${name} could not be read`}
          actions={<RetryButton session={session} />}
        >
          {error.message} <span className="bk-code">{error.code}</span>
        </EmptyState>
      </div>
    )
  }
  if (phase !== 'empty' || missing === null) return null
  const { wanted, nearest } = missing
  const text = (instant: number) => formatInstant(Math.floor(instant / 60_000) * 60_000, session.offsets)
  return (
    <div className="bk-chart-cover">
      <EmptyState
        icon={CalendarX}
        title={nearest === null ? `There are no bars of ${name}` : `No bars of ${name} in this window`}
        actions={
          nearest !== null && (
            <Button tone="primary" onClick={() => void session.goTo(nearest)}>
              Go to the nearest bars
            </Button>
          )
        }
      >
        {nearest !== null && (
          <p>
            From {text(wanted.from)} to {text(wanted.to)} the store holds none. The nearest is of{' '}
            {text(nearest)}.
          </p>
        )}
      </EmptyState>
    </div>
  )
}
