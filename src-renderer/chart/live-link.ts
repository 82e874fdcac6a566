import type { LiveUpdate } from '../../schemas/contract/live.ts'
import type { FollowRequest } from '../../schemas/generated/requests.ts'
import { engine } from '../engine/client.ts'
import { appStore } from '../state/app-store.ts'
import { onLive } from '../state/live.ts'
import { reportFailure } from '../state/notices.ts'
import { preferencesStore } from '../state/preferences.ts'
import { readStoreSettings, storeSettingsStore } from '../state/store-settings.ts'
import { BarClock } from './bar-clock.ts'
import type { BarFeed } from './bar-feed.ts'
import { tellApplied } from './drawn-revision.ts'
import { emaPeriods } from './ema-choice.ts'
import type { FeedState } from './feed-state.ts'
import type { LastPrice } from './last-price.ts'

/**
 * Known from the store's info and not told by an increment for so long, ms: asked for. Info and increments of one change
 * come together; this is for what none told.
 */
const UNTOLD_MS = 250

/** What could not be followed is tried again after so long, ms. */
const AGAIN_MS = 10_000

export interface LinkedChart {
  /** The element that the chart is drawn into. */
  readonly element: HTMLElement
  readonly feed: BarFeed
  readonly lastPrice: LastPrice
  /** After an increment was taken in. */
  readonly onUpdate: (update: LiveUpdate) => void
}

/**
 * Ties a chart to what is pushed of the store: says which series is followed and with which averages, hands increments
 * over, and keeps countdown and last price in step with the time of day.
 */
export class LiveLink {
  readonly #chart: LinkedChart
  readonly #clock: BarClock
  readonly #endings: (() => void)[]
  #followed = ''
  #emas: readonly number[] = []
  #timer: ReturnType<typeof setTimeout> | null = null
  #again: ReturnType<typeof setTimeout> | undefined

  constructor(chart: LinkedChart) {
    this.#chart = chart
    const { feed, element, lastPrice } = chart
    const root = element.closest<HTMLElement>('.bk-chart-root')
    this.#clock = new BarClock(() => feed.state, {
      onTick: (text) => {
        lastPrice.countdown = text
        // On the element itself: each second is no reason to render.
        root?.setAttribute('data-countdown', text)
      },
      onFrozen: (isFrozen) => {
        lastPrice.isFrozen = isFrozen
        root?.toggleAttribute('data-frozen', isFrozen)
      },
    })
    this.#endings = [
      onLive((update) => {
        feed.live(update)
        chart.onUpdate(update)
        tellApplied(element, update.revision)
      }),
      appStore.subscribe((now, before) => {
        if (now.store !== before.store && now.store !== null) this.#noteSoon()
      }),
      preferencesStore.subscribe((now, before) => {
        if (now.showEmas !== before.showEmas) this.#chooseEmas()
      }),
      storeSettingsStore.subscribe(({ settings }) => settings !== null && this.#chooseEmas()),
    ]
    this.#chooseEmas()
    readStoreSettings().catch((thrown) => reportFailure('The store’s settings could not be read', thrown))
  }

  /** Follows what is shown. To be called at every change, before the engine is asked for bars of it. */
  shown({ symbol, timeframe, barsPerCandle }: FeedState): void {
    if (symbol === '') return
    const request: FollowRequest = {
      symbol,
      timeframe,
      ...(barsPerCandle > 1 ? { barsPerCandle } : {}),
      ...(this.#emas.length > 0 ? { emas: [...this.#emas] } : {}),
    }
    const key = JSON.stringify(request)
    if (key === this.#followed) return
    this.#followed = key
    clearTimeout(this.#again)
    this.#clock.update()
    this.#chart.feed.unfollowed()
    engine
      .call('follow', request)
      .then(({ revision }) => {
        if (key === this.#followed) this.#chart.feed.followed(revision)
      })
      .catch((thrown) => {
        if (key !== this.#followed) return
        reportFailure('New bars can’t be shown as they come', thrown)
        this.#again = setTimeout(() => {
          this.#followed = ''
          this.shown(this.#chart.feed.state)
        }, AGAIN_MS)
      })
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    // An answer that still comes is nobody's.
    this.#followed = ''
    this.#clock.end()
    for (const end of this.#endings) end()
  }

  #chooseEmas(): void {
    const isShown = preferencesStore.getState().showEmas !== false
    const periods = isShown ? emaPeriods(storeSettingsStore.getState().settings) : []
    if (String(periods) === String(this.#emas)) return
    this.#emas = periods
    this.shown(this.#chart.feed.state)
    this.#chart.feed.emas = periods
  }

  #noteSoon(): void {
    if (this.#timer !== null) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#chart.feed.noteBounds()
    }, UNTOLD_MS)
  }
}
