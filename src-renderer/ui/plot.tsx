import { BarChart, CustomChart, LineChart, ScatterChart } from 'echarts/charts'
import { GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components'
import { type EChartsType, init, use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { useStore } from 'zustand'
import { appStore } from '../state/app-store.ts'
import { preferencesStore } from '../state/preferences.ts'
import { moveOver, type PlotData, type PlotPlace, pointText } from './plot-model.ts'
import { drawnPlace, type PlotTheme, plotOption } from './plot-option.ts'
import { PlotTable } from './plot-table.tsx'
import './plot.css'

// Only what is used: the bundle carries no other chart, and no other renderer.
use([
  BarChart,
  CustomChart,
  LineChart,
  ScatterChart,
  GridComponent,
  MarkLineComponent,
  TooltipComponent,
  CanvasRenderer,
])

export interface PlotProps {
  /** Its name for a screen reader, and its heading. */
  readonly label: string
  readonly data: PlotData
  /** A click on a point, or Enter on the one that the arrow keys lead to. */
  readonly onPick?: (place: PlotPlace) => void
  /** What picking does, in words: `shows its decisions`. */
  readonly pickText?: string
}

/** Beyond this far from a point a click is beside it, px. */
const REACH = 24

/**
 * A plot on a canvas: axes with names and units, tooltip, legend, clicks. By keyboard it is one stop: arrow keys move over
 * the points, Enter picks; a screen reader is told each one, and has the figures as a table.
 */
export function Plot({ label, data, onPick, pickText }: PlotProps) {
  const host = useRef<HTMLDivElement>(null)
  const chart = useRef<EChartsType | null>(null)
  const latest = useRef({ data, onPick })
  latest.current = { data, onPick }
  const [place, setPlace] = useState<PlotPlace | null>(null)
  const hint = useId()
  const theme = useStore(appStore, (state) => state.theme)
  const candleColours = useStore(preferencesStore, (state) => state.candleColours)

  useEffect(() => {
    const element = host.current
    if (element === null) return
    const drawn = init(element, null, { renderer: 'canvas' })
    chart.current = drawn
    const pick = (at: PlotPlace | null) => at !== null && latest.current.onPick?.(at)
    drawn
      .getZr()
      .on('click', ({ offsetX, offsetY }) => pick(placeAt(drawn, latest.current.data, offsetX, offsetY)))
    drawn.getZr().on('mousemove', ({ offsetX, offsetY }) => {
      const found = latest.current.onPick && placeAt(drawn, latest.current.data, offsetX, offsetY)
      drawn.getZr().setCursorStyle(found ? 'pointer' : 'default')
    })
    const resized = new ResizeObserver(() => drawn.resize())
    resized.observe(element)
    return () => {
      resized.disconnect()
      drawn.dispose()
      chart.current = null
    }
  }, [])

  useEffect(() => {
    // Theme and candle colours are what the tokens depend on: read anew whenever one changes.
    if (theme !== undefined || candleColours !== undefined)
      chart.current?.setOption(plotOption(data, themeInForce()), { notMerge: true })
  }, [data, theme, candleColours])

  // Other data, other points: nothing of the last is meant any more.
  useEffect(() => setPlace(null), [data])

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.metaKey || event.ctrlKey || event.shiftKey) return
    if ((event.key === 'Enter' || event.key === ' ') && place !== null) onPick?.(place)
    else {
      const to = moveOver(data, place, event.key)
      if (to === null) return
      setPlace(to)
      point(chart.current, to)
    }
    event.preventDefault()
  }

  return (
    <figure className="bk-plot" aria-label={label}>
      <div
        ref={host}
        className="bk-plot-canvas"
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move over its points.
        tabIndex={0}
        aria-label={label}
        aria-roledescription="plot"
        aria-describedby={hint}
        onKeyDown={onKeyDown}
        onBlur={() => chart.current?.dispatchAction({ type: 'hideTip' })}
      />
      <p id={hint} className="sr-only">
        Arrow keys move over the points{onPick === undefined ? '' : `, Enter ${pickText ?? 'picks one'}`}.
      </p>
      <p className="sr-only" aria-live="polite">
        {place === null ? '' : pointText(data, place)}
      </p>
      <PlotTable label={label} data={data} />
    </figure>
  )
}

/** What each series is drawn in; for plots with more than one. */
export function PlotLegend({ data }: { readonly data: PlotData }) {
  return (
    <ul className="bk-plot-legend" aria-label="Series">
      {data.series.map(({ id, name, kind, colour, stroke }) => (
        <li key={id}>
          <span
            className="bk-plot-swatch"
            data-kind={kind}
            data-stroke={stroke ?? 'solid'}
            style={{ color: `var(--${colour})` }}
            aria-hidden
          />
          {name}
        </li>
      ))}
    </ul>
  )
}

/** Shows a point as if the pointer stood over it. */
function point(chart: EChartsType | null, { series, point: index }: PlotPlace): void {
  chart?.dispatchAction({ type: 'downplay' })
  chart?.dispatchAction({ type: 'highlight', seriesIndex: series, dataIndex: index })
  chart?.dispatchAction({ type: 'showTip', seriesIndex: series, dataIndex: index })
}

/**
 * The point that is meant by a place on the canvas. Of bars the one whose band it is in, wherever in the band: a bar
 * near zero could not be hit otherwise. Of lines and points the nearest within reach.
 */
function placeAt(chart: EChartsType, data: PlotData, x: number, y: number): PlotPlace | null {
  if (!chart.containPixel('grid', [x, y])) return null
  const sideways = data.sideways === true
  let best: PlotPlace | null = null
  let distance = Number.POSITIVE_INFINITY
  const bands = data.x.kind === 'category' && data.series.every(({ kind }) => kind !== 'line')
  for (const [series, { points }] of data.series.entries()) {
    for (const index of points.keys()) {
      const at = pixelOf(chart, data, { series, point: index })
      if (at === null) continue
      const [along, across] = sideways ? [at[1] - y, at[0] - x] : [at[0] - x, at[1] - y]
      // In bands the category decides, and the value only among series of one category.
      const away = bands ? Math.abs(along) * 1000 + Math.abs(across) : Math.hypot(along, across)
      if (away >= distance || (!bands && away > REACH)) continue
      best = { series, point: index }
      distance = away
    }
  }
  return best
}

function pixelOf(
  chart: EChartsType,
  data: PlotData,
  { series, point: index }: PlotPlace,
): readonly [number, number] | null {
  const value = data.series[series]?.points[index]
  if (value === undefined || value.y === null) return null
  const drawn = drawnPlace(data, value.x, value.y)
  const at = chart.convertToPixel({ xAxisIndex: 0, yAxisIndex: 0 }, drawn)
  if (!Array.isArray(at)) return null
  const [left = 0, top = 0] = at
  const aside = data.series[series]?.aside ?? 0
  return data.sideways === true ? [left, top + aside] : [left + aside, top]
}

function themeInForce(): PlotTheme {
  const styles = getComputedStyle(document.documentElement)
  const token = (name: string): string => styles.getPropertyValue(`--${name}`).trim()
  return {
    text: token('text'),
    muted: token('text-muted'),
    line: token('line'),
    lineStrong: token('line-strong'),
    surface: token('surface-2'),
    font: token('font'),
    colours: {
      accent: token('accent'),
      waiting: token('waiting'),
      problem: token('problem'),
      compacted: token('compacted'),
      'text-muted': token('text-muted'),
      up: token('up'),
      down: token('down'),
    },
  }
}
