import type { LiveUpdate } from '../../schemas/contract/live.ts'
import type { Store } from '../../src-main/store/api.ts'
import { type WatchedStore, watched } from './live-fixture.ts'

/** A series as one knows it who asked once and then only listened: what a window does, without a window. */
export class ToldBars {
  readonly watching: WatchedStore
  readonly symbol: string
  readonly timeframe: string
  readonly #store: Store
  readonly #closes = new Map<number, number>()
  #taken = 0
  #known = 0
  /** Opens that were told to be in no file any more. */
  readonly gone: number[] = []
  /** Times that had to be asked for again. */
  stale = 0

  private constructor(store: Store, symbol: string, timeframe: string) {
    this.#store = store
    this.symbol = symbol
    this.timeframe = timeframe
    this.watching = watched(store)
  }

  static async of(store: Store, symbol: string, timeframe: string): Promise<ToldBars> {
    const told = new ToldBars(store, symbol, timeframe)
    await told.watching.watch.look()
    told.watching.watch.follow({ symbol, timeframe })
    await told.#ask(0, 8e15)
    return told
  }

  /** Opens and closes by all that was told until now, ascending; what stands on disk has been looked at. */
  async now(): Promise<readonly (readonly [open: number, close: number])[]> {
    await this.watching.watch.look()
    return this.heard()
  }

  /** The same by what the store told of itself, without being asked to look. */
  async heard(): Promise<readonly (readonly [open: number, close: number])[]> {
    await this.#take()
    return [...this.#closes].sort(([a], [b]) => a - b)
  }

  /** The same by a question to the store. */
  async stored(): Promise<readonly (readonly [open: number, close: number])[]> {
    const { candles } = await this.#store.reader.viewport({
      symbol: this.symbol,
      timeframe: this.timeframe,
      from: 0,
      to: 8e15,
    })
    return [...candles.ts].map((ts, index) => [ts, candles.close[index] ?? Number.NaN])
  }

  async #take(): Promise<void> {
    const { updates } = this.watching
    while (this.#taken < updates.length) {
      const update = updates[this.#taken++]
      if (update !== undefined && update.revision > this.#known) await this.#lay(update)
    }
  }

  async #lay({ bars }: LiveUpdate): Promise<void> {
    if (bars === undefined || bars.symbol !== this.symbol || bars.timeframe !== this.timeframe) return
    for (const [index, ts] of bars.candles.ts.entries())
      this.#closes.set(ts, bars.candles.close[index] ?? Number.NaN)
    for (const ts of bars.gone) {
      this.gone.push(ts)
      this.#closes.delete(ts)
    }
    if (bars.stale !== null) {
      this.stale += 1
      await this.#ask(bars.stale.from, bars.stale.to)
    }
  }

  async #ask(from: number, to: number): Promise<void> {
    const { symbol, timeframe } = this
    const { candles, revision } = await this.#store.reader.viewport({ symbol, timeframe, from, to })
    this.#known = revision ?? this.#known
    for (const open of [...this.#closes.keys()]) if (open >= from && open <= to) this.#closes.delete(open)
    for (const [index, ts] of candles.ts.entries()) this.#closes.set(ts, candles.close[index] ?? Number.NaN)
  }
}
