import type { DecisionMarker, DecisionMarkers } from '../../schemas/contract/ledger.ts'
import type { LedgerChange } from '../../schemas/contract/live.ts'
import type { DecisionMarkersRequest } from '../../schemas/generated/requests.ts'
import { appStore } from '../state/app-store.ts'
import { reportFailure } from '../state/notices.ts'
import { preferencesStore } from '../state/preferences.ts'
import type { TimeSpan } from './bar-columns.ts'
import { type PlacedDecision, placeDecisions } from './decision-places.ts'
import { chartDecisionsStore, isSameDecision, mergeMarkers, NO_DECISIONS } from './decision-store.ts'
import type { SeriesState } from './state/series-store.ts'

/** So many marks can still be told apart, and more are drawn slowly. */
const MOST = 2_000
/** While the view moves nothing is asked; once it rests this long, ms. */
const REST_MS = 120

/** Of the store that the selection belongs to. */
let generation = -1

export interface DecisionLayerSources {
  readonly ask: (request: DecisionMarkersRequest) => Promise<DecisionMarkers>
  readonly series: () => SeriesState
  /** Takes what is to be drawn. */
  readonly draw: (placed: readonly PlacedDecision[]) => void
  /** What belongs into the view is drawn, or can't be had. */
  readonly onSettled: () => void
}

/**
 * Keeps the decisions around the view loaded and placed among the bars: asked for once the view rests, with as much
 * again on either side, so that a small move shows what is there already. One question at a time.
 */
export class DecisionLayer {
  readonly #sources: DecisionLayerSources
  readonly #endings: (() => void)[] = []
  #loaded: { readonly symbol: string; readonly span: TimeSpan } | null = null
  #timer: ReturnType<typeof setTimeout> | null = null
  #asking = false
  #stale = false
  #failed = false
  #ended = false
  #seen: unknown[] = []
  #came: DecisionMarker[] = []

  constructor(sources: DecisionLayerSources) {
    this.#sources = sources
    const { storeGeneration } = appStore.getState()
    // What was selected stays so when one comes back, but for another store's.
    const { selected } = storeGeneration === generation ? chartDecisionsStore.getState() : NO_DECISIONS
    generation = storeGeneration
    chartDecisionsStore.setState({ ...NO_DECISIONS, selected })
    this.#endings.push(
      chartDecisionsStore.subscribe((now, before) => {
        if (now.selected !== before.selected) this.update()
      }),
      preferencesStore.subscribe((now, before) => {
        if (now.showDecisions !== before.showDecisions) this.update()
      }),
    )
  }

  /** Whether nothing is on its way to be drawn. */
  get isSettled(): boolean {
    return this.#timer === null && !this.#asking
  }

  /** View or bars changed. */
  update(): void {
    this.#place()
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = null
      void this.#fetch().then(() => {
        if (this.isSettled && !this.#ended) this.#sources.onSettled()
      })
    }, REST_MS)
  }

  /** What is loaded may be out of date, and nobody said how. */
  refresh(): void {
    this.#stale = true
    this.update()
  }

  /**
   * Decisions that are new or got their outcome: marked without asking. Those that come while a question is under way
   * are laid over its answer.
   */
  take(changes: readonly LedgerChange[]): void {
    // What could not be read is tried again when something has changed.
    if (this.#failed || changes.some(({ incomplete }) => incomplete)) this.#stale = true
    const markers = changes.flatMap((change) => change.markers)
    if (this.#asking) this.#came.push(...markers)
    this.#merge(markers)
    this.update()
  }

  end(): void {
    this.#ended = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    for (const end of this.#endings) end()
  }

  async #fetch(): Promise<void> {
    const { feed, visible } = this.#sources.series()
    const wanted = preferencesStore.getState().showDecisions !== false
    if (this.#asking || this.#ended || visible === null) return
    if (!wanted && chartDecisionsStore.getState().selected === null) return
    if (this.#isLoaded(feed.symbol, visible)) return
    const reach = visible.to - visible.from
    let span = { from: Math.floor(visible.from - reach), to: Math.ceil(visible.to + reach) }
    const { symbol } = feed
    this.#asking = true
    this.#came = []
    this.#stale = false
    try {
      let found = await this.#sources.ask({ symbol, ...span, limit: MOST })
      if (found.total > found.markers.length) {
        // The latest of them may all lie to the right of the view.
        span = { from: Math.floor(visible.from), to: Math.ceil(visible.to) }
        found = await this.#sources.ask({ symbol, ...span, limit: MOST })
      }
      if (this.#ended) return
      this.#loaded = { symbol, span }
      this.#failed = false
      const { markers, total } = found
      if (this.#sources.series().feed.symbol === symbol) chartDecisionsStore.setState({ markers, total })
      this.#merge(this.#came)
      this.#place()
    } catch (thrown) {
      // The same window isn't asked for again by itself: that would tell the same failure at every move.
      this.#loaded = { symbol, span }
      this.#failed = true
      if (!this.#ended) reportFailure('The decisions on the chart could not be read', thrown)
    } finally {
      this.#asking = false
    }
    if (!this.#ended) this.update()
  }

  #merge(came: readonly DecisionMarker[]): void {
    const loaded = this.#loaded
    if (loaded === null) return
    const { markers, total } = chartDecisionsStore.getState()
    const belong = came.filter(
      ({ symbol, ts }) => symbol === loaded.symbol && ts >= loaded.span.from && ts <= loaded.span.to,
    )
    if (belong.length > 0) chartDecisionsStore.setState(mergeMarkers(markers, total, belong, MOST))
  }

  #isLoaded(symbol: string, visible: TimeSpan): boolean {
    const loaded = this.#loaded
    if (loaded === null || this.#stale || loaded.symbol !== symbol) return false
    return visible.from >= loaded.span.from && visible.to <= loaded.span.to
  }

  #place(): void {
    const { feed, barsRevision } = this.#sources.series()
    const { markers, selected } = chartDecisionsStore.getState()
    const show = preferencesStore.getState().showDecisions !== false
    const inputs = [feed.symbol, barsRevision, markers, selected, show]
    if (inputs.every((input, at) => input === this.#seen[at])) return
    this.#seen = inputs
    if (this.#loaded !== null && this.#loaded.symbol !== feed.symbol && markers.length > 0) {
      // Another symbol's: nothing of them may stay in sight.
      this.#loaded = null
      chartDecisionsStore.setState({ markers: [], total: 0 })
    }
    const ofSymbol = chartDecisionsStore.getState().markers
    const shown = show ? ofSymbol : ofSymbol.filter((marker) => isSameDecision(marker, selected))
    this.#sources.draw(placeDecisions(shown, feed.bars, feed.step))
  }
}
