import { sameBars, type TimeSpan } from './bar-columns.ts'
import { sameEmas } from './ema-columns.ts'
import { type FeedBoard, hull } from './feed-board.ts'
import { viewAfterReload } from './feed-merge.ts'
import { openAt, openAtEnd } from './feed-openings.ts'
import { CAP, placesOf } from './feed-plan.ts'
import { mergeObjects, mergeProblems } from './feed-state.ts'
import type { Flight } from './flight.ts'
import type { LiveEdge } from './live-edge.ts'
import { replaceWindow, viewAfterLive } from './live-rows.ts'

/** Asks again for all that is loaded. */
export async function reload(board: FeedBoard, flight: Flight, current: () => boolean): Promise<void> {
  const { bounds } = board
  const { covered, atEnd, barsPerCandle, bars: old, missing } = board.state
  if (bounds === null) return
  if (missing !== null && missing.wanted.to > 0) return openAt(board, missing.wanted, bounds, current)
  if (old.ts.length === 0) return openAtEnd(board, bounds, current)
  const window = atEnd ? { from: covered.from, to: Math.max(covered.to, bounds.to) } : covered
  const most = barsPerCandle > 1 ? old.ts.length + 50 : 2 * CAP
  const found = await board.asker(current)(window, most)
  await flight.unheld()
  if (found === null || !current()) return
  board.catchUp()
  if (found.barsPerCandle !== barsPerCandle || found.candles.ts.length === 0) {
    const seen = board.visible ?? window
    return board.replace(found, window, board.chosenSpan, (now) => placesOf(now, seen))
  }
  const answer = board.fresh(found)
  board.log.loaded(answer)
  const { candles: bars, emas = [], objects, problems } = answer
  const before = board.state
  const part = { objects, problems, bars, emas, covered: hull(window, bars.ts) }
  const isSame = sameBars(before.bars, bars) && sameEmas(before.emas, emas)
  const { view } = board
  const show = isSame || view === null ? null : viewAfterReload(before.bars, bars, view)
  board.emit(part, isSame ? 'same' : 'extended', show)
}

/**
 * Asks again for a part of what is loaded, of which increments said no more than that it changed.
 * @returns false when the answer came at another level of detail: then all has to be asked for
 */
export async function reread(
  board: FeedBoard,
  flight: Flight,
  live: LiveEdge,
  span: TimeSpan,
  current: () => boolean,
): Promise<boolean> {
  const window = live.windowOf(span)
  if (window === null) return true
  const { barsPerCandle } = board.state
  const found = await board.asker(current)(window, 2 * CAP, barsPerCandle)
  await flight.unheld()
  if (found === null || !current()) return true
  if (found.barsPerCandle !== barsPerCandle) {
    return false
  }
  const answer = board.fresh(found)
  board.catchUp()
  const { bars: old, emas: oldEmas, objects, problems } = board.state
  const { candles: bars, emas = [] } = answer
  const rows = replaceWindow(board.state, window, { bars, emas })
  const isSame = sameBars(old, rows.bars) && sameEmas(oldEmas, rows.emas)
  const show = isSame ? null : viewAfterLive(old.ts, rows.bars.ts, board.view, live.follows)
  const beside = {
    objects: mergeObjects(objects, answer.objects),
    problems: mergeProblems(problems, answer.problems),
  }
  board.emit({ ...rows, ...beside }, isSame ? 'same' : 'extended', show)
  return true
}
