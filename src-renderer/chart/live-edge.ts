import type { LiveBars, LiveUpdate } from '../../schemas/contract/live.ts'
import { barAt, type TimeSpan } from './bar-columns.ts'
import type { FeedBoard } from './feed-board.ts'
import type { FeedState } from './feed-state.ts'
import { isLastInSight, takeBars, takeObjects, trimRows, viewAfterLive } from './live-rows.ts'

/** With files left out of the answer, changes may have mended them: asked for again at most this often, ms. */
const MENDED_EVERY = 30_000

/** Where increments meet what is loaded: lays them over it, and keeps in mind what has to be asked for again. */
export class LiveEdge {
  readonly #board: FeedBoard
  #waiting: LiveUpdate[] = []
  #stale: TimeSpan | null = null
  #isStale = false
  #mendedAt = Number.NEGATIVE_INFINITY
  /** Files that were given up as damaged, as last told. */
  #givenUp = ''

  constructor(board: FeedBoard) {
    this.#board = board
  }

  /** Another series: what waits is not of it. */
  start(): void {
    this.#waiting = []
    this.#stale = null
    this.#isStale = false
  }

  /** Whether the last bar of the series is in sight, so that the view goes with what comes. */
  get follows(): boolean {
    const { state, view } = this.#board
    return state.atEnd && isLastInSight(view, state.bars.ts.length)
  }

  take(
    update: LiveUpdate,
    { isAsking, isHeld }: { readonly isAsking: boolean; readonly isHeld: boolean },
  ): void {
    this.#board.log.take(update, isAsking)
    this.#noteMending(update)
    this.#noteGivenUp(update)
    // Under the hand nothing moves.
    if (isHeld) this.#waiting.push(update)
    else this.#apply(update)
  }

  release(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const update of waiting) this.#apply(update)
  }

  /** What has to be asked for again, once: all of it, or a span of time. */
  takeStale(): { readonly isStale: boolean; readonly span: TimeSpan | null } {
    const taken = { isStale: this.#isStale, span: this.#stale }
    if (this.#board.state.phase === 'loading') return { isStale: false, span: null }
    this.#isStale = false
    this.#stale = null
    return taken
  }

  /** A span of time in whole candles, as far as it is loaded; null when nothing of it is. */
  windowOf({ from, to }: TimeSpan): TimeSpan | null {
    const { bars, covered, atStart, atEnd, step } = this.#board.state
    const { ts } = bars
    if (ts.length === 0) return null
    const before = barAt(ts, from)
    const after = barAt(ts, to)
    const first = before < 0 ? (atStart ? from : covered.from) : Math.min(from, ts[before] ?? from)
    const next = ts[after + 1]
    const end =
      next !== undefined
        ? next - 1
        : atEnd
          ? Math.max(to, covered.to, (ts.at(-1) ?? to) + step - 1)
          : covered.to
    const window = { from: atStart ? first : Math.max(first, covered.from), to: end }
    return window.from <= window.to ? window : null
  }

  #apply(update: LiveUpdate): void {
    const { state } = this.#board
    const ours = isOf(update.bars, state) ? update.bars : undefined
    if (ours !== undefined) this.#noteBars(ours)
    if (state.phase !== 'ready') {
      // Where nothing was found there may be something now; what is on its way gets it by the log.
      if (state.phase === 'empty' && ours !== undefined && ours.candles.ts.length > 0) this.#isStale = true
      return
    }
    const objects = update.objects?.symbol === state.symbol ? update.objects : undefined
    if (ours === undefined && objects === undefined) return
    const part: { -readonly [Name in keyof FeedState]?: FeedState[Name] } = {}
    if (objects !== undefined) {
      const window = {
        from: state.atStart ? Number.NEGATIVE_INFINITY : state.covered.from,
        to: state.atEnd ? Number.POSITIVE_INFINITY : state.covered.to,
      }
      part.objects = takeObjects(state.objects, objects, window, this.#board.includeRemoved)
    }
    if (ours !== undefined && state.bars.ts.length > 0) this.#applyBars(ours, part)
    else if (objects !== undefined || this.#board.newer.count !== state.newer)
      this.#board.emit(part, 'same', null)
  }

  #applyBars(live: LiveBars, part: Partial<FeedState>): void {
    this.#board.catchUp()
    const { state } = this.#board
    const { view } = this.#board
    const rows = takeBars(state, live, state)
    if (rows === state) {
      this.#board.emit(part, 'same', null)
      return
    }
    const show = viewAfterLive(state.bars.ts, rows.bars.ts, view, this.follows)
    const { bars, emas, covered } = rows
    const place =
      show ?? (this.follows && view !== null ? followed(view, bars.ts.length - state.bars.ts.length) : view)
    const trimmed = place === null ? null : trimRows(rows, place)
    if (trimmed === null) {
      // As the library does by itself; it tells so only with the next frames.
      this.#board.view = place
      this.#board.emit({ ...part, bars, emas, covered, atEnd: state.atEnd }, 'extended', show)
      return
    }
    const objects = (part.objects ?? state.objects).filter(
      ({ end_ts }) => end_ts === null || end_ts >= trimmed.covered.from,
    )
    const kept = { bars: trimmed.bars, emas: trimmed.emas, covered: trimmed.covered, objects }
    const atEnd = state.atEnd && trimmed.covered.to === covered.to
    this.#board.emit({ ...kept, atEnd }, 'extended', trimmed.view)
  }

  #noteBars({ candles, gone, stale }: LiveBars): void {
    this.#board.newer.came(candles.ts)
    this.#board.newer.gone(gone)
    if (stale === null) return
    const known = this.#stale ?? stale
    this.#stale = { from: Math.min(known.from, stale.from), to: Math.max(known.to, stale.to) }
    if (this.#board.state.problems.length > 0) this.#isStale = true
  }

  /** A file was given up, or can be read again: answers name other problems than before (SPEC F6). */
  #noteGivenUp({ health }: LiveUpdate): void {
    if (health === undefined) return
    const files = health.unreadable.filter(({ trying }) => !trying).map(({ file }) => file)
    const givenUp = files.join('\n')
    if (givenUp === this.#givenUp) return
    this.#givenUp = givenUp
    this.#isStale = true
  }

  #noteMending({ tables }: LiveUpdate): void {
    const now = performance.now()
    const isOurs = tables.includes('candles') || tables.includes('object_events')
    if (!isOurs || this.#board.state.problems.length === 0 || now - this.#mendedAt < MENDED_EVERY) return
    this.#mendedAt = now
    this.#isStale = true
  }
}

function isOf(bars: LiveBars | undefined, { symbol, timeframe, barsPerCandle }: FeedState): bars is LiveBars {
  return bars?.symbol === symbol && bars.timeframe === timeframe && bars.barsPerCandle === barsPerCandle
}

function followed(view: { readonly from: number; readonly to: number }, by: number) {
  return { from: view.from + by, to: view.to + by }
}
