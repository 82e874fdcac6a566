import type { ErrorReport } from '../../schemas/contract/errors.ts'
import { parseTimeframe, timeframeMillis } from '../../schemas/contract/timeframe.ts'
import type { Viewport } from '../../schemas/contract/viewport.ts'
import { barAt, instantAt, type LogicalSpan, nearestBar, sameBars, type TimeSpan } from './bar-columns.ts'
import { joinChunk, viewAfterReload } from './feed-merge.ts'
import {
  type Align,
  CAP,
  CHUNK,
  candlesFor,
  intersect,
  nextStep,
  notTooNarrow,
  placeBar,
  placesOf,
  RIGHT_ROOM,
  spanOf,
  stepOf,
  widen,
} from './feed-plan.ts'
import { type Ask, around, asker, beyond, fitting, lastBars, nearestTo } from './feed-questions.ts'
import {
  type FeedChange,
  type FeedSource,
  type FeedState,
  IDLE,
  mergeObjects,
  mergeProblems,
} from './feed-state.ts'
import { Flight, type Work } from './flight.ts'

/**
 * Keeps the bars and objects that a chart needs around what it shows, in both directions and at the level of detail
 * that fits the zoom. Knows no chart and no React: the chart tells it where it looks (`look`), and it says through
 * `onChange` what to draw. One question at a time; an answer to one that is no longer asked is dropped.
 */
export class BarFeed {
  readonly #source: FeedSource
  readonly #onChange: (change: FeedChange) => void
  readonly #flight: Flight
  #state: FeedState = IDLE
  #view: LogicalSpan | null = null
  #width = 1_200
  /** Milliseconds visible when the level of detail was chosen. */
  #chosenSpan = 0
  #dirty = false
  #includeRemoved = false

  constructor(source: FeedSource, onChange: (change: FeedChange) => void) {
    this.#source = source
    this.#onChange = onChange
    this.#flight = new Flight({ onError: (report) => this.#fail(report), onIdle: () => this.#settle() })
  }

  get state(): FeedState {
    return this.#state
  }

  /** The time in view; when nothing is there, the time that was asked for. Null before anything was. */
  get visible(): TimeSpan | null {
    if (this.#state.missing !== null) return this.#state.missing.wanted
    const { bars, step } = this.#state
    if (this.#view === null || bars.ts.length === 0) return null
    return { from: instantAt(bars.ts, this.#view.from, step), to: instantAt(bars.ts, this.#view.to, step) }
  }

  /** Shows a series: at `range`, or where it ends. Handing in the range in view keeps the time over a switch. */
  open(symbol: string, timeframe: string, range: TimeSpan | null): Promise<void> {
    const step = timeframeMillis(parseTimeframe(timeframe))
    this.#state = { ...IDLE, symbol, timeframe, step, level: { bars: 1, label: timeframe } }
    this.#view = null
    this.#emit({ phase: 'loading' }, 'replaced', null)
    return this.#flight.supersede(async (current) => {
      const bounds = this.#bounds()
      if (bounds === null) this.#miss(range ?? { from: 0, to: 0 }, null)
      else if (range === null) await this.#openAtEnd(bounds, current)
      else await this.#openAt(range, bounds, current)
    })
  }

  /** Of the chart's pane, CSS pixels; known before the first bars are. */
  set width(width: number) {
    this.#width = Math.max(200, width)
  }

  /** What the chart shows now, in places, and how wide its pane is (CSS px). Fetches what will be needed next. */
  look(view: LogicalSpan, width: number): void {
    this.#view = view
    this.width = width
    this.#next()
  }

  /** While a drag lasts, the chart counts from its last bar: nothing at the right end changes until `release`. */
  hold(): void {
    this.#flight.hold()
  }

  release(): void {
    this.#flight.release()
  }

  /** The store's files changed: what is loaded is asked for again, once nothing else is under way. */
  refresh(): void {
    this.#dirty = true
    // A change of the files may well be what mends a failure.
    if (this.#state.error !== null) this.retry()
    else this.#next()
  }

  /** Also objects with status removed, up to their close. */
  set includeRemoved(include: boolean) {
    if (this.#includeRemoved === include) return
    this.#includeRemoved = include
    if (this.#state.symbol !== '') this.refresh()
  }

  /** Shows everything there is. */
  async fit(): Promise<void> {
    const bounds = this.#bounds()
    if (bounds === null) return
    const step = timeframeMillis(parseTimeframe(this.#state.timeframe))
    await this.#flight.supersede((current) => this.#openAt(widen(bounds, step), bounds, current, RIGHT_ROOM))
  }

  /**
   * Moves to the bar nearest to an instant, at the zoom there is.
   * @returns that bar's open, so that the caller can say when it is not what was asked for; null without any bar.
   */
  async goTo(instant: number, align: Align = 'centre'): Promise<number | null> {
    const bounds = this.#bounds()
    if (bounds === null) return null
    const { bars, covered, atStart, atEnd, missing, barsPerCandle, step } = this.#state
    const count = this.#view === null ? Math.max(60, this.#width / 7) : spanOf(this.#view)
    const reaches = (instant >= covered.from || atStart) && (instant <= covered.to || atEnd)
    if (missing === null && bars.ts.length > 0 && reaches) {
      this.#emit({}, 'same', placeBar(bars.ts, instant, align, count))
      this.#next()
      return bars.ts[nearestBar(bars.ts, instant)] ?? null
    }
    const target = Math.min(Math.max(instant, bounds.from), bounds.to)
    const visible = missing === null ? this.visible : null
    const seen = Math.max(visible === null ? 0 : spanOf(visible), count * step)
    const sizes = { seen, reach: Math.max(seen, this.#spanOfBars(CHUNK)), width: this.#width }
    this.#emit({ fetching: true }, 'same', null)
    await this.#flight.supersede(async (current) => {
      const found = await around(this.#asker(current), target, bounds, sizes)
      if (found === null) return
      const { answer, window } = found
      const shown = Math.max(10, (count * barsPerCandle) / answer.barsPerCandle)
      this.#replace(answer, window, seen, placeBar(answer.candles.ts, target, align, shown))
    })
    const { ts } = this.#state.bars
    return ts[nearestBar(ts, target)] ?? null
  }

  /** Tries again what failed. */
  retry(): void {
    if (this.#state.error === null) return
    const phase = this.#state.bars.ts.length > 0 ? 'ready' : 'loading'
    this.#emit({ error: null, phase }, 'same', null)
    this.#flight.retry()
  }

  /** Ends it: whatever still comes is dropped. */
  close(): void {
    this.#flight.close()
  }

  async #openAtEnd(bounds: TimeSpan, current: () => boolean): Promise<void> {
    const wanted = Math.max(60, Math.round(this.#width / 7))
    const found = await lastBars(this.#asker(current), bounds, wanted, this.#state.step)
    if (found === null) return
    const { length } = found.answer.candles.ts
    if (length === 0) return this.#miss(found.window, null)
    const show = { from: length - wanted, to: length - 1 + wanted * RIGHT_ROOM }
    this.#replace(found.answer, found.window, wanted * stepOf(found.answer), show)
  }

  async #openAt(range: TimeSpan, bounds: TimeSpan, current: () => boolean, room = 0): Promise<void> {
    const ask = this.#asker(current)
    const window = intersect(widen(range, Math.max(spanOf(range), 1_500 * this.#state.step)), bounds)
    const answer = window === null ? null : await fitting(ask, window, range, this.#width)
    if (!current()) return
    const ts = answer?.candles.ts ?? new Float64Array()
    if (answer === null || window === null || barAt(ts, range.to) === barAt(ts, range.from - 1)) {
      const known = ts[nearestBar(ts, (range.from + range.to) / 2)]
      const nearest = known ?? (await nearestTo(ask, range, bounds, this.#state.step))
      if (current()) this.#miss(range, nearest)
      return
    }
    const { from, to } = notTooNarrow(placesOf(answer, range))
    this.#replace(answer, window, spanOf(range), { from, to: to + room * (to - from) })
  }

  /** Fetches a chunk at one end. */
  async #extend(direction: 'earlier' | 'later', current: () => boolean): Promise<void> {
    const bounds = this.#bounds()
    if (bounds === null) return
    const found = await beyond(
      this.#asker(current),
      this.#state.covered,
      direction,
      bounds,
      this.#spanOfBars(CHUNK),
    )
    if (direction === 'later') await this.#flight.unheld()
    if (found === null || !current()) return
    const { answer, window: covered } = found
    const { bars: old, objects, problems } = this.#state
    this.#catchUp()
    const view = this.#view ?? { from: 0, to: old.ts.length }
    const joined = joinChunk(old, view, { bars: answer.candles, covered }, direction, this.#flight.held)
    this.#view = joined.view
    this.#emit(
      {
        bars: joined.bars,
        covered: joined.covered,
        objects: mergeObjects(objects, answer.objects),
        problems: mergeProblems(problems, answer.problems),
      },
      sameBars(old, joined.bars) ? 'same' : 'extended',
      joined.show,
    )
  }

  /** The level that fits the zoom, for what is visible and a screen to each side. */
  async #refocus(step: 'coarser' | 'finer' | 'pan', current: () => boolean): Promise<void> {
    const [bounds, visible] = [this.#bounds(), this.visible]
    if (bounds === null || visible === null) return
    const window =
      intersect(widen(visible, Math.max(spanOf(visible), this.#spanOfBars(500))), bounds) ?? bounds
    const answer = await this.#asker(current)(window, candlesFor(window, visible, 0.7 * this.#width))
    await this.#flight.unheld()
    if (answer === null || !current()) return
    const chosen = step === 'pan' ? this.#chosenSpan : spanOf(visible)
    if (answer.candles.ts.length === 0) {
      this.#chosenSpan = chosen
      return this.#emit({ covered: window }, 'same', null)
    }
    this.#catchUp()
    this.#replace(answer, window, chosen, placesOf(answer, this.visible ?? visible))
  }

  async #reload(current: () => boolean): Promise<void> {
    const bounds = this.#bounds()
    const { covered, atEnd, barsPerCandle, bars: old, missing } = this.#state
    if (bounds === null) return
    if (missing !== null) return this.#openAt(missing.wanted, bounds, current)
    if (old.ts.length === 0) return this.#openAtEnd(bounds, current)
    const window = atEnd ? { from: covered.from, to: Math.max(covered.to, bounds.to) } : covered
    const answer = await this.#asker(current)(window, barsPerCandle > 1 ? old.ts.length + 50 : 2 * CAP)
    await this.#flight.unheld()
    if (answer === null || !current()) return
    this.#catchUp()
    const { candles: bars, objects, problems } = answer
    if (answer.barsPerCandle !== barsPerCandle || bars.ts.length === 0) {
      return this.#replace(answer, window, this.#chosenSpan, placesOf(answer, this.visible ?? window))
    }
    if (sameBars(old, bars)) return this.#emit({ objects, problems, covered: window }, 'same', null)
    const show = this.#view === null ? null : viewAfterReload(old, bars, this.#view)
    this.#emit({ objects, problems, covered: window, bars }, 'extended', show)
  }

  #asker(current: () => boolean): Ask {
    const { symbol, timeframe } = this.#state
    const series = { symbol, timeframe, bounds: this.#bounds(), includeRemoved: this.#includeRemoved }
    return asker(this.#source, series, current)
  }

  #replace(answer: Viewport, covered: TimeSpan, chosenSpan: number, show: LogicalSpan): void {
    const { candles: bars, objects, problems, level, barsPerCandle } = answer
    this.#chosenSpan = chosenSpan
    const found = { bars, objects, problems, level, barsPerCandle, covered, step: stepOf(answer) }
    this.#emit({ ...found, phase: 'ready', missing: null, error: null, fetching: false }, 'replaced', show)
  }

  #miss(wanted: TimeSpan, nearest: number | null): void {
    this.#view = null
    const nothing = { bars: IDLE.bars, objects: [], barsPerCandle: 1, covered: wanted, fetching: false }
    this.#emit({ ...nothing, phase: 'empty', missing: { wanted, nearest }, error: null }, 'replaced', null)
  }

  #fail(error: ErrorReport): void {
    const phase = this.#state.bars.ts.length > 0 ? 'ready' : 'error'
    this.#emit({ error, phase, fetching: false }, 'same', null)
  }

  #settle(): void {
    if (this.#state.fetching) this.#emit({ fetching: false }, 'same', null)
    this.#next()
  }

  /** Starts what is needed next, if nothing is under way and nothing has just failed. */
  #next(): void {
    if (this.#flight.busy || this.#state.symbol === '') return
    const work = this.#dirty ? (current: () => boolean) => this.#reload(current) : this.#needed()
    if (work === null) return
    this.#dirty = false
    this.#emit({ fetching: true }, 'same', null)
    this.#flight.start(work)
  }

  #needed(): Work | null {
    const { bars, missing, barsPerCandle, atStart, atEnd, covered } = this.#state
    const [view, visible] = [this.#view, this.visible]
    if (view === null || visible === null || missing !== null) return null
    const sizes = { width: this.#width, length: bars.ts.length, chosenSpan: this.#chosenSpan }
    const step = nextStep({ view, visible, covered, barsPerCandle, atStart, atEnd, ...sizes })
    if (step === 'none') return null
    if (step === 'coarser' || step === 'finer') return (current) => this.#refocus(step, current)
    // A coarse level has no chunks: the engine picks a level by what a window holds, so the window moves as a whole.
    return (current) => (barsPerCandle > 1 ? this.#refocus('pan', current) : this.#extend(step, current))
  }

  #emit(part: Partial<FeedState>, bars: FeedChange['bars'], show: LogicalSpan | null): void {
    const state = { ...this.#state, ...part }
    // Only when what is loaded changes: a series that grew meanwhile is still loaded to the end it had.
    const bounds = part.covered === undefined ? null : this.#source.bounds(state.symbol, state.timeframe)
    const ends =
      bounds === null
        ? {}
        : { atStart: state.covered.from <= bounds.from, atEnd: state.covered.to >= bounds.to }
    this.#state = { ...state, ...ends }
    if (show !== null) this.#view = show
    this.#onChange({ state: this.#state, bars, show })
  }

  /** The view has gone on moving while the answer came: what counts is where it is now. */
  #catchUp(): void {
    this.#view = this.#source.view?.() ?? this.#view
  }

  #bounds(): TimeSpan | null {
    return this.#source.bounds(this.#state.symbol, this.#state.timeframe)
  }

  /** Milliseconds in which so many stored bars lie, going by what is loaded. */
  #spanOfBars(count: number): number {
    const { bars, covered, barsPerCandle, step } = this.#state
    const [known, bar] = [bars.ts.length * barsPerCandle, step / barsPerCandle]
    return count * Math.max(bar, known > 20 ? spanOf(covered) / known : bar * 5)
  }
}
