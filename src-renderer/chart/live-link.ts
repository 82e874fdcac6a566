import type { LiveUpdate } from '../../schemas/contract/live.ts'
import type { FollowRequest } from '../../schemas/generated/requests.ts'
import { engine } from '../engine/client.ts'
import { appStore } from '../state/app-store.ts'
import { reportFailure } from '../state/notices.ts'
import type { BarFeed } from './bar-feed.ts'
import type { FeedState } from './feed-state.ts'

/**
 * Known from the store's info and not told by an increment for so long, ms: asked for. Info and increments of one change
 * come together; this is for what none told.
 */
const UNTOLD_MS = 250

export interface LiveLinkEvents {
  /** After an increment was taken in. */
  readonly onUpdate: (update: LiveUpdate) => void
}

/** Ties a feed to what is pushed of the store: says which series is followed, hands increments over. */
export class LiveLink {
  readonly #feed: BarFeed
  readonly #endings: (() => void)[]
  #followed = ''
  #emas: readonly number[] = []
  #timer: ReturnType<typeof setTimeout> | null = null

  constructor(feed: BarFeed, events: LiveLinkEvents) {
    this.#feed = feed
    this.#endings = [
      engine.on('live', (update) => {
        if (update.store !== appStore.getState().store?.path) return
        feed.live(update)
        events.onUpdate(update)
      }),
      appStore.subscribe((now, before) => {
        if (now.store !== before.store && now.store !== null) this.#noteSoon()
      }),
    ]
  }

  /** Periods of the moving averages that come with the bars; none for none. */
  set emas(periods: readonly number[]) {
    this.#emas = periods
    this.#feed.emas = periods
    this.shown(this.#feed.state)
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
    this.#feed.unfollowed()
    engine
      .call('follow', request)
      .then(({ revision }) => {
        if (key === this.#followed) this.#feed.followed(revision)
      })
      .catch((thrown) => {
        if (key !== this.#followed) return
        this.#followed = ''
        reportFailure('New bars can’t be shown as they come', thrown)
      })
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    for (const end of this.#endings) end()
  }

  #noteSoon(): void {
    if (this.#timer !== null) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#feed.noteBounds()
    }, UNTOLD_MS)
  }
}
