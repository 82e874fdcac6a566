import type { CandleColumns } from '../../schemas/contract/viewport.ts'
import { barAt, commonRows, type LogicalSpan, mergeBars, sliceBars, type TimeSpan } from './bar-columns.ts'
import { keepRows } from './feed-plan.ts'

/** Bars after a change at one end, and where the view is among them. */
export interface Joined {
  readonly bars: CandleColumns
  readonly covered: TimeSpan
  readonly view: LogicalSpan
  /** The view where it has to be set again; null where the chart keeps it by itself. */
  readonly show: LogicalSpan | null
}

/**
 * Puts a chunk on one end and, where too much is loaded, drops the other end. While `held` (a drag in progress)
 * nothing is dropped: taking bars away on the right would make the drag jump.
 */
export function joinChunk(
  old: CandleColumns,
  view: LogicalSpan,
  chunk: { readonly bars: CandleColumns; readonly covered: TimeSpan },
  direction: 'earlier' | 'later',
  held: boolean,
): Joined {
  const merged = mergeBars(old, chunk.bars)
  const length = merged.ts.length
  const prepended = barAt(merged.ts, old.ts[0] ?? 0)
  const moved = { from: view.from + prepended, to: view.to + prepended }
  const kept = held ? { from: 0, to: length } : keepRows(length, moved, direction)
  const bars = sliceBars(merged, kept.from, kept.to)
  const { covered } = chunk
  const joined = { from: moved.from - kept.from, to: moved.to - kept.from }
  return {
    bars,
    covered: {
      from: kept.from > 0 ? (bars.ts[0] ?? covered.from) : covered.from,
      to: kept.to < length ? (bars.ts.at(-1) ?? covered.to) : covered.to,
    },
    view: joined,
    // Prepending alone leaves the view where it is; setting it then would disturb a drag.
    show: direction === 'earlier' && bars.ts.length === length ? null : joined,
  }
}

/**
 * Where to look after the same window was read again. Null when only its end grew: the chart then follows by
 * itself if its last bar is in view, and stays put if not.
 */
export function viewAfterReload(
  old: CandleColumns,
  now: CandleColumns,
  view: LogicalSpan,
): LogicalSpan | null {
  const onlyGrew = now.ts.length >= old.ts.length && commonRows(old, now) >= old.ts.length - 1
  if (onlyGrew) return null
  const anchor = old.ts[Math.max(0, Math.floor(view.from))] ?? old.ts[0] ?? 0
  const shift = barAt(now.ts, anchor) - barAt(old.ts, anchor)
  return { from: view.from + shift, to: view.to + shift }
}
