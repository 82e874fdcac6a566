import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { LiveHealth, LiveUpdate } from '../../schemas/contract/live.ts'
import { MARKET_ZONE, MarketZone } from '../../schemas/contract/market-time.ts'
import { FeedAlerts } from './feed-alerts.ts'
import type { Notify } from './notifications.ts'

export interface StoreAlertsContext {
  readonly notify: Notify
  /** The clock was set, or the computer slept: what waits for a time of day works it out anew. */
  readonly onClockSet: () => void
}

/** What is alarming about whichever store is open: of another store everything is news. */
export class StoreAlerts {
  readonly #context: StoreAlertsContext
  readonly #zone = new MarketZone(MARKET_ZONE)
  #store: string | null = null
  #alerts: FeedAlerts | null = null
  #clockAt: number | null = null

  constructor(context: StoreAlertsContext) {
    this.#context = context
  }

  /** Another store was opened, or the first. @param path absolute */
  opened(path: string, health: LiveHealth): void {
    this.#store = path
    this.#alerts = new FeedAlerts({ notify: this.#context.notify, zone: this.#zone })
    this.#alerts.take(health)
  }

  take({ store, health }: LiveUpdate): void {
    if (health === undefined || store !== this.#store) return
    this.#alerts?.take(health)
    if (health.clock.state !== 'jumped' || health.clock.at === this.#clockAt) return
    this.#clockAt = health.clock.at
    this.#context.onClockSet()
  }

  /** Something went wrong beside a question, or work failed. */
  problem(report: ErrorReport): void {
    this.#alerts?.problem(report)
  }
}
