import type { CanvasRenderingTarget2D } from 'fancy-canvas'
import type {
  IPrimitivePaneView,
  ISeriesPrimitive,
  Logical,
  PrimitiveHoveredItem,
  SeriesAttachedParameter,
  Time,
} from 'lightweight-charts'
import type { DecisionMarker } from '../../schemas/contract/ledger.ts'
import type { DecisionRef } from '../state/ledger-links.ts'
import { type ChartColours, withAlpha } from './chart-colours.ts'
import type { PlacedDecision } from './decision-places.ts'
import { isSameDecision } from './decision-store.ts'
import { formatChange } from './price-format.ts'

const FAR = 1_000
/** From the bar's end to the middle of the first mark, from one to the next, and half a mark, CSS pixels. */
const AWAY = 11
const STACKED = 11
const HALF = 4.5
/** How near a pointer must come. */
const REACH = 8
/** More in sight than this and only the one that is meant is named. */
const MOST_NAMED = 24
const FONT_PX = 11
const LABEL_PX = 16

interface Drawn {
  readonly placed: PlacedDecision
  readonly x: number
  readonly y: number
}

/**
 * Draws decisions as marks at their bars: below it for a long one, above it for a short or any other. Filled: a hit;
 * hollow: a miss; faint: open. Only those in sight are drawn, and of those that would fall on one spot one.
 */
export class DecisionsPrimitive implements ISeriesPrimitive<Time> {
  #attached: SeriesAttachedParameter<Time> | null = null
  #placed: readonly PlacedDecision[] = []
  #drawn: readonly Drawn[] = []
  #colours: ChartColours
  #selected: DecisionRef | null = null
  #hovered: DecisionMarker | null = null
  readonly #views: readonly IPrimitivePaneView[] = [
    { zOrder: () => 'top', renderer: () => ({ draw: (target) => this.#paint(target) }) },
  ]

  constructor(colours: ChartColours) {
    this.#colours = colours
  }

  attached(parameter: SeriesAttachedParameter<Time>): void {
    this.#attached = parameter
  }

  detached(): void {
    this.#attached = null
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.#views
  }

  hitTest(x: number, y: number): PrimitiveHoveredItem | null {
    const hit = this.pickAt(x, y)
    return hit === null ? null : { externalId: hit.decisionId, zOrder: 'top', cursorStyle: 'pointer' }
  }

  /** By place. */
  set placed(placed: readonly PlacedDecision[]) {
    this.#placed = placed
    this.#redraw()
  }

  set colours(colours: ChartColours) {
    this.#colours = colours
    this.#redraw()
  }

  set selected(selected: DecisionRef | null) {
    this.#selected = selected
    this.#redraw()
  }

  set hovered(hovered: DecisionMarker | null) {
    if (hovered === this.#hovered) return
    this.#hovered = hovered
    this.#redraw()
  }

  /** The decision whose mark is nearest to a point of the pane, CSS pixels; null when none is near. */
  pickAt(x: number, y: number): DecisionMarker | null {
    let best: DecisionMarker | null = null
    let nearest = REACH
    for (const { placed, x: at, y: high } of this.#drawn) {
      const distance = Math.hypot(at - x, high - y)
      if (distance < nearest) [best, nearest] = [placed.marker, distance]
    }
    return best
  }

  /** How many marks the last frame had. */
  get inSight(): number {
    return this.#drawn.length
  }

  #redraw(): void {
    this.#attached?.requestUpdate()
  }

  #paint(target: CanvasRenderingTarget2D): void {
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      this.#drawn = this.#inSight(mediaSize)
      for (const one of this.#drawn) this.#paintMark(context, one, mediaSize.height)
      this.#paintLabels(context, mediaSize)
    })
  }

  #inSight({ width, height }: { readonly width: number; readonly height: number }): readonly Drawn[] {
    const scale = this.#attached?.chart.timeScale()
    const [origin, far] = [
      scale?.logicalToCoordinate(0 as Logical) ?? null,
      scale?.logicalToCoordinate(FAR as Logical) ?? null,
    ]
    if (origin === null || far === null) return []
    const spacing = (far - origin) / FAR
    const first = firstFrom(this.#placed, (-HALF - origin) / spacing)
    const drawn: Drawn[] = []
    const spots = new Set<string>()
    for (let at = first; at < this.#placed.length; at++) {
      const placed = this.#placed[at] as PlacedDecision
      const x = origin + 0.5 + placed.place * spacing
      if (x > width + HALF) break
      const edge = this.#attached?.series.priceToCoordinate(placed.price) ?? null
      if (edge === null) continue
      const away = AWAY + placed.stack * STACKED
      const y = placed.side === 'demand' ? edge + away : edge - away
      // One that would lie off the pane stands at its edge: a decision is never out of sight by its price.
      const inside = Math.max(HALF + 1, Math.min(height - HALF - 1, y))
      const isMeant = isSameDecision(this.#selected, placed.marker) || placed.marker === this.#hovered
      const spot = `${Math.round(x / 2)} ${Math.round(inside / 4)}`
      if (spots.has(spot) && !isMeant) continue
      spots.add(spot)
      drawn.push({ placed, x, y: inside })
    }
    return drawn
  }

  #paintMark(context: CanvasRenderingContext2D, { placed, x, y }: Drawn, height: number): void {
    const { marker, side } = placed
    const isSelected = isSameDecision(this.#selected, marker)
    const half = isSelected || marker === this.#hovered ? HALF * 1.3 : HALF
    const colour =
      side === 'neutral' ? this.#colours.text : side === 'demand' ? this.#colours.up : this.#colours.down
    if (isSelected) {
      context.strokeStyle = withAlpha(this.#colours.accent, 0.7)
      context.lineWidth = 1
      context.setLineDash([3, 3])
      context.beginPath()
      context.moveTo(x, 0)
      context.lineTo(x, height)
      context.stroke()
      context.setLineDash([])
    }
    context.beginPath()
    context.moveTo(x, y - half)
    context.lineTo(x + half, y)
    context.lineTo(x, y + half)
    context.lineTo(x - half, y)
    context.closePath()
    // First the ground, so that a candle doesn't shine through.
    context.fillStyle = this.#colours.background
    context.fill()
    if (marker.hit !== false) {
      context.fillStyle = marker.hit === null ? withAlpha(colour, 0.45) : colour
      context.fill()
    }
    context.lineWidth = isSelected ? 2 : 1.5
    context.strokeStyle = isSelected ? this.#colours.accent : colour
    context.stroke()
  }

  /** The one that is selected or pointed at, and where there are few all; never one over another. */
  #paintLabels(
    context: CanvasRenderingContext2D,
    { width, height }: { readonly width: number; readonly height: number },
  ): void {
    const rank = ({ placed: { marker } }: Drawn): number =>
      marker === this.#hovered ? 0 : isSameDecision(this.#selected, marker) ? 1 : 2
    const all = this.#drawn.length <= MOST_NAMED
    const named = this.#drawn.filter((one) => all || rank(one) < 2).toSorted((a, b) => rank(a) - rank(b))
    context.font = `500 ${FONT_PX}px ${this.#colours.font}`
    context.textAlign = 'left'
    context.textBaseline = 'middle'
    const taken: { x: number; y: number; width: number }[] = []
    for (const one of named) {
      const { marker, side } = one.placed
      const isMeant = rank(one) < 2
      const text = isMeant ? labelOf(marker) : marker.action
      const wide = context.measureText(text).width + 8
      const x = Math.max(2, Math.min(one.x - wide / 2, width - wide - 2))
      const beyond = HALF + 3
      const wanted = side === 'demand' ? one.y + beyond : one.y - beyond - LABEL_PX
      const y = Math.max(2, Math.min(height - LABEL_PX - 2, wanted))
      const free = taken.every(
        (box) => x >= box.x + box.width || x + wide <= box.x || Math.abs(y - box.y) >= LABEL_PX,
      )
      if (!free) continue
      taken.push({ x, y, width: wide })
      context.fillStyle = withAlpha(this.#colours.background, isMeant ? 0.94 : 0.72)
      context.beginPath()
      context.roundRect(x, y, wide, LABEL_PX, 3)
      context.fill()
      context.fillStyle = isSameDecision(this.#selected, marker) ? this.#colours.accent : this.#colours.text
      context.fillText(text, x + 4, y + LABEL_PX / 2 + 0.5)
    }
  }
}

/** `LONG 0.48, hit +1.20` */
function labelOf({ action, score, hit, pnl }: DecisionMarker): string {
  const scored = score === null ? '' : ` ${Number(score.toPrecision(3))}`
  const ended = hit === null ? ', open' : hit ? ', hit' : ', miss'
  return `${action}${scored}${ended}${pnl === null ? '' : ` ${formatChange(pnl, 2)}`}`
}

/** Index of the first at or after a place. */
function firstFrom(placed: readonly PlacedDecision[], place: number): number {
  let [low, high] = [0, placed.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((placed[middle]?.place ?? 0) < place) low = middle + 1
    else high = middle
  }
  return low
}
