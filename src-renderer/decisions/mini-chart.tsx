import { useEffect, useRef } from 'react'
import { useStore } from 'zustand'
import type { DecisionDetail } from '../../schemas/contract/ledger.ts'
import { readColours } from '../chart/chart-colours.ts'
import { decimalsOf } from '../chart/price-format.ts'
import { appStore } from '../state/app-store.ts'
import { preferencesStore } from '../state/preferences.ts'
import { formatClockTime } from './decision-text.ts'
import { paintMiniChart } from './mini-chart-painter.ts'

/** The bar of a decision and its surroundings, with the zones and levels that stood then. */
export function MiniChart({ detail }: { readonly detail: DecisionDetail }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const theme = useStore(appStore, (state) => state.theme)
  const candleColours = useStore(preferencesStore, (state) => state.candleColours)
  useEffect(() => {
    const element = canvas.current
    const context = element?.getContext('2d') ?? null
    if (element === null || context === null) return
    const colours = readColours(element)
    const draw = () => {
      const { clientWidth: width, clientHeight: height } = element
      const ratio = window.devicePixelRatio
      element.width = Math.max(1, Math.round(width * ratio))
      element.height = Math.max(1, Math.round(height * ratio))
      context.setTransform(ratio, 0, 0, ratio, 0, 0)
      paintMiniChart(context, { width, height }, detail, colours, formatClockTime)
    }
    draw()
    const observer = new ResizeObserver(draw)
    observer.observe(element)
    return () => observer.disconnect()
    // Theme and candle colours are read from the page's tokens.
  }, [detail, theme, candleColours])
  const { candles, barTs, timeframe } = detail
  if (candles.ts.length === 0) {
    return (
      <p className="bk-decision-nobars muted">
        {timeframe === null
          ? `"${detail.entry.row.timeframe}" is no timeframe of bars.`
          : `No ${timeframe} bars of ${detail.entry.row.symbol} around this time.`}
      </p>
    )
  }
  const at = candles.ts.indexOf(barTs ?? Number.NaN)
  const close = candles.close[at]
  const words =
    close === undefined
      ? 'no bar contains the decision'
      : `the bar of the decision closes at ${close.toFixed(decimalsOf(candles))}`
  return (
    <canvas
      ref={canvas}
      className="bk-decision-mini"
      role="img"
      aria-label={`${candles.ts.length} bars of ${timeframe} around the decision; ${words}`}
    />
  )
}
