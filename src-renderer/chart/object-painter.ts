import { type ChartColours, withAlpha } from './chart-colours.ts'
import { LABEL_HEIGHT, type PlacedLabel } from './label-layout.ts'
import type { LaidOut, Segment } from './object-layout.ts'
import { isStanding, type Side } from './object-meaning.ts'

export const LABEL_FONT_PX = 11

/** The canvas in device pixels, and how many of them a CSS pixel has. */
export interface Surface {
  readonly context: CanvasRenderingContext2D
  readonly ratioX: number
  readonly ratioY: number
}

export interface Focus {
  readonly hovered: string | null
  readonly selected: string | null
}

/** How much an object stands out: by its own strength, more when pointed at, most when selected. */
interface Emphasis {
  readonly strength: number
  readonly hovered: boolean
  readonly selected: boolean
}

export function sideColour(side: Side, colours: ChartColours): string {
  if (side === 'neutral') return colours.muted
  return side === 'supply' ? colours.down : colours.up
}

/** Bands, lines and flags: what lies under the candles. Areas first, so that no area covers a line. */
export function paintShapes(
  surface: Surface,
  laid: readonly LaidOut[],
  colours: ChartColours,
  focus: Focus,
): void {
  const inFocus = (one: LaidOut) => [focus.hovered, focus.selected].includes(one.placed.object.id)
  const quiet = laid.filter((one) => !inFocus(one))
  for (const one of [...quiet.toReversed(), ...laid.filter(inFocus)]) {
    const { type } = one.placed.object
    if (type === 'zone' || type === 'flag') paintArea(surface, one, colours, emphasisOf(one, focus))
  }
  for (const one of laid) {
    if (one.placed.object.type === 'level') paintLevel(surface, one, colours, emphasisOf(one, focus))
  }
}

/** Markers: over the candles. */
export function paintMarkers(
  surface: Surface,
  laid: readonly LaidOut[],
  colours: ChartColours,
  focus: Focus,
): void {
  for (const one of laid) {
    if (one.placed.object.type === 'marker') paintMarker(surface, one, colours, emphasisOf(one, focus))
  }
}

export function paintLabels(
  surface: Surface,
  labels: readonly PlacedLabel[],
  colours: ChartColours,
  focus: Focus,
): void {
  const { context, ratioX, ratioY } = surface
  context.font = `500 ${LABEL_FONT_PX * ratioY}px ${colours.font}`
  context.textBaseline = 'middle'
  context.textAlign = 'left'
  for (const { laid, text, box } of labels) {
    const { strength, hovered, selected } = emphasisOf(laid, focus)
    const [x, y, width, height] = [box.x * ratioX, box.y * ratioY, box.width * ratioX, LABEL_HEIGHT * ratioY]
    context.globalAlpha = 1
    context.fillStyle = withAlpha(colours.background, hovered || selected ? 0.94 : 0.72)
    context.beginPath()
    context.roundRect(x, y, width, height, 3 * ratioX)
    context.fill()
    context.globalAlpha = strength < 0.5 && !hovered && !selected ? 0.75 : 1
    context.fillStyle = selected ? colours.accent : strength < 0.5 && !hovered ? colours.muted : colours.text
    context.fillText(text, x + 4 * ratioX, y + height / 2 + 0.5 * ratioY)
  }
  context.globalAlpha = 1
}

function emphasisOf(one: LaidOut, focus: Focus): Emphasis {
  const { id } = one.placed.object
  return { strength: one.placed.strength, hovered: focus.hovered === id, selected: focus.selected === id }
}

function paintArea(surface: Surface, one: LaidOut, colours: ChartColours, emphasis: Emphasis): void {
  const { context, ratioX, ratioY } = surface
  const colour = sideColour(one.placed.side, colours)
  const { strength, hovered, selected } = emphasis
  const fill = (0.15 + (hovered ? 0.08 : 0) + (selected ? 0.1 : 0)) * strength
  if (one.lines !== null) {
    paintFlag(surface, one.lines, colour, selected ? colours.accent : colour, fill, emphasis)
    return
  }
  const x = Math.round(one.box.x * ratioX)
  const y = Math.round(one.box.y * ratioY)
  const width = Math.max(1, Math.round((one.box.x + one.box.width) * ratioX) - x)
  const height = Math.max(1, Math.round((one.box.y + one.box.height) * ratioY) - y)
  context.fillStyle = withAlpha(colour, fill)
  context.fillRect(x, y, width, height)
  const edge = Math.max(1, Math.round(ratioX))
  context.fillStyle = withAlpha(
    selected ? colours.accent : colour,
    selected || hovered ? 1 : 0.3 + 0.4 * strength,
  )
  const spent = !isStanding(one.placed.object)
  for (const line of [y, y + height - edge]) {
    // A spent band has a broken edge, so that it doesn't take a sense of shades to tell.
    if (spent)
      for (let dash = x; dash < x + width; dash += 7 * edge)
        context.fillRect(dash, line, Math.min(4 * edge, x + width - dash), edge)
    else context.fillRect(x, line, width, edge)
  }
  if (!one.openLeft) context.fillRect(x, y, 2 * edge, height)
  if (!one.openRight) context.fillRect(x + width - edge, y, edge, height)
}

function paintFlag(
  surface: Surface,
  lines: readonly Segment[],
  colour: string,
  edge: string,
  fill: number,
  { strength, hovered, selected }: Emphasis,
): void {
  const { context, ratioX, ratioY } = surface
  const [upper, lower, pole] = lines
  if (upper === undefined || lower === undefined) return
  context.fillStyle = withAlpha(colour, fill)
  context.beginPath()
  context.moveTo(upper.x0 * ratioX, upper.y0 * ratioY)
  context.lineTo(upper.x1 * ratioX, upper.y1 * ratioY)
  context.lineTo(lower.x1 * ratioX, lower.y1 * ratioY)
  context.lineTo(lower.x0 * ratioX, lower.y0 * ratioY)
  context.closePath()
  context.fill()
  context.strokeStyle = withAlpha(edge, hovered || selected ? 1 : 0.4 + 0.5 * strength)
  context.lineCap = 'round'
  for (const line of lines) {
    context.lineWidth = (line === pole ? 2.5 : 1.5) * ratioX
    context.beginPath()
    context.moveTo(line.x0 * ratioX, line.y0 * ratioY)
    context.lineTo(line.x1 * ratioX, line.y1 * ratioY)
    context.stroke()
  }
}

function paintLevel(surface: Surface, one: LaidOut, colours: ChartColours, emphasis: Emphasis): void {
  const { context, ratioX, ratioY } = surface
  const { strength, hovered, selected } = emphasis
  const colour = selected ? colours.accent : sideColour(one.placed.side, colours)
  const thickness = Math.max(1, Math.round(ratioY * (hovered || selected ? 2 : 1)))
  const y = Math.round((one.box.y + one.box.height / 2) * ratioY)
  context.strokeStyle = withAlpha(colour, hovered || selected ? 1 : 0.45 + 0.5 * strength)
  context.lineWidth = thickness
  context.setLineDash(isStanding(one.placed.object) ? [] : [4 * ratioX, 4 * ratioX])
  context.beginPath()
  context.moveTo(one.box.x * ratioX, y + (thickness % 2) / 2)
  context.lineTo((one.box.x + one.box.width) * ratioX, y + (thickness % 2) / 2)
  context.stroke()
  context.setLineDash([])
}

function paintMarker(surface: Surface, one: LaidOut, colours: ChartColours, emphasis: Emphasis): void {
  const { context, ratioX, ratioY } = surface
  const { box, placed } = one
  const [x, y] = [(box.x + box.width / 2) * ratioX, (box.y + box.height / 2) * ratioY]
  const radius = (box.width / 2) * ratioX * (emphasis.hovered || emphasis.selected ? 1.25 : 1)
  context.beginPath()
  if (placed.side === 'neutral') context.arc(x, y, radius * 0.8, 0, 2 * Math.PI)
  else {
    const tip = placed.side === 'demand' ? -radius : radius
    context.moveTo(x, y + tip)
    context.lineTo(x + radius, y - tip * 0.8)
    context.lineTo(x - radius, y - tip * 0.8)
    context.closePath()
  }
  context.globalAlpha = Math.max(0.5, emphasis.strength)
  context.fillStyle = sideColour(placed.side, colours)
  context.fill()
  context.globalAlpha = 1
  // An outline in the background's colour keeps it apart from a candle of its own colour.
  context.lineWidth = 1.5 * ratioX
  context.strokeStyle = emphasis.selected ? colours.accent : colours.background
  context.stroke()
}
