import { useEffect, useRef } from 'react'
import { useStore } from 'zustand'
import { isAwaited, marketMoment } from '../../schemas/contract/live-feeds.ts'
import { liveNow, liveStore } from '../state/live.ts'
import { feedShown } from './bar-clock.ts'
import type { ChartSession } from './chart-session.ts'
import { zoneLabel } from './chicago-format.ts'
import { EmaLegend } from './ema-legend.tsx'
import { formatChange, formatPrice, formatVolume } from './price-format.ts'
import { cursorStore } from './state/cursor-store.ts'
import { seriesStore } from './state/series-store.ts'

/** What the chart shows and in which zone, and the values of the bar under the crosshair (else of the last bar). */
export function ChartLegend({ session }: { readonly session: ChartSession }) {
  const element = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const legend = element.current
    if (legend === null) return
    // Labels of zones keep out from under it.
    const observer = new ResizeObserver(() => {
      const { offsetLeft: x, offsetTop: y, offsetWidth: width, offsetHeight: height } = legend
      session.reserved = [{ x: 0, y: 0, width: x + width + 4, height: y + height + 2 }]
    })
    observer.observe(legend)
    return () => observer.disconnect()
  }, [session])
  return (
    <div ref={element} className="bk-chart-legend" data-testid="legend">
      <Title session={session} />
      <BarValues />
      <EmaLegend />
      <NoBarSince session={session} />
    </div>
  )
}

function Title({ session }: { readonly session: ChartSession }) {
  const { symbol, timeframe, barsPerCandle, level } = useStore(seriesStore, (state) => state.feed)
  const visible = useStore(seriesStore, (state) => state.visible)
  return (
    <span className="bk-chart-title">
      <strong>{symbol}</strong> {barsPerCandle === 1 ? timeframe : `${timeframe} as ${level.label}`}
      {visible !== null && (
        <span className="muted" title={`All times on this chart: ${session.offsets.zone.name}`}>
          {' · '}
          {zoneLabel(visible.from, visible.to, session.offsets)}
        </span>
      )}
    </span>
  )
}

/** A chart that stands still says so where one reads its prices. */
function NoBarSince({ session }: { readonly session: ChartSession }) {
  const symbol = useStore(seriesStore, (state) => state.feed.symbol)
  const timeframe = useStore(seriesStore, (state) => state.feed.timeframe)
  const health = useStore(liveStore, (state) => state.health)
  const feed = feedShown(health, { symbol, timeframe })
  const { zone } = session.offsets
  if (feed?.state !== 'stale' || !isAwaited(feed, liveNow(), zone)) return null
  return (
    <span className="bk-chart-stale" data-testid="no-bar-since">
      no bar since {marketMoment(feed.since, liveNow(), zone)}
    </span>
  )
}

function BarValues() {
  const pointed = useStore(cursorStore, (state) => state.bar)
  const decimals = useStore(seriesStore, (state) => state.decimals)
  const bars = useStore(seriesStore, (state) => state.feed.bars)
  const row = pointed ?? bars.ts.length - 1
  const [open, high, low, close, volume] = [bars.open, bars.high, bars.low, bars.close, bars.volume].map(
    (column) => column[row],
  )
  if (open === undefined || high === undefined || low === undefined || close === undefined) return null
  const before = bars.close[row - 1] ?? open
  const change = close - before
  const direction = close >= open ? 'up' : 'down'
  const values = [
    ['O', open],
    ['H', high],
    ['L', low],
    ['C', close],
  ] as const
  return (
    <span className="bk-chart-values">
      {values.map(([name, value]) => (
        <span key={name}>
          <span className="muted">{name}</span>{' '}
          <span data-direction={direction}>{formatPrice(value, decimals)}</span>
        </span>
      ))}
      <span data-direction={change >= 0 ? 'up' : 'down'}>
        {formatChange(change, decimals)} ({formatChange((change / before) * 100, 2)}%)
      </span>
      <span>
        <span className="muted">Vol</span> {formatVolume(volume ?? 0)}
      </span>
    </span>
  )
}
