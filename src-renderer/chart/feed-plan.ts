import { parseTimeframe, timeframeMillis } from '../../schemas/contract/timeframe.ts'
import type { Viewport } from '../../schemas/contract/viewport.ts'
import { type LogicalSpan, nearestBar, placeOf, type TimeSpan } from './bar-columns.ts'

/** Below this many bars between the view and the end of what is loaded, more is fetched. */
export const MARGIN = 300
/** Bars in a chunk of history. */
export const CHUNK = 2_000
/** With more bars than this loaded, the far end is dropped down to KEEP: the chart slows beyond 30,000. */
export const MOST = 24_000
export const KEEP = 20_000
/** Bars an answer may hold at most, so that a wrong guess of density can't bring millions. */
export const CAP = 20_000
/** A level is chosen anew when the visible time has grown or shrunk by this since it was chosen. */
const HYSTERESIS = 2.5
/** Narrowest range to show: fewer bars look like an error. */
const NARROWEST = 10

/** Where the asked-for bar comes to stand. */
export type Align = 'left' | 'centre' | 'right'

/** Empty room to the right of the last bar, in parts of the view: for what comes. */
export const RIGHT_ROOM = 0.06

export const spanOf = (range: TimeSpan | LogicalSpan): number => range.to - range.from

export function widen(range: TimeSpan, by: number): TimeSpan {
  return { from: range.from - by, to: range.to + by }
}

export function intersect(a: TimeSpan, b: TimeSpan): TimeSpan | null {
  const [from, to] = [Math.max(a.from, b.from), Math.min(a.to, b.to)]
  return from <= to ? { from, to } : null
}

/** How many candles a window may hold so that the visible part of it holds `visible` when bars lie evenly. */
export function candlesFor(window: TimeSpan, view: TimeSpan, visible: number): number {
  const ratio = spanOf(window) / Math.max(1, spanOf(view))
  return Math.round(Math.min(CAP, Math.max(500, visible * ratio)))
}

/** A range of places no narrower than is fit to look at, about the same centre. */
export function notTooNarrow(range: LogicalSpan): LogicalSpan {
  const lack = NARROWEST - spanOf(range)
  return lack > 0 ? { from: range.from - lack / 2, to: range.to + lack / 2 } : range
}

export type Step = 'none' | 'coarser' | 'finer' | 'earlier' | 'later'

export interface Outlook {
  readonly view: LogicalSpan
  readonly visible: TimeSpan
  /** Of the pane, CSS pixels. */
  readonly width: number
  readonly length: number
  readonly covered: TimeSpan
  readonly barsPerCandle: number
  readonly atStart: boolean
  readonly atEnd: boolean
  /** Milliseconds that were visible when the level was chosen. */
  readonly chosenSpan: number
}

/**
 * What to fetch next. Half a pixel a candle is where a coarser level is asked for; a coarse level answers with 1.4
 * pixels or more, so zooming back a little does not flip it.
 */
export function nextStep(outlook: Outlook): Step {
  const { view, width, length, chosenSpan } = outlook
  const count = spanOf(view)
  const seen = spanOf(outlook.visible)
  if (count > 2 * width && seen > 1.25 * chosenSpan) return 'coarser'
  if (outlook.barsPerCandle > 1) {
    if (seen > HYSTERESIS * chosenSpan) return 'coarser'
    if (seen < chosenSpan / HYSTERESIS) return 'finer'
  }
  if (outlook.barsPerCandle > 1) {
    // By time, as its window is chosen by time: counted in candles, a gap beside the view would ask again for ever.
    if (!outlook.atStart && outlook.visible.from - outlook.covered.from < seen / 2) return 'earlier'
    return !outlook.atEnd && outlook.covered.to - outlook.visible.to < seen / 2 ? 'later' : 'none'
  }
  const margin = Math.max(MARGIN, count)
  if (!outlook.atStart && view.from < margin) return 'earlier'
  return !outlook.atEnd && length - 1 - view.to < margin ? 'later' : 'none'
}

/**
 * Which rows [from, to) to keep of too many, after loading at one end: the far end goes, but never what is in view
 * nor a good margin around it.
 */
export function keepRows(length: number, view: LogicalSpan, loaded: 'earlier' | 'later'): LogicalSpan {
  if (length <= MOST) return { from: 0, to: length }
  const margin = Math.max(2 * MARGIN, 2 * spanOf(view))
  if (loaded === 'earlier') {
    return { from: 0, to: Math.min(length, Math.max(KEEP, Math.ceil(view.to + margin))) }
  }
  return { from: Math.max(0, Math.min(length - KEEP, Math.floor(view.from - margin))), to: length }
}

/** Milliseconds that a candle of an answer nominally covers. */
export function stepOf(answer: Viewport): number {
  return timeframeMillis(parseTimeframe(answer.timeframe)) * Math.max(1, answer.barsPerCandle)
}

/** A time range in places among the bars of an answer. */
export function placesOf(answer: Viewport, range: TimeSpan): LogicalSpan {
  const { ts } = answer.candles
  const step = stepOf(answer)
  return { from: placeOf(ts, range.from, step), to: placeOf(ts, range.to, step) }
}

/** So many places, with the bar nearest to an instant at the left, in the middle or at the right of them. */
export function placeBar(times: Float64Array, instant: number, align: Align, count: number): LogicalSpan {
  const bar = nearestBar(times, instant)
  const before = align === 'left' ? 0.5 : align === 'right' ? count * (1 - RIGHT_ROOM) : count / 2
  return { from: bar - before, to: bar - before + count }
}
