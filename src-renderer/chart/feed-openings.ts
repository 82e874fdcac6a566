import { barAt, nearestBar, type TimeSpan } from './bar-columns.ts'
import type { FeedBoard } from './feed-board.ts'
import { intersect, notTooNarrow, placesOf, RIGHT_ROOM, spanOf, stepOf, widen } from './feed-plan.ts'
import { fitting, lastBars, nearestTo } from './feed-questions.ts'

/** Loads the last bars of a series and shows them, with room to their right. */
export async function openAtEnd(board: FeedBoard, bounds: TimeSpan, current: () => boolean): Promise<void> {
  const wanted = Math.max(60, Math.round(board.width / 7))
  const found = await lastBars(board.asker(current), bounds, wanted, board.state.step)
  if (found === null) return
  if (found.answer.candles.ts.length === 0) return board.miss(found.window, null)
  board.replace(found.answer, found.window, wanted * stepOf(found.answer), ({ candles: { ts } }) => ({
    from: ts.length - wanted,
    to: ts.length - 1 + wanted * RIGHT_ROOM,
  }))
}

/** Loads a range of time and a margin on both sides, and shows the range; says so where it holds no bar. */
export async function openAt(
  board: FeedBoard,
  range: TimeSpan,
  bounds: TimeSpan,
  current: () => boolean,
  room = 0,
): Promise<void> {
  const ask = board.asker(current)
  const window = intersect(widen(range, Math.max(spanOf(range), 1_500 * board.state.step)), bounds)
  const answer = window === null ? null : await fitting(ask, window, range, board.width)
  if (!current()) return
  const ts = answer?.candles.ts ?? new Float64Array()
  if (answer === null || window === null || barAt(ts, range.to) === barAt(ts, range.from - 1)) {
    const known = ts[nearestBar(ts, (range.from + range.to) / 2)]
    const nearest = known ?? (await nearestTo(ask, range, bounds, board.state.step))
    if (current()) board.miss(range, nearest)
    return
  }
  board.replace(answer, window, spanOf(range), (now) => {
    const { from, to } = notTooNarrow(placesOf(now, range))
    return { from, to: to + room * (to - from) }
  })
}
