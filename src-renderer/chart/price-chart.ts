import {
  CandlestickSeries,
  CrosshairMode,
  createChartEx,
  HistogramSeries,
  type IChartApiBase,
  type ISeriesApi,
  type Logical,
  type MouseEventParams,
  PriceScaleMode,
  type Time,
} from 'lightweight-charts'
import type { DecisionMarker } from '../../schemas/contract/ledger.ts'
import type { CandleColumns, EmaColumn } from '../../schemas/contract/viewport.ts'
import { barAt, type LogicalSpan } from './bar-columns.ts'
import type { ChartColours } from './chart-colours.ts'
import { candleOptions, FIXED_OPTIONS, themedOptions, VOLUME_OPTIONS } from './chart-options.ts'
import type { BarKind } from './chicago-format.ts'
import { ChicagoTimeScale } from './chicago-time-scale.ts'
import { BrushTool } from './decision-brush.ts'
import { DecisionsPrimitive } from './decision-primitive.ts'
import { EmaLines } from './ema-lines.ts'
import { LastPrice } from './last-price.ts'
import { amongNew } from './live-rows.ts'
import { measureTexts } from './measure.ts'
import { MeasureTool } from './measure-tool.ts'
import { ObjectsPrimitive } from './objects-primitive.ts'
import type { DrawnChart } from './picture-canvas.ts'
import { decimalsOf, formatPrice } from './price-format.ts'
import { SeriesWriter } from './series-writer.ts'
import { SessionBands } from './session-bands.ts'
import { sessionCalendar } from './session-calendar.ts'
import type { ZoneOffsets } from './zone-offsets.ts'

/** Half the width of a label of the time axis, CSS pixels. */
const HALF_LABEL = 24

export interface ChartEvents {
  /** The view moved, or bars came: where it looks now, in places, and how wide the plot is. */
  onLook(view: LogicalSpan, width: number): void
  /** The bar under the crosshair, or null when it left the chart. */
  onCursor(bar: number | null): void
  onHover(objectId: string | null): void
  onPick(objectId: string | null): void
  /** A decision's mark was clicked: it lies over objects. */
  onPickDecision(decision: DecisionMarker): void
  /** A band of time was brushed, in places. */
  onBrush(span: LogicalSpan): void
  /** The pointer went down on (or up from) the plot. */
  onGrab(held: boolean): void
}

/** Bars and what stands beside them. */
export interface DrawnRows {
  readonly bars: CandleColumns
  readonly emas: readonly EmaColumn[]
}

/** Which bars these are. */
export interface BarShape {
  readonly kind: BarKind
  /** Milliseconds of a candle. */
  readonly step: number
  /** Whether the last of them is the last of the series: only then is its close the last price. */
  readonly atEnd: boolean
}

/** The chart library behind terms of our own: bars, places, objects. Nothing outside this file calls the library. */
export class PriceChart {
  readonly objects: ObjectsPrimitive
  readonly decisions: DecisionsPrimitive
  readonly lastPrice: LastPrice
  readonly #emas: EmaLines
  readonly #chart: IChartApiBase<Time>
  readonly #scale: ChicagoTimeScale
  readonly #candles: ISeriesApi<'Candlestick', Time>
  readonly #volume: ISeriesApi<'Histogram', Time>
  readonly #writer: SeriesWriter
  readonly #bands: readonly SessionBands[]
  readonly #offsets: ZoneOffsets
  readonly #measure: MeasureTool
  readonly #container: HTMLElement
  readonly #brush: BrushTool
  #stopMeasuring: (() => void) | null = null
  #stopBrushing: (() => void) | null = null
  #step = 60_000
  readonly #events: ChartEvents
  readonly #listening = new AbortController()
  #colours: ChartColours
  #kind: BarKind = 'intraday'
  #decimals = -1
  #frame = 0
  #isStill = false
  #coming: LogicalSpan | null = null

  constructor(container: HTMLElement, offsets: ZoneOffsets, colours: ChartColours, events: ChartEvents) {
    this.#offsets = offsets
    this.#events = events
    this.#colours = colours
    this.#scale = new ChicagoTimeScale(offsets)
    this.#chart = createChartEx<Time, ChicagoTimeScale>(container, this.#scale, FIXED_OPTIONS)
    this.#candles = this.#chart.addSeries(CandlestickSeries, {
      // Their last value is that of the last bar in view: scrolled back, it would pass for the last price.
      lastValueVisible: false,
      priceLineVisible: false,
    })
    this.#volume = this.#chart.addSeries(HistogramSeries, VOLUME_OPTIONS, 1)
    const [prices, volumes] = this.#chart.panes()
    prices?.setStretchFactor(0.82)
    volumes?.setStretchFactor(0.18)
    this.#chart
      .priceScale('right', 1)
      .applyOptions({ scaleMargins: { top: 0.12, bottom: 0 }, entireTextOnly: true })
    this.#scale.isCut = (instant) => this.#isCut(instant)
    this.#emas = new EmaLines(this.#chart, colours)
    this.#writer = new SeriesWriter(this.#chart, this.#candles, this.#volume, this.#emas)
    this.lastPrice = new LastPrice(this.#candles, colours)
    this.#bands = this.#chart.panes().map((pane) => {
      const bands = new SessionBands(colours)
      pane.attachPrimitive(bands)
      return bands
    })
    this.objects = new ObjectsPrimitive(colours)
    this.#candles.attachPrimitive(this.objects)
    this.#measure = new MeasureTool(colours, (measured) =>
      measureTexts(measured, this.bars.ts, this.#step, this.decimals),
    )
    this.#candles.attachPrimitive(this.#measure)
    this.decisions = new DecisionsPrimitive(colours)
    this.#candles.attachPrimitive(this.decisions)
    this.#brush = new BrushTool(colours, (span) => events.onBrush(span))
    this.#candles.attachPrimitive(this.#brush)
    this.#container = container
    this.colours = colours
    this.#listen(container)
  }

  get bars(): CandleColumns {
    return this.#writer.bars
  }

  get decimals(): number {
    return Math.max(0, this.#decimals)
  }

  /** Of the plot without the price scale, CSS pixels. */
  get width(): number {
    return this.#chart.timeScale().width()
  }

  /** Where it looks, in places; null without bars. A move that takes effect with the next frame counts already. */
  get view(): LogicalSpan | null {
    return this.#coming ?? this.#chart.timeScale().getVisibleLogicalRange()
  }

  /** Draws bars: `replaced` by others, or the old ones `extended`. `show` moves the view; null leaves it. */
  draw(
    how: 'extended' | 'replaced',
    { bars, emas }: DrawnRows,
    shape: BarShape,
    show: LogicalSpan | null,
  ): void {
    if (this.#kind !== shape.kind) {
      this.#kind = shape.kind
      this.#scale.kind = shape.kind
      // Labels of the other kind are cached by time; applying options is what drops them.
      this.#chart.applyOptions({ localization: {} })
    }
    this.#step = shape.step
    this.#setDecimals(decimalsOf(bars))
    // A move that waits for the next frame counts in places of the old bars: among the new it would lead elsewhere.
    const moved = this.#coming && amongNew(this.#coming, this.bars.ts, bars.ts)
    const target = show ?? (how === 'extended' ? moved : null)
    this.#coming = null
    if (how === 'replaced') {
      this.#writer.replace(bars, emas)
      this.fitPrices()
      this.#measure.clear()
    } else this.#writer.extend(bars, emas)
    const [open, price] = [bars.open.at(-1), bars.close.at(-1)]
    const hasLast = shape.atEnd && open !== undefined && price !== undefined
    this.lastPrice.close = hasLast ? { price, rising: price >= open } : null
    this.objects.bars = bars
    const calendar = sessionCalendar(bars.ts, shape.step, shape.kind, this.#offsets)
    for (const bands of this.#bands) bands.calendar = calendar
    if (target !== null) this.show(target)
    this.#told()
  }

  /** Of the axes beside and below the plot, CSS pixels. */
  get axes(): { readonly width: number; readonly height: number } {
    return { width: this.#chart.priceScale('right').width(), height: this.#chart.timeScale().height() }
  }

  /** Moves the view to a range of places. */
  show(range: LogicalSpan): void {
    if (this.#writer.bars.ts.length === 0) return
    this.#coming = range
    this.#chart.timeScale().setVisibleLogicalRange(range)
    // What was about to be told is of before this move.
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    this.#told()
  }

  set colours(colours: ChartColours) {
    this.#colours = colours
    this.#chart.applyOptions(themedOptions(colours))
    this.#candles.applyOptions(candleOptions(colours))
    this.#writer.colours = colours
    for (const bands of this.#bands) bands.colours = colours
    this.#measure.colours = colours
    this.#brush.colours = colours
    this.decisions.colours = colours
    this.objects.colours = colours
    this.lastPrice.colours = colours
    this.#emas.colours = colours
  }

  set logScale(on: boolean) {
    const mode = on ? PriceScaleMode.Logarithmic : PriceScaleMode.Normal
    this.#chart.priceScale('right').applyOptions({ mode })
  }

  /** For a picture: where the pointer happens to lie must not decide what the legend says. */
  hideCrosshair(): void {
    this.#isStill = true
    this.#chart.applyOptions({ crosshair: { mode: CrosshairMode.Hidden } })
  }

  /** All panes and scales as they are drawn, objects and decisions included, without crosshair. */
  get drawn(): DrawnChart {
    const canvas = this.#chart.takeScreenshot(true, false)
    return { canvas, ratio: canvas.width / this.#container.clientWidth, colours: this.#colours }
  }

  /** Prices at the top and the bottom edge of the price pane; null before any are drawn. */
  get prices(): { readonly top: number; readonly bottom: number } | null {
    const top = this.#candles.coordinateToPrice(0)
    const bottom = this.#candles.coordinateToPrice(this.#chart.paneSize(0).height)
    return top === null || bottom === null ? null : { top, bottom }
  }

  /** Whether a drag opens a measuring box instead of moving the chart. */
  set measuring(on: boolean) {
    this.#stopMeasuring?.()
    this.#stopMeasuring = on ? this.#measure.listen(this.#container) : null
    if (!on) this.#measure.clear()
    this.#dragMoves(!on)
  }

  /** Whether a drag brushes a band of time instead of moving the chart. */
  set brushing(on: boolean) {
    this.#stopBrushing?.()
    this.#stopBrushing = on ? this.#brush.listen(this.#container) : null
    this.#dragMoves(!on)
  }

  /** Lets prices fill the height again after someone dragged the price scale. */
  fitPrices(): void {
    this.#chart.priceScale('right').setAutoScale(true)
  }

  /** Makes sure a price is in sight, for an object off the top or bottom of the pane. */
  includePrices(low: number, high: number): void {
    const scale = this.#chart.priceScale('right')
    const range = scale.getVisibleRange()
    if (range === null || (low >= range.from && high <= range.to)) return
    const [from, to] = [Math.min(range.from, low), Math.max(range.to, high)]
    const margin = (to - from) * 0.05
    scale.setVisibleRange({ from: from - margin, to: to + margin })
    this.#told()
  }

  /** Ends everything; the container is empty afterwards. */
  remove(): void {
    cancelAnimationFrame(this.#frame)
    this.#listening.abort()
    this.#stopMeasuring?.()
    this.#stopBrushing?.()
    this.#chart.remove()
  }

  #dragMoves(on: boolean): void {
    this.#chart.applyOptions({ handleScroll: { pressedMouseMove: on, horzTouchDrag: on } })
  }

  #isCut(instant: number): boolean {
    const scale = this.#chart.timeScale()
    const x = scale.logicalToCoordinate(barAt(this.bars.ts, instant) as Logical)
    return x !== null && (x < HALF_LABEL || x > scale.width() - HALF_LABEL)
  }

  #setDecimals(decimals: number): void {
    if (decimals === this.#decimals) return
    this.#decimals = decimals
    const formatter = (price: number): string => formatPrice(price, decimals)
    this.#candles.applyOptions({ priceFormat: { type: 'custom', minMove: 10 ** -decimals, formatter } })
    this.objects.priceFormat = formatter
  }

  #listen(container: HTMLElement): void {
    const { signal } = this.#listening
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange(() => this.#told())
    this.#chart.timeScale().subscribeSizeChange(() => this.#told())
    this.#chart.subscribeCrosshairMove((event) => this.#onMove(event))
    this.#chart.subscribeClick(({ point, paneIndex }) => {
      if (point === undefined || paneIndex !== 0) return
      const decision = this.decisions.pickAt(point.x, point.y)
      if (decision !== null) this.#events.onPickDecision(decision)
      else this.#events.onPick(this.objects.pickAt(point.x, point.y))
    })
    container.addEventListener('pointerdown', () => this.#events.onGrab(true), { signal })
    for (const end of ['pointerup', 'pointercancel', 'blur'] as const) {
      const release = () => {
        this.#events.onGrab(false)
        // A drag on the price scale moves prices without a word from the library.
        this.#told()
      }
      window.addEventListener(end, release, { signal })
    }
  }

  #onMove({ point, paneIndex, logical }: MouseEventParams<Time>): void {
    if (this.#isStill) return
    const last = this.bars.ts.length - 1
    const inside = point !== undefined && logical !== undefined && logical >= 0 && logical <= last
    this.#events.onCursor(inside ? Math.round(logical) : null)
    const over = point !== undefined && paneIndex === 0 ? point : null
    const decision = over === null ? null : this.decisions.pickAt(over.x, over.y)
    this.decisions.hovered = decision
    this.#events.onHover(over === null || decision !== null ? null : this.objects.pickAt(over.x, over.y))
  }

  /**
   * Tells where it looks once the library has drawn: two frames on, because a range that was set takes effect with
   * the next frame, whichever callback of that frame runs first.
   */
  #told(): void {
    if (this.#frame !== 0) return
    this.#frame = requestAnimationFrame(() => {
      this.#frame = requestAnimationFrame(() => {
        this.#frame = 0
        this.#coming = null
        const { view } = this
        if (view !== null && !this.#writer.isEmpty) this.#events.onLook(view, this.width)
      })
    })
  }
}
