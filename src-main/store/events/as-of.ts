import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { ObjectHistory, Problem, ViewportObject } from '../../../schemas/contract/viewport.ts'
import type { BarNumbers } from './bar-numbers.ts'
import { compareText } from './event-order.ts'
import { applyEvent, type ObjectState } from './fold.ts'
import { livesWithin, touchesBand, viewportObject } from './object-view.ts'
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
  const { symbol, from, to, priceMin, priceMax, asOf, includeRemoved } = request
  const set = await timeline.current()
  // States are immutable: what is taken here stays one moment's truth across the awaits below.
  const states = [...set.statesOf(symbol, asOf)].filter(
    ({ status }) => includeRemoved === true || status !== 'removed',
  )
  const problems = timeline.problems
  const views = await viewed(barNumbers, states)
  const objects = views.filter(
    (object) =>
      livesWithin(object, from, to) &&
      touchesBand(object, priceMin ?? Number.NEGATIVE_INFINITY, priceMax ?? Number.POSITIVE_INFINITY),
  )
  return { objects: objects.sort((a, b) => compareText(a.id, b.id)), problems }
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
  return { id: objectId, events, states: await viewed(barNumbers, states) }
}

async function viewed(barNumbers: BarNumbers, states: readonly ObjectState[]): Promise<ViewportObject[]> {
  const wanted = states.flatMap(({ symbol, left, left_ts }) =>
    left === null || left_ts !== null ? [] : [{ symbol, globalX: left }],
  )
  const barOfNumber = await barNumbers.find(wanted)
  return states.map((state) => viewportObject(state, barOfNumber))
}
