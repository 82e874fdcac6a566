import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { LiveHealth, SeriesFeed } from '../../schemas/contract/live.ts'
import { groupFeeds, isAwaited, marketMoment, spanText } from '../../schemas/contract/live-feeds.ts'
import type { MarketZone } from '../../schemas/contract/market-time.ts'
import type { Notify } from './notifications.ts'

/** A clock that was set by less is told in the window alone. */
const CLOCK_TOLD = 60_000
/** A full disk is told once in so long, ms: every bar that is tried would say it again. */
const DISK_AGAIN = 600_000

export interface FeedAlertsContext {
  readonly notify: Notify
  readonly zone: MarketZone
  /** ms UTC; the wall clock unless given. */
  readonly now?: (() => number) | undefined
}

/**
 * Says through the desktop when what should be live no longer is, and when it is again: each once (SPEC F59). Knows of one
 * store; another store has another.
 */
export class FeedAlerts {
  readonly #context: FeedAlertsContext
  readonly #now: () => number
  /** Series that are stale or ahead and were told, or need no telling. */
  readonly #known = new Set<string>()
  /** Symbols of which it was told that no bar comes. */
  readonly #down = new Set<string>()
  #isFirst = true
  #folderGone = false
  #clockTold = Number.NaN
  #diskTold = Number.NEGATIVE_INFINITY

  constructor(context: FeedAlertsContext) {
    this.#context = context
    this.#now = context.now ?? (() => Date.now())
  }

  /** Takes what is known of the store's health now. */
  take({ feeds, folder, clock }: LiveHealth): void {
    const isFirst = this.#isFirst
    if (feeds.length > 0) this.#isFirst = false
    this.#folder(folder)
    // Of a folder that is gone no bar can come: that is one thing to say, not two.
    if (folder.state === 'there') this.#feeds(feeds, isFirst)
    if (clock.state === 'jumped' && clock.at !== this.#clockTold && Math.abs(clock.byMillis) >= CLOCK_TOLD) {
      this.#clockTold = clock.at
      const by = `${spanText(clock.byMillis)} ${clock.byMillis > 0 ? 'forward' : 'back'}`
      this.#say('The clock was set', `It went ${by}, or the computer slept. The store was looked at again.`)
    }
  }

  /** A failure of our own work that a person has to do something about. */
  problem({ code, message }: ErrorReport): void {
    const now = this.#now()
    // A clock that was set back must not keep it silent.
    if (code !== 'NO_SPACE' || Math.abs(now - this.#diskTold) < DISK_AGAIN) return
    this.#diskTold = now
    this.#say('The disk is full', message)
  }

  #folder(folder: LiveHealth['folder']): void {
    const isGone = folder.state === 'gone'
    if (isGone === this.#folderGone) return
    this.#folderGone = isGone
    if (isGone) this.#say('The store’s folder is gone', folder.error.message)
    else this.#say('The store’s folder is back', 'Barkeep goes on with it.')
  }

  #feeds(feeds: readonly SeriesFeed[], isFirst: boolean): void {
    const now = this.#now()
    const isNews = (feed: SeriesFeed): boolean => {
      const key = keyOf(feed)
      if (this.#known.has(key)) return false
      this.#known.add(key)
      // What was so before one looked is news only where bars are due now.
      return isAwaited(feed, now, this.#context.zone) && !(isFirst && feed.nextCloseAt === null)
    }
    const stale = feeds.filter(({ state }) => state === 'stale')
    const ahead = feeds.filter(({ state }) => state === 'ahead')
    const back = new Set<string>()
    for (const feed of feeds) {
      const isBad = feed.state === 'stale' || feed.state === 'ahead'
      if (!isBad && this.#known.delete(keyOf(feed)) && this.#down.delete(feed.symbol)) back.add(feed.symbol)
    }
    // A bot that ends stops every timeframe of a symbol, one after the other: that is told with the first.
    const down = new Set(stale.filter(isNews).map(({ symbol }) => symbol))
    for (const symbol of down) {
      if (this.#down.has(symbol)) down.delete(symbol)
      else this.#down.add(symbol)
    }
    this.#tellStale(stale.filter(({ symbol }) => down.has(symbol)))
    const early = ahead.filter(isNews)
    if (early.length > 0) {
      const by = spanText(Math.max(...early.map(({ lastTs }) => lastTs - now)))
      this.#say(
        'Bars from the future',
        `${textOf(early)}: ${by} ahead. This computer’s clock or the bot’s is wrong.`,
      )
    }
    if (back.size > 0) this.#say('Bars come again', [...back].join(', '))
  }

  #tellStale(stale: readonly SeriesFeed[]): void {
    if (stale.length === 0) return
    const now = this.#now()
    const groups = groupFeeds(stale.filter((feed) => isAwaited(feed, now, this.#context.zone)))
    const lines = groups.map(
      ({ symbol, timeframes, since }) =>
        `${symbol} ${timeframes.join(', ')}: no bar since ${marketMoment(since, now, this.#context.zone)}`,
    )
    const more = lines.length - SHOWN
    this.#say('No new bars', [...lines.slice(0, SHOWN), ...(more > 0 ? [`and ${more} more`] : [])].join('\n'))
  }

  #say(title: string, body: string): void {
    this.#context.notify({ title, body })
  }
}

/** A desktop shows few lines of a notification. */
const SHOWN = 4

function keyOf({ symbol, timeframe }: SeriesFeed): string {
  return `${symbol} ${timeframe}`
}

function textOf(feeds: readonly SeriesFeed[]): string {
  return groupFeeds(feeds)
    .map(({ symbol, timeframes }) => `${symbol} ${timeframes.join(', ')}`)
    .join('; ')
}
