import type { Series, StoreInfo } from '../../schemas/contract/health.ts'
import type { LiveUpdate } from '../../schemas/contract/live.ts'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import { chartTimeframe } from '../../schemas/contract/timeframe.ts'
import type { ViewportObject } from '../../schemas/contract/viewport.ts'
import { tellDrawn } from '../app/drawn.ts'
import { engine } from '../engine/client.ts'
import { appStore } from '../state/app-store.ts'
import { type ChartPlace, ledgerLinks, showDecisions } from '../state/ledger-links.ts'
import { reportFailure, showFailure } from '../state/notices.ts'
import { preferencesStore, setPreferences } from '../state/preferences.ts'
import { instantAt, type LogicalSpan, type TimeSpan } from './bar-columns.ts'
import { BarFeed } from './bar-feed.ts'
import { readColours } from './chart-colours.ts'
import { barKind } from './chicago-format.ts'
import { DecisionLayer } from './decision-layer.ts'
import { chartDecisionsStore, refOfMarker, selectDecision } from './decision-store.ts'
import { spanOf } from './feed-plan.ts'
import type { FeedChange } from './feed-state.ts'
import { keptRange, rangeToKeep } from './kept-range.ts'
import { LiveLink } from './live-link.ts'
import type { Box } from './object-layout.ts'
import { priceBand } from './object-meaning.ts'
import { ObjectSelection } from './object-selection.ts'
import type { DrawnChart } from './picture-canvas.ts'
import { PriceChart } from './price-chart.ts'
import { firstSeries, timeframesOf } from './series-choice.ts'
import { cursorStore } from './state/cursor-store.ts'
import { hoverObject, objectsStore, restoreObjectChoices, selectObject } from './state/objects-store.ts'
import { SERIES_START, seriesStore } from './state/series-store.ts'
import { putToolsAway, toolsStore } from './state/tools-store.ts'
import { ZoneOffsets } from './zone-offsets.ts'

/** Loaded around a place that is linked to before the bars tell how wide the view is, ms. */
const LINKED_BEFORE = 8 * 3_600_000
const LINKED_AFTER = 4 * 3_600_000

/**
 * One mounted chart: the feed, the picture and the window's stores wired to each other. Framework-free; a component
 * makes one when its element is there and ends it when the element goes.
 */
export class ChartSession {
  readonly offsets: ZoneOffsets
  readonly #element: HTMLElement
  readonly #chart: PriceChart
  readonly #feed: BarFeed
  readonly #live: LiveLink
  readonly #selection: ObjectSelection
  readonly #decisions: DecisionLayer
  readonly #endings: (() => void)[] = []
  #drawn = false

  constructor(element: HTMLElement, store: StoreInfo) {
    this.#element = element
    this.offsets = new ZoneOffsets(new MarketZone(store.marketZone))
    seriesStore.setState(SERIES_START)
    putToolsAway()
    restoreObjectChoices(preferencesStore.getState())
    this.#chart = new PriceChart(element, this.offsets, readColours(element), {
      onLook: (view, width) => this.#onLook(view, width),
      onCursor: (bar) => cursorStore.getState().bar !== bar && cursorStore.setState({ bar }),
      onHover: hoverObject,
      // A click that opens a measuring box is no choice of an object.
      onPick: (id) => !this.#hasTool && selectObject(id, true),
      onPickDecision: (decision) => !this.#hasTool && selectDecision(refOfMarker(decision)),
      onBrush: (span) => this.#showBrushed(span),
      onGrab: (held) => (held ? this.#feed.hold() : this.#feed.release()),
    })
    this.#feed = new BarFeed(
      {
        viewport: (request) => engine.call('viewport', request),
        bounds: (symbol, timeframe) => boundsOf(this.series, symbol, timeframe),
        view: () => this.#chart.view,
      },
      (change) => this.#apply(change),
    )
    const { lastPrice } = this.#chart
    const onUpdate = (update: LiveUpdate) => this.#onUpdate(update)
    this.#live = new LiveLink({ element, feed: this.#feed, lastPrice, onUpdate })
    this.#selection = new ObjectSelection(this.#chart.objects, () => seriesStore.getState())
    this.#decisions = new DecisionLayer({
      ask: (request) => engine.call('decisionMarkers', request),
      series: () => seriesStore.getState(),
      draw: (placed) => {
        this.#chart.decisions.placed = placed
      },
      onSettled: () => this.#tellOnce(this.#feed.state.phase),
    })
    // A photograph shows no crosshair where a pointer happens to be.
    if (appStore.getState().launch?.screenshot === true) this.#chart.hideCrosshair()
    this.#follow()
    this.#chart.decisions.selected = chartDecisionsStore.getState().selected
    const { chart: link } = ledgerLinks.getState()
    if (link === null) this.#openFirst()
    else this.#take(link)
  }

  get series(): readonly Series[] {
    return appStore.getState().store?.series ?? []
  }

  /** Shows another symbol or timeframe at the time in view. */
  open(symbol: string, timeframe: string): void {
    setPreferences({ symbol, timeframe })
    seriesStore.setState({ detour: null })
    void this.#feed.open(symbol, timeframe, this.#feed.visible)
  }

  /** The same time on the timeframe that stands n-th (from 0) among those of the symbol. */
  openNth(index: number): void {
    const { symbol, timeframe } = this.#feed.state
    const wanted = timeframesOf(this.series, symbol)[index]
    if (wanted !== undefined && wanted !== timeframe) this.open(symbol, wanted)
  }

  /**
   * Goes to the bar nearest to an instant and says so when that is another than was asked for: another `bar`, or
   * one of another `day` where only a day was named.
   */
  async goTo(instant: number, meant: 'bar' | 'day' = 'bar'): Promise<void> {
    const found = await this.#feed.goTo(instant)
    const { step } = this.#feed.state
    const hit =
      found === null ||
      (meant === 'bar' && instant >= found && instant < found + step) ||
      (meant === 'day' && this.offsets.zone.dateOf(found) === this.offsets.zone.dateOf(instant))
    seriesStore.setState({ detour: hit ? null : { asked: instant, found } })
  }

  fit(): void {
    this.#chart.fitPrices()
    void this.#feed.fit()
  }

  /** To the first or the last bar of the series. */
  goToEnd(end: 'first' | 'last'): void {
    const { bounds } = this.#feed
    if (bounds !== null)
      void this.#feed.goTo(end === 'first' ? bounds.from : bounds.to, end === 'first' ? 'left' : 'right')
  }

  /** Moves by a part of the view: −0.1 is a tenth to the left. */
  pan(part: number): void {
    const { view } = this.#chart
    if (view === null) return
    const by = spanOf(view) * part
    this.#move({ from: view.from + by, to: view.to + by })
  }

  /** Shows `factor` times as many bars; the right side stays, as one zooms towards what came last. */
  zoom(factor: number): void {
    const { view } = this.#chart
    if (view === null) return
    const count = Math.max(5, spanOf(view) * factor)
    this.#move({ from: view.to - count, to: view.to })
  }

  toggleLog(): void {
    setPreferences({ logScale: !(preferencesStore.getState().logScale ?? false) })
  }

  /** Brings an object into view: its time by moving, its price by widening the scale. */
  async centreOn(object: ViewportObject): Promise<void> {
    selectObject(object.id)
    const { visible } = this.#feed
    const inSight = visible !== null && object.start_ts >= visible.from && object.start_ts <= visible.to
    if (!inSight) await this.#feed.goTo(object.start_ts)
    const band = priceBand(object)
    if (band !== null) this.#chart.includePrices(band.low, band.high)
  }

  /** Fills the view with a span of time; its bars are there when this resolves. */
  zoomTo(span: TimeSpan): Promise<void> {
    return this.#feed.open(this.#feed.state.symbol, this.#feed.state.timeframe, span)
  }

  /** What is drawn, for a picture; once nothing more is under way. */
  get drawn(): DrawnChart | null {
    if (this.#feed.state.fetching || !this.#decisions.isSettled) return null
    this.#chart.decisions.hovered = null
    return this.#chart.drawn
  }

  /** The decisions of the symbol in a span of time, in their own view. @param span ms UTC; what is in view unless given */
  showDecisionsOf(span: TimeSpan | null = this.#feed.visible): void {
    const { symbol } = this.#feed.state
    if (span !== null)
      showDecisions({ symbols: [symbol], from: Math.floor(span.from), to: Math.ceil(span.to) })
  }

  retry(): void {
    this.#feed.retry()
  }

  /** Parts of the pane that lie under the legend: labels keep out of them. */
  set reserved(boxes: readonly Box[]) {
    this.#chart.objects.reserved = boxes
  }

  /** Ends it; the stores keep what they last held until the next session. */
  end(): void {
    for (const end of this.#endings) end()
    this.#live.end()
    this.#feed.close()
    this.#selection.end()
    this.#decisions.end()
    this.#chart.remove()
    // What still comes, as a font that has loaded, redraws nothing: the library would fail on canvases that are gone.
    this.#chart.objects.detached()
    cursorStore.setState({ bar: null })
    hoverObject(null)
  }

  get #hasTool(): boolean {
    const { measuring, brushing } = toolsStore.getState()
    return measuring || brushing
  }

  /** Shows the place that another view linked to, once, with its decision and object marked. */
  #take(place: ChartPlace): void {
    ledgerLinks.setState({ chart: null })
    const { symbol, ts, decision, object } = place
    const offered = timeframesOf(this.series, symbol)
    const current = this.#feed.state.timeframe || preferencesStore.getState().timeframe || ''
    const wanted = [chartTimeframe(place.timeframe ?? '') ?? '', current].find((one) => offered.includes(one))
    const timeframe = wanted ?? offered[0]
    if (timeframe === undefined) {
      if (this.#feed.state.symbol === '') this.#openFirst()
      const message = `The store holds no bars of ${symbol}.`
      showFailure('The decision could not be shown', { code: 'NOT_FOUND', message })
      return
    }
    selectDecision(decision)
    setPreferences({ symbol, timeframe })
    seriesStore.setState({ detour: null })
    const shown = this.#feed.state
    const there = shown.symbol === symbol && shown.timeframe === timeframe && shown.phase === 'ready'
    const around = { from: ts - LINKED_BEFORE, to: ts + LINKED_AFTER }
    this.#feed.width = Math.max(200, this.#element.clientWidth - 64)
    const opened = there ? Promise.resolve() : this.#feed.open(symbol, timeframe, around)
    opened
      .then(() => this.goTo(ts))
      .then(() => object !== undefined && selectObject(object, true))
      .catch((thrown) => reportFailure('The decision could not be shown', thrown))
  }

  #showBrushed(span: LogicalSpan): void {
    const { bars, step } = this.#feed.state
    // A bar covers half a place to either side: the whole of the first and the last that were touched.
    const at = (place: number) => instantAt(bars.ts, place, step)
    const [from, to] = [at(Math.round(span.from)), at(Math.round(span.to)) + step - 1]
    putToolsAway()
    this.showDecisionsOf({ from, to })
  }

  #openFirst(): void {
    const kept = preferencesStore.getState()
    const first = firstSeries(this.series, kept.symbol, kept.timeframe)
    if (first === null) return
    this.#feed.width = Math.max(200, this.#element.clientWidth - 64)
    void this.#feed.open(first.symbol, first.timeframe, keptRange(kept, first))
  }

  #follow(): void {
    let { theme } = appStore.getState()
    let { candleColours, logScale = false } = preferencesStore.getState()
    this.#chart.logScale = logScale
    const repaint = () => {
      this.#chart.colours = readColours(this.#element)
    }
    this.#endings.push(
      appStore.subscribe((state) => {
        if (state.theme !== theme) repaint()
        theme = state.theme
      }),
      preferencesStore.subscribe((state) => {
        if (state.candleColours !== candleColours) repaint()
        candleColours = state.candleColours
        if ((state.logScale ?? false) !== logScale) this.#chart.logScale = state.logScale ?? false
        logScale = state.logScale ?? false
      }),
      toolsStore.subscribe((now, before) => {
        if (now.measuring !== before.measuring) this.#chart.measuring = now.measuring
        if (now.brushing !== before.brushing) this.#chart.brushing = now.brushing
      }),
      chartDecisionsStore.subscribe(({ selected }) => {
        this.#chart.decisions.selected = selected
      }),
      ledgerLinks.subscribe(({ chart }) => chart !== null && this.#take(chart)),
      objectsStore.subscribe(({ removed }) => {
        this.#feed.includeRemoved = removed
      }),
    )
    this.#feed.includeRemoved = objectsStore.getState().removed
    // Texts were measured and axes laid out in a fallback font if Inter came later.
    document.fonts.ready.then(() => this.#chart.objects.forgetWidths())
  }

  #onUpdate({ ledger, tables }: LiveUpdate): void {
    const decisions = ledger?.filter(({ table }) => table === 'decisions') ?? []
    if (decisions.length > 0) this.#decisions.take(decisions)
    else if (tables.includes('decisions')) this.#decisions.refresh()
  }

  #apply({ state, bars, show }: FeedChange): void {
    this.#live.shown(state)
    if (bars !== 'same') {
      const kind = barKind(state.timeframe, state.level.label)
      this.#chart.draw(bars, state, { kind, step: state.step, atEnd: state.atEnd }, show)
      seriesStore.setState(({ barsRevision }) => ({ barsRevision: barsRevision + 1 }))
    } else if (show !== null) this.#chart.show(show)
    seriesStore.setState({ feed: state, decimals: this.#chart.decimals, visible: this.#feed.visible })
    this.#selection.update()
    this.#decisions.update()
    this.#tellOnce(state.phase)
  }

  /** A move by key is known at once: a key held down must not outrun what is fetched for it. */
  #move(range: LogicalSpan): void {
    this.#chart.show(range)
    this.#onLook(range, this.#chart.width)
  }

  #onLook(view: LogicalSpan, width: number): void {
    this.#feed.look(view, width)
    const { visible } = this.#feed
    seriesStore.setState({ visible, view, prices: this.#chart.prices, axes: this.#chart.axes })
    if (visible !== null) setPreferences(rangeToKeep(visible, this.#feed.state, this.#feed.bounds))
    this.#selection.update()
    this.#decisions.update()
    this.#tellOnce(this.#feed.state.phase)
  }

  /** A view that shows bars, or says why there are none, has drawn: the window may be photographed. */
  #tellOnce(phase: FeedChange['state']['phase']): void {
    if (this.#drawn || phase === 'loading' || phase === 'idle') return
    if (phase === 'ready' && (this.#feed.state.fetching || this.#chart.view === null)) return
    if (!this.#decisions.isSettled) return
    this.#drawn = true
    tellDrawn()
  }
}

function boundsOf(series: readonly Series[], symbol: string, timeframe: string): TimeSpan | null {
  const found = series.find((one) => one.symbol === symbol && one.timeframe === timeframe)
  return found === undefined ? null : { from: found.firstTs, to: found.lastTs }
}
