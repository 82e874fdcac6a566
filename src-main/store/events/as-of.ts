import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { ObjectHistory, Problem, ViewportObject } from '../../../schemas/contract/viewport.ts'
import type { BarNumbers, WantedBar } from './bar-numbers.ts'
import { compareText } from './event-order.ts'
import { applyEvent, type ObjectState } from './fold.ts'
import { type BarOfNumber, livesWithin, touchesBand, viewportObject } from './object-view.ts'
import type { Timeline } from './timeline.ts'

/** Times ms UTC, bounds inclusive. */
export interface ObjectsRequest {
  readonly symbol: string
  readonly from: number
  readonly to: number
  readonly priceMin?: number | undefined
  readonly priceMax?: number | undefined
  /** Only what was known then: events with ts ≤ asOf (SPEC R5). */
  readonly asOf?: number | undefined
  readonly includeRemoved?: boolean | undefined
}

export interface ObjectsAnswer {
  /** By id. */
  readonly objects: readonly ViewportObject[]
  readonly problems: readonly Problem[]
}

/** The last known state of each object of a symbol that touches the window and the price band (SPEC R4, R5, O7, O8). */
export async function objectsAt(
  timeline: Timeline,
  barNumbers: BarNumbers,
  request: ObjectsRequest,
): Promise<ObjectsAnswer> {
  const set = await timeline.current()
  // States are immutable: what is taken here stays one moment's truth across the await below.
  const states = [...set.statesOf(request.symbol, request.asOf)]
  const problems = timeline.problems
  return { objects: visible(states, request, await barNumbers.find(unplaced(states))), problems }
}

/** What `objectsAt` answers, at once, when memory has it all and a look shows no change; null otherwise. */
export function objectsNow(timeline: Timeline, request: ObjectsRequest): ObjectsAnswer | null {
  const set = timeline.now()
  if (set === null) return null
  const states = [...set.statesOf(request.symbol, request.asOf)]
  const { problems } = timeline
  if (states.length === 0) return { objects: [], problems }
  return unplaced(states).length > 0 ? null : { objects: visible(states, request, () => null), problems }
}

/** Those of a symbol's objects that a window shows, by id. */
export function visible(
  states: readonly ObjectState[],
  { from, to, priceMin, priceMax, includeRemoved }: ObjectsRequest,
  barOfNumber: BarOfNumber,
): readonly ViewportObject[] {
  return states
    .filter(({ status }) => includeRemoved === true || status !== 'removed')
    .map((state) => viewportObject(state, barOfNumber))
    .filter((object) => livesWithin(object, from, to))
    .filter((object) => touchesBand(object, priceMin, priceMax))
    .sort((a, b) => compareText(a.id, b.id))
}

/**
 * An object's events in fold order, with its state after each.
 * @throws NOT_FOUND when no event names the object
 */
export async function objectHistory(
  timeline: Timeline,
  barNumbers: BarNumbers,
  objectId: string,
): Promise<ObjectHistory> {
  const events = [...(await timeline.current()).eventsOf(objectId)]
  if (events.length === 0) {
    throw new BarkeepError('NOT_FOUND', `No event names the object "${objectId}".`)
  }
  const states: ObjectState[] = []
  for (const event of events) states.push(applyEvent(states.at(-1) ?? null, event))
  const barOfNumber = await barNumbers.find(unplaced(states))
  return { id: objectId, events, states: states.map((state) => viewportObject(state, barOfNumber)) }
}

/** Bars that objects begin at and that only their number tells. */
export function unplaced(states: readonly ObjectState[]): WantedBar[] {
  return states.flatMap(({ symbol, left, left_ts }) =>
    left === null || left_ts !== null ? [] : [{ symbol, globalX: left }],
  )
}
