import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { LiveUpdate } from '../../schemas/contract/live.ts'
import { barAt, type LogicalSpan, nearestBar, sameBars, type TimeSpan } from './bar-columns.ts'
import { emasOf } from './ema-columns.ts'
import { FeedBoard, hull } from './feed-board.ts'
import { type Joined, joinChunk } from './feed-merge.ts'
import { openAt, openAtEnd } from './feed-openings.ts'
import {
  type Align,
  CHUNK,
  candlesFor,
  intersect,
  nextStep,
  placeBar,
  placesOf,
  RIGHT_ROOM,
  spanOf,
  widen,
} from './feed-plan.ts'
import { around, beyond } from './feed-questions.ts'
import { reload, reread } from './feed-rereads.ts'
import {
  type FeedChange,
  type FeedSource,
  type FeedState,
  mergeObjects,
  mergeProblems,
} from './feed-state.ts'
import { Flight, type Work } from './flight.ts'
import { LiveEdge } from './live-edge.ts'
import { isLastInSight } from './live-rows.ts'

/**
 * Keeps the bars and objects that a chart needs around what it shows, in both directions and at the level of detail
 * that fits the zoom, and lays increments over them as they come. Knows no chart and no React: the chart tells it where
 * it looks (`look`), and it says through `onChange` what to draw. One question at a time; an answer to one that is no
 * longer asked is dropped.
 */
export class BarFeed {
  readonly #board: FeedBoard
  readonly #live: LiveEdge
  readonly #flight: Flight
  #dirty = false
  /** The series went on from the last bar that was loaded, and that one was in sight: the view goes with what is fetched. */
  #goesOn = false

  constructor(source: FeedSource, onChange: (change: FeedChange) => void) {
    this.#board = new FeedBoard(source, onChange)
    this.#live = new LiveEdge(this.#board)
    this.#flight = new Flight({ onError: (report) => this.#fail(report), onIdle: () => this.#settle() })
  }

  get state(): FeedState {
    return this.#board.state
  }

  /** The time in view; when nothing is there, the time that was asked for. Null before anything was. */
  get visible(): TimeSpan | null {
    return this.#board.visible
  }

  /** First and last bar of the series, ms UTC, those included that were only heard of. */
  get bounds(): TimeSpan | null {
    return this.#board.bounds
  }

  /** Shows a series: at `range`, or where it ends. Handing in the range in view keeps the time over a switch. */
  open(symbol: string, timeframe: string, range: TimeSpan | null): Promise<void> {
    this.#live.start()
    this.#dirty = false
    this.#goesOn = false
    this.#board.start(symbol, timeframe)
    return this.#flight.supersede(async (current) => {
      const { bounds } = this.#board
      if (bounds === null) this.#board.miss(range ?? { from: 0, to: 0 }, null)
      else if (range === null) await openAtEnd(this.#board, bounds, current)
      else await openAt(this.#board, range, bounds, current)
    })
  }

  /** Of the chart's pane, CSS pixels; known before the first bars are. */
  set width(width: number) {
    this.#board.width = Math.max(200, width)
  }

  /** What the chart shows now, in places, and how wide its pane is (CSS px). Fetches what will be needed next. */
  look(view: LogicalSpan, width: number): void {
    this.#board.view = view
    this.width = width
    if (this.#board.markSeen()) this.#board.emit({}, 'same', null)
    this.#next()
  }

  /** While a drag lasts, the chart counts from its last bar: nothing at the right end changes until `release`. */
  hold(): void {
    this.#flight.hold()
  }

  release(): void {
    this.#flight.release()
    this.#live.release()
    this.noteBounds()
  }

  /** What changed in the store: laid over what is loaded, and over the answers that are on their way. */
  live(update: LiveUpdate): void {
    if (this.state.symbol === '') return
    this.#live.take(update, { isAsking: this.#flight.flying, isHeld: this.#flight.held })
    const { tables } = update
    const isOurs = tables.includes('candles') || tables.includes('object_events')
    // A change of the files may well be what mends a failure.
    if (isOurs && this.state.error !== null) this.retry()
    this.#next()
  }

  /** Increments of the series and level that are shown come from this revision on. */
  followed(revision: number): void {
    this.#board.log.followed(revision)
    this.#next()
  }

  /** Other series, or another level of one, will be followed. */
  unfollowed(): void {
    this.#board.log.start()
  }

  /** The series may reach further than is known here, as when a bar came that no increment told. */
  noteBounds(): void {
    const { bounds, state } = this.#board
    // What is told under the hand is known and waits.
    if (bounds === null || state.phase !== 'ready' || this.#flight.held) return
    const [atStart, atEnd] = [state.covered.from <= bounds.from, state.covered.to >= bounds.to]
    if (!atEnd && this.#live.follows) this.#goesOn = true
    if (atStart !== state.atStart || atEnd !== state.atEnd) this.#board.emit({ atStart, atEnd }, 'same', null)
    this.#next()
  }

  /** What increments can't say has changed: what is loaded is asked for again, once nothing else is under way. */
  refresh(): void {
    this.#dirty = true
    if (this.state.error !== null) this.retry()
    else this.#next()
  }

  /** Also objects with status removed, up to their close. */
  set includeRemoved(include: boolean) {
    if (this.#board.includeRemoved === include) return
    this.#board.includeRemoved = include
    if (this.state.symbol !== '') this.refresh()
  }

  /** Periods of the moving averages beside the bars; none for none. */
  set emas(periods: readonly number[]) {
    if (String(this.#board.emas) === String(periods)) return
    this.#board.emas = periods
    if (this.state.symbol !== '') this.refresh()
  }

  /** Shows everything there is. */
  async fit(): Promise<void> {
    const { bounds } = this.#board
    if (bounds === null) return
    const step = this.state.step / this.state.barsPerCandle
    await this.#flight.supersede((current) =>
      openAt(this.#board, widen(bounds, step), bounds, current, RIGHT_ROOM),
    )
  }

  /**
   * Moves to the bar nearest to an instant, at the zoom there is.
   * @returns that bar's open, so that the caller can say when it is not what was asked for; null without any bar.
   */
  async goTo(instant: number, align: Align = 'centre'): Promise<number | null> {
    const { bounds, view, width } = this.#board
    if (bounds === null) return null
    const { bars, covered, atStart, atEnd, missing, barsPerCandle, step } = this.state
    const count = view === null ? Math.max(60, width / 7) : spanOf(view)
    const reaches = (instant >= covered.from || atStart) && (instant <= covered.to || atEnd)
    if (missing === null && bars.ts.length > 0 && reaches) {
      this.#board.emit({}, 'same', placeBar(bars.ts, instant, align, count))
      this.#next()
      return bars.ts[nearestBar(bars.ts, instant)] ?? null
    }
    const target = Math.min(Math.max(instant, bounds.from), bounds.to)
    const visible = missing === null ? this.visible : null
    const seen = Math.max(visible === null ? 0 : spanOf(visible), count * step)
    const sizes = { seen, reach: Math.max(seen, this.#board.spanOfBars(CHUNK)), width }
    this.#board.emit({ fetching: true }, 'same', null)
    await this.#flight.supersede(async (current) => {
      const found = await around(this.#board.asker(current), target, bounds, sizes)
      if (found === null) return
      this.#board.replace(found.answer, found.window, seen, (answer) => {
        const shown = Math.max(10, (count * barsPerCandle) / answer.barsPerCandle)
        return placeBar(answer.candles.ts, target, align, shown)
      })
    })
    const { ts } = this.state.bars
    return ts[nearestBar(ts, target)] ?? null
  }

  /** Tries again what failed. */
  retry(): void {
    if (this.state.error === null) return
    const phase = this.state.bars.ts.length > 0 ? 'ready' : 'loading'
    this.#board.emit({ error: null, phase }, 'same', null)
    this.#flight.retry()
  }

  /** Ends it: whatever still comes is dropped. */
  close(): void {
    this.#flight.close()
    this.#live.start()
    this.#board.state = { ...this.state, symbol: '' }
  }

  /** Fetches a chunk at one end. */
  async #extend(direction: 'earlier' | 'later', current: () => boolean): Promise<void> {
    const { bounds } = this.#board
    if (bounds === null) return
    const ask = this.#board.asker(current)
    const reach = this.#board.spanOfBars(CHUNK)
    const before = this.state.covered
    const found = await beyond(ask, before, direction, bounds, reach)
    if (direction === 'later') await this.#flight.unheld()
    if (found === null || !current()) return
    const { covered: now } = this.state
    // What it was to adjoin was let go meanwhile: the next look asks anew.
    if (direction === 'earlier' ? now.from > before.from : now.to < before.to) return
    const answer = this.#board.fresh(found.answer)
    const { bars: old, emas: oldEmas, objects, problems } = this.state
    this.#board.catchUp()
    const view = this.#board.view ?? { from: 0, to: old.ts.length }
    const { candles } = answer
    // The other end may have moved on: bars came there.
    const window =
      direction === 'earlier'
        ? { from: Math.min(now.from, found.window.from), to: now.to }
        : { from: now.from, to: Math.max(now.to, hull(found.window, candles.ts).to) }
    const joined = joinChunk(old, view, { bars: candles, covered: window }, direction, this.#flight.held)
    const { bars, covered } = joined
    const place = direction === 'later' ? this.#viewBeyond(old.ts, view, joined) : joined.view
    this.#board.view = place
    const emas = emasOf(bars.ts, { ts: old.ts, emas: oldEmas }, { ts: candles.ts, emas: answer.emas ?? [] })
    this.#board.emit(
      {
        bars,
        emas,
        covered,
        objects: mergeObjects(objects, answer.objects),
        problems: mergeProblems(problems, answer.problems),
      },
      sameBars(old, bars) ? 'same' : 'extended',
      direction === 'later' ? place : joined.show,
    )
    if (this.state.atEnd) this.#goesOn = false
  }

  /** Where to look after bars came behind the last one: the same time, or, for who looked at that one, the last again. */
  #viewBeyond(old: ArrayLike<number>, view: LogicalSpan, { bars, view: still }: Joined): LogicalSpan {
    if (!this.#goesOn || !isLastInSight(view, old.length)) return still
    const by = bars.ts.length - 1 - barAt(bars.ts, old[old.length - 1] ?? 0)
    return { from: still.from + by, to: still.to + by }
  }

  /** The level that fits the zoom, for what is visible and a screen to each side. */
  async #refocus(step: 'coarser' | 'finer' | 'pan', current: () => boolean): Promise<void> {
    const { bounds, visible, width } = this.#board
    if (bounds === null || visible === null) return
    const reach = Math.max(spanOf(visible), this.#board.spanOfBars(500))
    const window = intersect(widen(visible, reach), bounds) ?? bounds
    const answer = await this.#board.asker(current)(window, candlesFor(window, visible, 0.7 * width))
    await this.#flight.unheld()
    if (answer === null || !current()) return
    const chosen = step === 'pan' ? this.#board.chosenSpan : spanOf(visible)
    if (answer.candles.ts.length === 0) {
      this.#board.chosenSpan = chosen
      return this.#board.emit({ covered: window }, 'same', null)
    }
    this.#board.catchUp()
    const seen = this.visible ?? visible
    this.#board.replace(answer, window, chosen, (now) => placesOf(now, seen))
  }

  #fail(error: ErrorReport): void {
    const phase = this.state.bars.ts.length > 0 ? 'ready' : 'error'
    this.#board.emit({ error, phase, fetching: false }, 'same', null)
  }

  #settle(): void {
    this.#board.log.forget()
    if (this.state.fetching) this.#board.emit({ fetching: false }, 'same', null)
    this.#next()
  }

  /** Starts what is needed next, if nothing is under way and nothing has just failed. */
  #next(): void {
    if (this.#flight.busy || this.state.symbol === '') return
    const work = this.#asked() ?? this.#needed()
    if (work === null) return
    this.#board.emit({ fetching: true }, 'same', null)
    this.#flight.start(work)
  }

  /** What has to be asked for again. */
  #asked(): Work | null {
    const { isStale, span } = this.#live.takeStale()
    const { log } = this.#board
    if (this.#dirty || isStale || log.takeGap()) {
      this.#dirty = false
      return (current) => reload(this.#board, this.#flight, current)
    }
    if (span === null) return null
    return async (current) => {
      if (!(await reread(this.#board, this.#flight, this.#live, span, current))) this.#dirty = true
    }
  }

  #needed(): Work | null {
    const { bars, missing, barsPerCandle, atStart, atEnd, covered } = this.state
    const { view, visible, width, chosenSpan } = this.#board
    if (view === null || visible === null || missing !== null) return null
    const sizes = { width, length: bars.ts.length, chosenSpan }
    const step = nextStep({ view, visible, covered, barsPerCandle, atStart, atEnd, ...sizes })
    if (step === 'none') return null
    if (step === 'coarser' || step === 'finer') return (current) => this.#refocus(step, current)
    // A coarse level has no chunks: the engine picks a level by what a window holds, so the window moves as a whole.
    return (current) => (barsPerCandle > 1 ? this.#refocus('pan', current) : this.#extend(step, current))
  }
}
