import type { CandleColumns, EmaColumn, Viewport, ViewportObject } from '../../schemas/contract/viewport.ts'
import type { ViewportRequest } from '../../schemas/generated/requests.ts'
import { barAt, emptyBars, type LogicalSpan, sliceBars } from '../../src-renderer/chart/bar-columns.ts'
import type { FeedChange, FeedSource } from '../../src-renderer/chart/feed-state.ts'

/** Columns of bars that open at the given instants, with values that tell which bar is which. */
export function barsAt(opens: readonly number[]): CandleColumns {
  const ts = Float64Array.from(opens)
  const price = ts.map((open) => 400 + ((open / 60_000) % 1000) / 10)
  return {
    ts,
    open: price,
    high: price.map((p) => p + 1),
    low: price.map((p) => p - 1),
    close: price.map((p) => p + 0.5),
    volume: ts.map((_, row) => row + 1),
  }
}

/** Averages that tell which bar and period they are of; gaps are among them. */
export function fakeEmas(bars: CandleColumns, periods: readonly number[]): EmaColumn[] {
  return periods.map((period) => ({
    period,
    values: bars.close.map((close, row) => ((bars.ts[row] ?? 0) % 7 === 0 ? Number.NaN : close + period)),
  }))
}

/**
 * Answers viewport requests over bars in memory, with the engine's promises about windows and `maxBars`; the feed is
 * a protocol over those promises alone. The engine itself is tested against the feed end to end.
 */
export class FakeViewport implements FeedSource {
  bars: CandleColumns = emptyBars()
  objects: readonly ViewportObject[] = []
  /** Thrown by the next request. */
  failNext: Error | null = null
  /** Of the last live update that an answer holds; undefined where nobody watches. */
  revision: number | undefined
  /** While set, answers wait for it. */
  gate: Promise<void> | null = null
  /** Answers hold what was there when they were asked for, not when they come. */
  early = false
  readonly requests: ViewportRequest[] = []
  mostAtOnce = 0
  #underWay = 0

  bounds(): { from: number; to: number } | null {
    const { ts } = this.bars
    return ts.length === 0 ? null : { from: ts[0] ?? 0, to: ts.at(-1) ?? 0 }
  }

  async viewport(request: ViewportRequest): Promise<Viewport> {
    this.requests.push(request)
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#underWay)
    try {
      const failure = this.failNext
      this.failNext = null
      // As the engine does: read now, told when the way back is free.
      const read = this.early ? this.#answer(request) : null
      await (this.gate ?? Promise.resolve())
      if (failure !== null) throw failure
      return read ?? this.#answer(request)
    } finally {
      this.#underWay--
    }
  }

  #answer(request: ViewportRequest): Viewport {
    const { symbol, timeframe, from, to, maxBars = Number.POSITIVE_INFINITY, emas = [] } = request
    const rows = sliceBars(this.bars, barAt(this.bars.ts, from - 1) + 1, barAt(this.bars.ts, to) + 1)
    const levels = [1, 5, 15, 30, 195, 975, 4_000]
    const bars = request.barsPerCandle ?? levels.find((n) => rows.ts.length / n <= maxBars) ?? 20_000
    return {
      symbol,
      timeframe,
      candles: bars === 1 ? rows : aggregate(rows, bars),
      objects: this.objects.filter((o) => o.start_ts <= to && (o.end_ts === null || o.end_ts >= from)),
      barsPerCandle: bars,
      level: { bars, label: `${bars}×${timeframe}` },
      problems: [],
      revision: this.revision,
      emas: bars === 1 ? fakeEmas(rows, emas) : [],
    }
  }
}

/** Stands for the chart library: keeps what it was told to draw and answers with where it looks. */
export class FakeChart {
  bars: CandleColumns = emptyBars()
  view: LogicalSpan = { from: 0, to: 0 }
  readonly changes: FeedChange[] = []

  readonly apply = (change: FeedChange): void => {
    this.changes.push(change)
    const { bars } = change.state
    if (change.bars === 'extended') {
      // The library keeps the distance to the last bar when bars are put in front, and to the first otherwise.
      const before = barAt(bars.ts, this.bars.ts[0] ?? 0)
      // A last bar in sight keeps its distance to the right end.
      const last = this.bars.ts.length - 1
      const follows = this.view.to > last - 1 && before === 0 && this.bars.ts[0] === bars.ts[0]
      const by = follows ? Math.max(0, bars.ts.length - 1 - last) : before
      this.view = { from: this.view.from + by, to: this.view.to + by }
    }
    if (change.bars !== 'same') this.bars = bars
    if (change.show !== null) this.view = change.show
  }
}

/** Lets everything that can go on without a timer go on. */
export async function settled(rounds = 200): Promise<void> {
  for (let round = 0; round < rounds; round++) await Promise.resolve()
}

function aggregate(bars: CandleColumns, each: number): CandleColumns {
  const starts: number[] = []
  for (let row = 0; row < bars.ts.length; row += each) starts.push(row)
  const column = (pick: (from: number, to: number) => number) =>
    Float64Array.from(starts, (from) => pick(from, Math.min(from + each, bars.ts.length)))
  return {
    ts: column((from) => bars.ts[from] ?? 0),
    open: column((from) => bars.open[from] ?? 0),
    high: column((from, to) => Math.max(...bars.high.subarray(from, to))),
    low: column((from, to) => Math.min(...bars.low.subarray(from, to))),
    close: column((_, to) => bars.close[to - 1] ?? 0),
    volume: column((from, to) => bars.volume.subarray(from, to).reduce((sum, v) => sum + v, 0)),
  }
}
