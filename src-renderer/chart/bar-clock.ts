import type { LiveHealth, SeriesFeed } from '../../schemas/contract/live.ts'
import { liveNow, liveStore } from '../state/live.ts'
import type { FeedState } from './feed-state.ts'

const SECOND = 1_000

/** How the series on the chart stands, where that is known. */
export function feedShown(
  health: LiveHealth | null,
  { symbol, timeframe }: Pick<FeedState, 'symbol' | 'timeframe'>,
): SeriesFeed | null {
  return health?.feeds.find((feed) => feed.symbol === symbol && feed.timeframe === timeframe) ?? null
}

/** Whether what is shown may not be the present: nothing of it may look live. */
export function isFrozen(health: LiveHealth | null, feed: SeriesFeed | null): boolean {
  return health?.folder.state === 'gone' || feed?.state === 'stale' || feed?.state === 'ahead'
}

/** What is left until an instant, as `0:07`, `1:23` or `1:02:03`; whole seconds, the last one begun counts. */
export function countdownText(millis: number): string {
  const seconds = Math.max(0, Math.ceil(millis / SECOND))
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const two = (value: number) => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

export interface BarClockEvents {
  /** `1:23`; empty when no bar is under way, or nobody knows. */
  readonly onTick: (text: string) => void
  readonly onFrozen: (isFrozen: boolean) => void
}

/** Tells each second what is left of the bar that is under way, and when the series stops being live. */
export class BarClock {
  readonly #series: () => FeedState
  readonly #events: BarClockEvents
  readonly #unsubscribe: () => void
  #timer: ReturnType<typeof setTimeout> | null = null
  #text = ''
  #frozen = false

  constructor(series: () => FeedState, events: BarClockEvents) {
    this.#series = series
    this.#events = events
    this.#unsubscribe = liveStore.subscribe(({ health }, before) => {
      if (health !== before.health) this.update()
    })
  }

  /** Another series is shown, or it is judged anew. */
  update(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const { health } = liveStore.getState()
    const shown = this.#series()
    const feed = feedShown(health, shown)
    const frozen = isFrozen(health, feed)
    if (frozen !== this.#frozen) this.#events.onFrozen(frozen)
    this.#frozen = frozen
    const closes = feed?.state === 'live' && !frozen && shown.barsPerCandle === 1 ? feed.nextCloseAt : null
    // By the clock that judged it: this page's may say something else.
    const left = closes === null ? null : closes - liveNow()
    const text = left === null ? '' : countdownText(left)
    if (text !== this.#text) this.#events.onTick(text)
    this.#text = text
    // A timer is no clock: it only says when to look at one.
    if (left !== null)
      this.#timer = setTimeout(() => this.update(), ((left % SECOND) + SECOND) % SECOND || SECOND)
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#unsubscribe()
  }
}
