import type { LiveBars, LiveUpdate } from '../../schemas/contract/live.ts'
import type { CandleColumns, Viewport, ViewportObject } from '../../schemas/contract/viewport.ts'
import type { FollowRequest, ViewportRequest } from '../../schemas/generated/requests.ts'

/** A bar with its averages, as text of its values: what must be equal to the last bit. */
type ShownBars = Map<number, string>

/** What a window shows, after an answer and the updates that were laid over it. */
export interface Shown {
  readonly bars: ShownBars
  readonly objects: Map<string, ViewportObject>
  /** A part of it has to be asked for again. */
  readonly isStale: boolean
}

/**
 * What a window that follows a series must do with an answer and the updates that came, before and after it and in whatever
 * delay, to show what is there (SPEC F10).
 */
export function laidOver(
  request: ViewportRequest,
  answer: Viewport,
  followed: FollowRequest,
  updates: readonly LiveUpdate[],
): Shown {
  const shown = shownOf(answer)
  let isStale = false
  for (const { revision, bars, objects } of updates) {
    if (revision <= (answer.revision ?? Number.POSITIVE_INFINITY)) continue
    if (bars !== undefined && isOf(bars, followed)) isStale = layBars(shown.bars, request, bars) || isStale
    if (objects === undefined || objects.symbol !== followed.symbol) continue
    for (const id of objects.gone) shown.objects.delete(id)
    for (const object of objects.changed) shown.objects.set(object.id, object)
  }
  return { ...shown, isStale }
}

export function shownOf({ candles, emas, objects }: Viewport): Omit<Shown, 'isStale'> {
  const bars: ShownBars = new Map()
  for (const [index, ts] of candles.ts.entries()) bars.set(ts, barText(candles, emas ?? [], index))
  return { bars, objects: new Map(objects.map((object) => [object.id, object])) }
}

function isOf(bars: LiveBars, { symbol, timeframe, barsPerCandle = 1 }: FollowRequest): boolean {
  return bars.symbol === symbol && bars.timeframe === timeframe && bars.barsPerCandle === barsPerCandle
}

/** @returns whether a part of the window is to be asked for again */
function layBars(shown: ShownBars, { from, to }: ViewportRequest, bars: LiveBars): boolean {
  for (const open of bars.gone) shown.delete(open)
  for (const [index, ts] of bars.candles.ts.entries())
    if (ts >= from && ts <= to) shown.set(ts, barText(bars.candles, bars.emas, index))
  return bars.stale !== null && bars.stale.from <= to && bars.stale.to >= from
}

function barText(
  { open, high, low, close, volume }: CandleColumns,
  emas: NonNullable<Viewport['emas']>,
  index: number,
): string {
  const values = [open, high, low, close, volume].map((column) => column[index])
  return [...values, ...emas.map(({ period, values: each }) => `${period}: ${each[index]}`)].join(' ')
}
