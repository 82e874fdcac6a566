import type { ViewportObject } from '../../schemas/contract/viewport.ts'
import type { ObjectEventRow, ObjectSnapshotRow } from '../../schemas/generated/rows.ts'
import type { ObjectsRequest } from '../../src-main/store/events/as-of.ts'

/**
 * Objects by the words of SPEC O1–O10 and R4, R5 alone: each column of each answer is looked up in the whole log anew.
 * Slow, and nothing shared with the engine's fold.
 */

type Carried = Exclude<keyof ObjectSnapshotRow & keyof ObjectEventRow, 'status'>

/** O1, with text compared as UTF-8 bytes. */
function ordered(events: readonly ObjectEventRow[]): ObjectEventRow[] {
  const step = (event: ObjectEventRow): number => event.step ?? Number.NEGATIVE_INFINITY
  return [...events].sort((a, b) => {
    if (a.ts !== b.ts) return a.ts < b.ts ? -1 : 1
    if (step(a) !== step(b)) return step(a) < step(b) ? -1 : 1
    return Buffer.compare(Buffer.from(a.event_id), Buffer.from(b.event_id))
  })
}

/** The events of an object since it last began (O2, O5), in order. */
function life(inOrder: readonly ObjectEventRow[], id: string): readonly ObjectEventRow[] {
  const events = inOrder.filter(({ object_id }) => object_id === id)
  const begins = events.map((event, index) => {
    if (index === 0) return true
    if (event.action !== 'create') return false
    // Begun anew when a close lies between the last create before it (or the first event) and it.
    const before = events.slice(0, index)
    const lastClose = before.findLastIndex(({ action }) => action === 'close')
    const lastCreate = before.findLastIndex(({ action }) => action === 'create')
    return lastClose >= 0 && lastClose > lastCreate
  })
  return events.slice(Math.max(0, begins.lastIndexOf(true)))
}

function lastGiven<C extends Carried>(events: readonly ObjectEventRow[], column: C): ObjectEventRow[C] {
  return (events.findLast((event) => event[column] !== null)?.[column] ?? null) as ObjectEventRow[C]
}

function statusOf(events: readonly ObjectEventRow[]): string {
  const telling = events.findLast(({ status, action }) => status !== null || action === 'close')
  if (telling === undefined) return 'active'
  return telling.status ?? 'removed'
}

export interface ModelObject extends ObjectSnapshotRow {
  readonly closed_ts: number | null
}

/** Every object's state at an instant, by id. */
export function modelStates(
  log: readonly ObjectEventRow[],
  asOf = Number.POSITIVE_INFINITY,
): readonly ModelObject[] {
  const inOrder = ordered(log.filter(({ ts }) => ts <= asOf))
  const ids = [...new Set(inOrder.map(({ object_id }) => object_id))]
  ids.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return ids.map((id) => {
    const events = life(inOrder, id)
    const [first] = events
    const last = events.at(-1)
    if (first === undefined || last === undefined) throw new Error('an object without events')
    return {
      id,
      type: last.type,
      left: lastGiven(events, 'left'),
      left_ts: lastGiven(events, 'left_ts'),
      right_ts: lastGiven(events, 'right_ts'),
      y: lastGiven(events, 'y'),
      top: lastGiven(events, 'top'),
      bottom: lastGiven(events, 'bottom'),
      status: statusOf(events),
      symbol: last.symbol,
      timeframe: last.timeframe,
      created_ts: first.ts,
      updated_ts: last.ts,
      created_step: first.step,
      updated_step: last.step,
      label: lastGiven(events, 'label'),
      payload: lastGiven(events, 'payload'),
      closed_ts: events.findLast(({ action }) => action === 'close')?.ts ?? null,
    }
  })
}

type BarOfNumber = (symbol: string, globalX: number) => number | null

/** O7: what the chart is told of a state. */
export function modelView(object: ModelObject, barOfNumber: BarOfNumber): ViewportObject {
  const { created_step: _created, updated_step: _updated, ...told } = object
  let left_ts = object.left_ts
  if (left_ts === null && object.left !== null) left_ts = barOfNumber(object.symbol, object.left)
  const start_ts = left_ts === null ? object.created_ts : left_ts
  let end_ts = object.closed_ts
  if (object.right_ts !== null) end_ts = object.right_ts
  if (object.type === 'marker') end_ts = start_ts
  return { ...told, left_ts, start_ts, end_ts, payload: object.payload as ViewportObject['payload'] }
}

/** Whether a window shows an object (R4, O8). */
export function modelShows(object: ViewportObject, request: ObjectsRequest): boolean {
  if (object.symbol !== request.symbol) return false
  if (object.status === 'removed' && request.includeRemoved !== true) return false
  const end = object.end_ts === null ? Number.POSITIVE_INFINITY : object.end_ts
  if (end < request.from || object.start_ts > request.to) return false
  const isLine = object.type === 'level' || object.type === 'marker'
  const prices = (isLine ? [object.y] : [object.top, object.bottom]).filter((price) => price !== null)
  prices.sort((a, b) => a - b)
  const [low] = prices
  const high = prices.at(-1)
  if (low === undefined || high === undefined) return true
  if (request.priceMin !== undefined && high < request.priceMin) return false
  return request.priceMax === undefined || low <= request.priceMax
}
