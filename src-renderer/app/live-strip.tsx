import { TriangleAlert } from 'lucide-react'
import { useStore } from 'zustand'
import { seriesStore } from '../chart/state/series-store.ts'
import { appStore } from '../state/app-store.ts'
import { runCommand } from '../state/commands.ts'
import { liveStore } from '../state/live.ts'
import { Button } from '../ui/button.tsx'
import { zoneOf } from '../ui/figures.ts'
import { type LiveWarning, liveWarnings } from './live-words.ts'
import { useNow } from './use-now.ts'
import './live-strip.css'

/**
 * Says over the view that what it shows is not the present, and what to do: for as long as it is so, for a frozen chart
 * must not look live (SPEC F56).
 */
export function LiveStrip() {
  const health = useStore(liveStore, (state) => state.health)
  const isChart = useStore(appStore, (state) => state.view === 'chart')
  const zone = useStore(appStore, (state) => state.store?.marketZone)
  const symbol = useStore(seriesStore, (state) => state.feed.symbol)
  const timeframe = useStore(seriesStore, (state) => state.feed.timeframe)
  const now = useNow()
  if (health === null || zone === undefined) return null
  const warnings = liveWarnings(health, isChart ? { symbol, timeframe } : null, now, zoneOf(zone))
  return (
    <div role="status">
      {warnings.map(({ kind, title, text }) => (
        <div key={kind} className="bk-live-strip" data-kind={kind} data-testid="live-warning">
          <TriangleAlert size={14} aria-hidden />
          <p>
            <strong>{title}</strong> {text}
          </p>
          <Remedy kind={kind} />
        </div>
      ))}
    </div>
  )
}

function Remedy({ kind }: { readonly kind: LiveWarning['kind'] }) {
  if (kind === 'stale') return <Button onClick={() => runCommand('store.reveal')}>Show its folder</Button>
  if (kind === 'folder') return <Button onClick={() => runCommand('open-store')}>Open another store…</Button>
  return null
}
