import type { LiveBars, LiveObjects } from '../../schemas/contract/live.ts'
import type { CandleColumns, EmaColumn, ViewportObject } from '../../schemas/contract/viewport.ts'
import {
  barAt,
  barsIn,
  type LogicalSpan,
  mergeBars,
  sameBars,
  sliceBars,
  type TimeSpan,
  withoutBars,
} from './bar-columns.ts'
import { emasOf, sameEmas } from './ema-columns.ts'
import { keepRows, MOST } from './feed-plan.ts'

/** Bars that are loaded, what stands beside them, and the time that they cover. */
export interface LoadedRows {
  readonly bars: CandleColumns
  readonly emas: readonly EmaColumn[]
  readonly covered: TimeSpan
}

/** Which ends of the series are loaded: bars that come beyond such an end are taken in, others belong to no view. */
export interface LoadedEnds {
  readonly atStart: boolean
  readonly atEnd: boolean
  /** Milliseconds of a candle. */
  readonly step: number
}

/** Lays an increment over what is loaded. @returns the same rows when nothing of it concerns them */
export function takeBars(rows: LoadedRows, live: LiveBars, { atStart, atEnd, step }: LoadedEnds): LoadedRows {
  const reach = {
    from: atStart ? Number.NEGATIVE_INFINITY : rows.covered.from,
    to: atEnd ? Number.POSITIVE_INFINITY : rows.covered.to,
  }
  const bars = withoutBars(mergeBars(rows.bars, barsIn(live.candles, reach)), live.gone)
  const emas = emasOf(
    bars.ts,
    { ts: rows.bars.ts, emas: rows.emas },
    { ts: live.candles.ts, emas: live.emas },
  )
  if (sameBars(bars, rows.bars) && sameEmas(emas, rows.emas)) return rows
  const last = bars.ts.at(-1) ?? rows.covered.to
  // Of a candle of several bars all are in that are there: bounds count in bars.
  const end = live.barsPerCandle > 1 ? last + step - 1 : last
  return {
    bars,
    emas,
    covered: {
      from: Math.min(rows.covered.from, bars.ts[0] ?? rows.covered.from),
      to: atEnd ? Math.max(rows.covered.to, end) : rows.covered.to,
    },
  }
}

/** What stands in a window, in place of what stood there: bars that are in no answer any more go. */
export function replaceWindow(
  rows: LoadedRows,
  window: TimeSpan,
  by: Omit<LoadedRows, 'covered'>,
): LoadedRows {
  const { ts } = rows.bars
  const before = sliceBars(rows.bars, 0, barAt(ts, window.from - 1) + 1)
  const after = sliceBars(rows.bars, barAt(ts, window.to) + 1, ts.length)
  const bars = mergeBars(mergeBars(before, by.bars), after)
  const emas = emasOf(bars.ts, { ts, emas: rows.emas }, { ts: by.bars.ts, emas: by.emas })
  const [first, last] = [bars.ts[0] ?? window.from, bars.ts.at(-1) ?? window.to]
  const { from, to } = rows.covered
  return { bars, emas, covered: { from: Math.min(from, first), to: Math.max(to, last) } }
}

/** As the chart library sees it: a last bar that is partly in view follows what comes. */
export function isLastInSight(view: LogicalSpan | null, length: number): boolean {
  return view !== null && length > 0 && view.to > length - 2 && view.from < length
}

/**
 * A view of the old bars that was asked for and has yet to take effect, in places of the new ones: it goes along with bars
 * that were put in front, and, where it shows the last one, with those that came behind.
 */
export function amongNew(view: LogicalSpan, old: ArrayLike<number>, now: ArrayLike<number>): LogicalSpan {
  const prepended = Math.max(0, barAt(now, old[0] ?? 0))
  const appended = isLastInSight(view, old.length) ? Math.max(0, now.length - prepended - old.length) : 0
  return { from: view.from + prepended + appended, to: view.to + prepended + appended }
}

/**
 * Where to look after bars changed, so that a view scrolled back stays at its time and one that shows the last bar
 * keeps its distance to it. Null where the library does so by itself: bars came at the right end, or changed in place.
 */
export function viewAfterLive(
  old: Float64Array,
  now: Float64Array,
  view: LogicalSpan | null,
  follows: boolean,
): LogicalSpan | null {
  if (view === null || old.length === 0 || now.length === 0) return null
  const grewOnly = now[0] === old[0] && now.length >= old.length && now[old.length - 1] === old.at(-1)
  const anchor = old[Math.min(old.length - 1, Math.max(0, Math.floor(view.from)))] ?? 0
  const shift = follows ? now.length - old.length : barAt(now, anchor) - barAt(old, anchor)
  // As many bars put in on one side of the view as were taken out on the other move it all the same.
  if (grewOnly && (follows || shift === 0)) return null
  return { from: view.from + shift, to: view.to + shift }
}

export interface Trimmed extends LoadedRows {
  readonly view: LogicalSpan
  /** Rows that were dropped in front. */
  readonly dropped: number
}

/**
 * Following for days: with too many bars the oldest go; while one looks at these, the newest, which are then known of
 * but not loaded. Null when there are not too many.
 */
export function trimRows(rows: LoadedRows, view: LogicalSpan): Trimmed | null {
  const { length } = rows.bars.ts
  if (length <= MOST) return null
  const left = keepRows(length, view, 'later')
  const kept = left.from > 0 ? left : keepRows(length, view, 'earlier')
  const bars = sliceBars(rows.bars, kept.from, kept.to)
  const none = { ts: new Float64Array(), emas: [] }
  return {
    bars,
    emas: emasOf(bars.ts, { ts: rows.bars.ts, emas: rows.emas }, none),
    covered: {
      from: kept.from > 0 ? (bars.ts[0] ?? rows.covered.from) : rows.covered.from,
      to: kept.to < length ? (bars.ts.at(-1) ?? rows.covered.to) : rows.covered.to,
    },
    view: { from: view.from - kept.from, to: view.to - kept.from },
    dropped: kept.from,
  }
}

/**
 * Lays changes over the objects of a window: what the engine says now counts, whatever was known. Those that were
 * removed go unless they are asked for.
 */
export function takeObjects(
  objects: readonly ViewportObject[],
  { changed, gone }: LiveObjects,
  window: TimeSpan,
  includeRemoved: boolean,
): readonly ViewportObject[] {
  if (changed.length === 0 && gone.length === 0) return objects
  const byId = new Map(objects.map((object) => [object.id, object]))
  for (const id of gone) byId.delete(id)
  for (const object of changed) {
    const ended = object.end_ts ?? Number.POSITIVE_INFINITY
    const belongs = object.start_ts <= window.to && ended >= window.from
    if (belongs && (includeRemoved || object.status !== 'removed')) byId.set(object.id, object)
    else byId.delete(object.id)
  }
  return [...byId.values()]
}
