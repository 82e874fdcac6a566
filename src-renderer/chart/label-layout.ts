import type { Box, LaidOut } from './object-layout.ts'
import { nameOf } from './object-meaning.ts'

export const LABEL_HEIGHT = 16
const PAD = 4
const INSET = 6
/** Fewer pixels than this hold no readable text. */
const NARROWEST = 30

export interface PlacedLabel {
  readonly laid: LaidOut
  readonly text: string
  readonly box: Box
}

export interface LabelRoom {
  readonly width: number
  readonly height: number
  /** Taken already: the legend. */
  readonly reserved: readonly Box[]
  /** Width of a text, CSS pixels. */
  measure(text: string): number
  formatPrice(price: number): string
  /** Whether candles lie under a place, so that a label there would hide them. */
  hidesCandles(box: Box): boolean
}

/**
 * Labels for objects in the order of their importance: inside their band (or beside their line or point), never over
 * one another, never over what is reserved, never cut by the pane. One that finds no room is left out.
 */
export function placeLabels(objects: readonly LaidOut[], room: LabelRoom): readonly PlacedLabel[] {
  const taken: Box[] = [...room.reserved]
  const labels: PlacedLabel[] = []
  for (const laid of objects) {
    const label = placeLabel(laid, room, taken)
    if (label === null) continue
    labels.push(label)
    taken.push(label.box)
  }
  return labels
}

function placeLabel(laid: LaidOut, room: LabelRoom, taken: readonly Box[]): PlacedLabel | null {
  let second: PlacedLabel | null = null
  for (const text of textsOf(laid, room)) {
    const width = room.measure(text) + 2 * PAD
    for (const [x, y] of spots(laid, width, room.width)) {
      const box = { x, y, width, height: LABEL_HEIGHT }
      if (!fits(box, room) || taken.some((other) => overlap(box, other))) continue
      if (!room.hidesCandles(box)) return { laid, text, box }
      second ??= { laid, text, box }
    }
  }
  return second
}

/** From the fullest text to the shortest that says anything. */
function textsOf(laid: LaidOut, room: LabelRoom): readonly string[] {
  const { object, low, high } = laid.placed
  const name = nameOf(object)
  if (object.type === 'marker')
    return [elide(name, 160, room), elide(name, 60, room)].filter((text) => text !== '')
  const prices = low === high ? room.formatPrice(low) : `${room.formatPrice(low)} – ${room.formatPrice(high)}`
  const seen = visibleWidth(laid, room.width) - 2 * INSET - 2 * PAD
  const full = `${name}  ${prices}`
  const texts = room.measure(full) <= seen ? [full] : []
  return [...texts, elide(name, Math.max(0, seen), room)].filter((text) => text !== '')
}

/** Places to try for a label's left top corner, best first. */
function spots(laid: LaidOut, width: number, paneWidth: number): readonly (readonly [number, number])[] {
  const { box, placed } = laid
  const { type } = placed.object
  const [above, below] = [box.y - LABEL_HEIGHT - 2, box.y + box.height + 2]
  if (type === 'marker') {
    const x = Math.max(2, Math.min(box.x + box.width / 2 - width / 2, paneWidth - width - 2))
    return placed.side === 'supply'
      ? [
          [x, above],
          [x, below],
        ]
      : [
          [x, below],
          [x, above],
        ]
  }
  const left = Math.max(box.x, 0) + INSET
  const right = Math.min(box.x + box.width, paneWidth) - INSET - width
  const centre = (left + right) / 2
  const columns = type === 'level' ? [right, left, centre] : [left, right, centre]
  const rows =
    type === 'level' || box.height < LABEL_HEIGHT + 2
      ? [above, below]
      : [box.y + 2, box.y + (box.height - LABEL_HEIGHT) / 2, box.y + box.height - LABEL_HEIGHT - 2]
  return rows.flatMap((y) => columns.map((x) => [x, y] as const))
}

function visibleWidth({ box }: LaidOut, paneWidth: number): number {
  return Math.min(box.x + box.width, paneWidth) - Math.max(box.x, 0)
}

/** As much of a text as fits, with an ellipsis; nothing where hardly anything would be left. */
export function elide(text: string, width: number, room: Pick<LabelRoom, 'measure'>): string {
  if (room.measure(text) <= width) return text
  if (width < NARROWEST) return ''
  let [low, high] = [0, text.length]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (room.measure(`${text.slice(0, middle).trimEnd()}…`) <= width) low = middle
    else high = middle - 1
  }
  return low < 2 ? '' : `${text.slice(0, low).trimEnd()}…`
}

function fits(box: Box, room: LabelRoom): boolean {
  return box.x >= 0 && box.y >= 0 && box.x + box.width <= room.width && box.y + box.height <= room.height
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}
