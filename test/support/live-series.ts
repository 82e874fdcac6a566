import type { LiveBars, LiveUpdate } from '../../schemas/contract/live.ts'
import type { CandleColumns, ViewportObject } from '../../schemas/contract/viewport.ts'
import { BarFeed } from '../../src-renderer/chart/bar-feed.ts'
import { FakeChart, FakeViewport, fakeEmas, settled } from './fake-viewport.ts'
import { WIDTH } from './open-feed.ts'

export const PERIODS = [13, 48, 200]

/** Values of a bar; the rest of it follows from its close. */
export type Closes = ReadonlyMap<number, number>

export function barsOf(closes: Closes): CandleColumns {
  const ts = Float64Array.from([...closes.keys()].sort((a, b) => a - b))
  const close = ts.map((open) => closes.get(open) ?? 0)
  return {
    ts,
    open: close.map((price) => price - 1),
    high: close.map((price) => price + 2),
    low: close.map((price) => price - 2),
    close,
    volume: close.map((price) => price * 10),
  }
}

/** An object of the followed symbol. */
export function objectOf(id: string, start: number, part: Partial<ViewportObject> = {}): ViewportObject {
  return {
    id,
    type: 'zone',
    status: 'active',
    symbol: 'SPY',
    timeframe: '2m',
    top: 2,
    bottom: 1,
    y: null,
    left: null,
    left_ts: start,
    right_ts: null,
    created_ts: start,
    updated_ts: start,
    label: null,
    payload: null,
    start_ts: start,
    end_ts: null,
    closed_ts: null,
    ...part,
  }
}

/** What one change tells besides the bars: what of it is left out. */
export interface Told {
  readonly gone?: readonly number[]
  /** The change isn't told bar by bar: only that this time is to be asked for again. */
  readonly stale?: { readonly from: number; readonly to: number } | null
  readonly changed?: readonly ViewportObject[]
  readonly goneObjects?: readonly string[]
}

/**
 * A store that changes while a feed looks at it: every change has a revision and becomes an update, which is told when
 * the test says so; answers hold what was there when they were asked for.
 */
export class LiveSeries {
  readonly closes: Map<number, number>
  readonly objects = new Map<string, ViewportObject>()
  readonly source = new FakeViewport()
  readonly chart = new FakeChart()
  readonly feed: BarFeed
  #revision = 0
  #untold: LiveUpdate[] = []
  #bounds: { from: number; to: number } | null

  constructor(opens: readonly number[]) {
    this.closes = new Map(opens.map((open, row) => [open, 400 + (row % 97)]))
    this.source.early = true
    this.#publish()
    this.#bounds = this.#extent()
    this.source.bounds = () => this.#bounds
    this.feed = new BarFeed(Object.assign(this.source, { view: () => this.chart.view }), this.chart.apply)
    this.feed.width = WIDTH
    this.feed.emas = PERIODS
  }

  get untold(): number {
    return this.#untold.length
  }

  /** Writes bars (open → close) and notes what will be told of it. */
  write(bars: Closes, told: Told = {}): LiveUpdate {
    for (const [open, close] of bars) this.closes.set(open, close)
    for (const open of told.gone ?? []) this.closes.delete(open)
    for (const object of told.changed ?? []) this.objects.set(object.id, object)
    for (const id of told.goneObjects ?? []) this.objects.delete(id)
    this.#revision++
    this.#publish()
    const candles = barsOf(told.stale === undefined ? bars : new Map())
    const live: LiveBars = {
      symbol: 'SPY',
      timeframe: '2m',
      barsPerCandle: 1,
      candles,
      emas: fakeEmas(candles, PERIODS),
      gone: Float64Array.from(told.stale === undefined ? (told.gone ?? []) : []),
      stale: told.stale ?? null,
    }
    const objects =
      told.changed === undefined && told.goneObjects === undefined
        ? undefined
        : { symbol: 'SPY', changed: told.changed ?? [], gone: told.goneObjects ?? [] }
    const update: LiveUpdate = {
      store: '/store',
      revision: this.#revision,
      tables: ['candles'],
      bars: live,
      objects,
    }
    this.#untold.push(update)
    return update
  }

  /** Tells the oldest updates, in order; all unless given. */
  tell(count = this.#untold.length): void {
    for (const update of this.#untold.splice(0, count)) {
      this.feed.live(update)
      if (this.#untold.length === 0) this.#bounds = this.#extent()
      this.feed.noteBounds()
    }
  }

  /** As the chart does after each change of its range. */
  async look(view = this.chart.view): Promise<void> {
    this.chart.view = view
    this.feed.look(view, WIDTH)
    await settled()
  }

  /** What must be drawn of the time that is loaded. */
  expected(): CandleColumns {
    const { covered, atStart, atEnd } = this.feed.state
    const from = atStart ? Number.NEGATIVE_INFINITY : covered.from
    const to = atEnd ? Number.POSITIVE_INFINITY : covered.to
    return barsOf(new Map([...this.closes].filter(([open]) => open >= from && open <= to)))
  }

  #extent(): { from: number; to: number } | null {
    const opens = [...this.closes.keys()]
    if (opens.length === 0) return null
    return { from: Math.min(...opens), to: Math.max(...opens) }
  }

  #publish(): void {
    this.source.bars = barsOf(this.closes)
    this.source.objects = [...this.objects.values()]
    this.source.revision = this.#revision
  }
}
