import type { PlacedObject } from './object-places.ts'

/** Where places and prices lie on the pane, CSS pixels. x is affine in the place. */
export interface Projection {
  readonly width: number
  readonly height: number
  x(place: number): number
  /** Null when the scale has no price yet. */
  y(price: number): number | null
}

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Segment {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
}

/** An object as it lies on the pane: `box` is what can be clicked and filled, clipped to the pane. */
export interface LaidOut {
  readonly placed: PlacedObject
  readonly box: Box
  /** Whether an edge of it is in sight, or the pane cuts it off there. */
  readonly openLeft: boolean
  readonly openRight: boolean
  readonly lines: readonly Segment[] | null
}

/** A zone of a single instant still has to be seen. */
const NARROWEST = 3
const MARKER = 10
/** Wide enough to hide the rounding of an edge beyond the pane. */
const BLEED = 2

/** What is in sight, in the order given; time is looked at first because most of what is out of sight is so by time. */
export function layOut(objects: readonly PlacedObject[], projection: Projection): readonly LaidOut[] {
  const laid: LaidOut[] = []
  for (const placed of objects) {
    const one = layOutOne(placed, projection)
    if (one !== null) laid.push(one)
  }
  return laid
}

function layOutOne(placed: PlacedObject, projection: Projection): LaidOut | null {
  const { width, height } = projection
  const lines = placed.lines?.map((line) => segment(line, projection)) ?? null
  // Of a flag that gives its shape, what is drawn are its lines, however long it stands.
  const ends = lines?.flatMap((line) => [line.x0, line.x1]) ?? []
  const x0 = ends.length > 0 ? Math.min(...ends) : leftOf(placed, projection)
  const x1 = ends.length > 0 ? Math.max(...ends) : rightOf(placed, projection)
  const { type } = placed.object
  const reach = type === 'marker' ? MARKER : 0
  if (x1 + reach < 0 || x0 - reach > width) return null
  const [yHigh, yLow] = [projection.y(placed.high), projection.y(placed.low)]
  if (yHigh === null || yLow === null) return null
  const ys = [yHigh, yLow, ...(lines ?? []).flatMap((line) => [line.y0, line.y1])]
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)]
  if (bottom + reach < 0 || top - reach > height) return null
  const flags = { openLeft: x0 < 0, openRight: x1 > width, lines }
  if (type === 'marker') {
    const box = { x: x0 - MARKER / 2, y: top - MARKER / 2, width: MARKER, height: MARKER }
    return { placed, box, ...flags }
  }
  const left = Math.max(-BLEED, x0)
  const right = Math.min(width + BLEED, Math.max(x1, left + NARROWEST))
  return { placed, box: { x: left, y: top, width: right - left, height: bottom - top }, ...flags }
}

function leftOf({ left }: PlacedObject, { x }: Projection): number {
  return left === Number.NEGATIVE_INFINITY ? -BLEED : x(left)
}

function rightOf({ right }: PlacedObject, { x, width }: Projection): number {
  return right === Number.POSITIVE_INFINITY ? width + BLEED : x(right)
}

function segment(line: NonNullable<PlacedObject['lines']>[number], projection: Projection): Segment {
  const [from, to] = line
  return {
    x0: projection.x(from.place),
    y0: projection.y(from.price) ?? 0,
    x1: projection.x(to.place),
    y1: projection.y(to.price) ?? 0,
  }
}

/** How near a pointer must come to a line, CSS pixels. */
const REACH = 5

/**
 * The object under the pointer. A point before a line before an area, and of areas the smallest: what is hardest to
 * hit wins, so that a zone within a zone stays reachable.
 */
export function pick(laid: readonly LaidOut[], x: number, y: number): LaidOut | null {
  let best: LaidOut | null = null
  let bestSize = Number.POSITIVE_INFINITY
  for (const one of laid) {
    const size = sizeUnder(one, x, y)
    if (size !== null && size <= bestSize) {
      best = one
      bestSize = size
    }
  }
  return best
}

/** Null when the pointer isn't on it; else how large a target it is. */
function sizeUnder({ placed, box, lines }: LaidOut, x: number, y: number): number | null {
  const { type } = placed.object
  const thin = type === 'level' || box.height < 2 * REACH
  const slack = type === 'marker' ? 3 : thin ? REACH : 1
  const over =
    x >= box.x - slack &&
    x <= box.x + box.width + slack &&
    y >= box.y - slack &&
    y <= box.y + box.height + slack
  if (!over) return null
  if (type === 'marker') return 0
  if (type === 'level') return 1
  if (lines?.some((line) => nearSegment(line, x, y))) return 1
  return 2 + box.width * box.height
}

function nearSegment({ x0, y0, x1, y1 }: Segment, x: number, y: number): boolean {
  const [dx, dy] = [x1 - x0, y1 - y0]
  const length = dx * dx + dy * dy
  const along = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / length))
  return Math.hypot(x - (x0 + along * dx), y - (y0 + along * dy)) <= REACH
}
