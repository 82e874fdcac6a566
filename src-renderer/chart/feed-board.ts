import { parseTimeframe, timeframeMillis } from '../../schemas/contract/timeframe.ts'
import { instantAt, type LogicalSpan, type TimeSpan } from './bar-columns.ts'
import { spanOf, stepOf } from './feed-plan.ts'
import { type Ask, asker } from './feed-questions.ts'
import { type FeedChange, type FeedSource, type FeedState, IDLE } from './feed-state.ts'
import { type Answer, LiveLog } from './live-log.ts'
import { NewerBars } from './newer-bars.ts'

/** What a feed knows: what is loaded, where the chart looks, and how far the series goes. Asks nothing by itself. */
export class FeedBoard {
  readonly log = new LiveLog()
  readonly newer = new NewerBars()
  state: FeedState = IDLE
  /** Where the chart looks, in places of the bars. */
  view: LogicalSpan | null = null
  /** Of the chart's pane, CSS pixels. */
  width = 1_200
  /** Milliseconds visible when the level of detail was chosen. */
  chosenSpan = 0
  includeRemoved = false
  emas: readonly number[] = []
  readonly #source: FeedSource
  readonly #onChange: (change: FeedChange) => void

  constructor(source: FeedSource, onChange: (change: FeedChange) => void) {
    this.#source = source
    this.#onChange = onChange
  }

  /** Nothing of a series yet. */
  start(symbol: string, timeframe: string): void {
    const step = timeframeMillis(parseTimeframe(timeframe))
    this.state = { ...IDLE, symbol, timeframe, step, level: { bars: 1, label: timeframe } }
    this.view = null
    this.newer.start(this.#source.bounds(symbol, timeframe)?.to ?? null)
    this.emit({ phase: 'loading' }, 'replaced', null)
  }

  /** The time in view; when nothing is there, the time that was asked for. Null before anything was. */
  get visible(): TimeSpan | null {
    if (this.state.missing !== null) return this.state.missing.wanted
    const { bars, step } = this.state
    if (this.view === null || bars.ts.length === 0) return null
    return { from: instantAt(bars.ts, this.view.from, step), to: instantAt(bars.ts, this.view.to, step) }
  }

  /** First and last bar of the series, those included that were only heard of. */
  get bounds(): TimeSpan | null {
    const bounds = this.#source.bounds(this.state.symbol, this.state.timeframe)
    const { latest } = this.newer
    if (bounds === null) return Number.isFinite(latest) ? { from: latest, to: latest } : null
    return { from: bounds.from, to: Math.max(bounds.to, latest) }
  }

  asker(current: () => boolean): Ask {
    const { symbol, timeframe } = this.state
    const { bounds, includeRemoved, emas } = this
    const revision = () => this.log.revision
    return asker(this.#source, { symbol, timeframe, bounds, includeRemoved, emas, revision }, current)
  }

  emit(part: Partial<FeedState>, bars: FeedChange['bars'], show: LogicalSpan | null): void {
    if (show !== null) this.view = show
    const state = { ...this.state, ...part }
    // Only when what is loaded changes: a series that grew meanwhile is still loaded to the end it had.
    const bounds = part.covered === undefined ? null : this.bounds
    const ends =
      bounds === null
        ? {}
        : { atStart: state.covered.from <= bounds.from, atEnd: state.covered.to >= bounds.to }
    this.state = { ...state, ...ends, ...part }
    this.markSeen()
    this.state = { ...this.state, newer: this.newer.count }
    this.#onChange({ state: this.state, bars, show })
  }

  /** What is in sight is no longer new. @returns whether the count of what is has changed */
  markSeen(): boolean {
    const { bars, atEnd, newer } = this.state
    const last = bars.ts.at(-1)
    // Newer is what lies to the right of the view: right of all bars there is nothing.
    const reaches = this.view !== null && this.view.to > bars.ts.length - 2
    if (atEnd && last !== undefined && reaches) this.newer.saw(last)
    return this.newer.count !== newer
  }

  /** All that is loaded is this answer, from a window that it was asked for in the end. */
  replace(
    found: Answer,
    window: TimeSpan,
    chosenSpan: number,
    showOf: (answer: Answer) => LogicalSpan,
  ): void {
    const answer = this.fresh(found)
    const { candles: bars, objects, problems, level, barsPerCandle, emas = [] } = answer
    this.chosenSpan = chosenSpan
    this.log.loaded(answer)
    const loaded = { bars, emas, objects, problems, level, barsPerCandle, step: stepOf(answer) }
    const covered = hull(window, bars.ts)
    if (covered.to >= (this.bounds?.to ?? covered.to)) this.newer.recount(bars.ts)
    const ready = { phase: 'ready', missing: null, error: null, fetching: false } as const
    this.emit({ ...loaded, covered, ...ready }, 'replaced', showOf(answer))
  }

  miss(wanted: TimeSpan, nearest: number | null): void {
    this.view = null
    const nothing = {
      bars: IDLE.bars,
      emas: [],
      objects: [],
      barsPerCandle: 1,
      covered: wanted,
      fetching: false,
    }
    this.emit({ ...nothing, phase: 'empty', missing: { wanted, nearest }, error: null }, 'replaced', null)
  }

  /** An answer with the increments that came since; asked for again each time that something was waited for. */
  fresh(answer: Answer): Answer {
    return this.log.over(answer, this.includeRemoved)
  }

  /** The view has gone on moving while an answer came: what counts is where it is now. */
  catchUp(): void {
    this.view = this.#source.view?.() ?? this.view
  }

  /** Milliseconds in which so many stored bars lie, going by what is loaded. */
  spanOfBars(count: number): number {
    const { bars, covered, barsPerCandle, step } = this.state
    const [known, bar] = [bars.ts.length * barsPerCandle, step / barsPerCandle]
    return count * Math.max(bar, known > 20 ? spanOf(covered) / known : bar * 5)
  }
}

/** A window with the bars that came of it: an answer reaches beyond the last bar that was known when it was asked for. */
export function hull(window: TimeSpan, ts: Float64Array): TimeSpan {
  return {
    from: Math.min(window.from, ts[0] ?? window.from),
    to: Math.max(window.to, ts.at(-1) ?? window.to),
  }
}
