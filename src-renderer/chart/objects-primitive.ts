import type { CanvasRenderingTarget2D } from 'fancy-canvas'
import type {
  IPrimitivePaneView,
  ISeriesPrimitive,
  Logical,
  PrimitiveHoveredItem,
  SeriesAttachedParameter,
  Time,
} from 'lightweight-charts'
import type { CandleColumns } from '../../schemas/contract/viewport.ts'
import { emptyBars } from './bar-columns.ts'
import type { ChartColours } from './chart-colours.ts'
import { placeLabels } from './label-layout.ts'
import { type Box, type LaidOut, layOut, type Projection, pick } from './object-layout.ts'
import {
  type Focus,
  LABEL_FONT_PX,
  paintLabels,
  paintMarkers,
  paintShapes,
  type Surface,
} from './object-painter.ts'
import type { PlacedObject } from './object-places.ts'

/** Two places far enough apart that rounding doesn't tell in the affine map through them. */
const FAR = 1_000

/**
 * Draws all objects of the chart. One primitive for all of them: a primitive each made 700 zones drop frames (p95
 * 50 ms against 17). It only draws; what to draw is worked out when bars or objects change (`placeObjects`).
 */
export class ObjectsPrimitive implements ISeriesPrimitive<Time> {
  #attached: SeriesAttachedParameter<Time> | null = null
  #placed: readonly PlacedObject[] = []
  #bars: CandleColumns = emptyBars()
  #projected: Projection | null = null
  #laid: readonly LaidOut[] = []
  #colours: ChartColours
  #focus: Focus = { hovered: null, selected: null }
  #reserved: readonly Box[] = []
  #formatPrice: (price: number) => string = String
  readonly #widths = new Map<string, number>()
  readonly #measuring: CanvasRenderingContext2D | null
  /** The same array always: the library caches by it. */
  readonly #views: readonly IPrimitivePaneView[]

  constructor(colours: ChartColours) {
    this.#colours = colours
    this.#measuring = document.createElement('canvas').getContext('2d')
    this.#views = [
      {
        zOrder: () => 'normal',
        renderer: () => ({
          drawBackground: (target) => this.#paintUnder(target),
          draw: (target) => this.#paintOver(target),
        }),
      },
    ]
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
    return hit === null ? null : { externalId: hit, zOrder: 'normal', cursorStyle: 'pointer' }
  }

  /** In the order of their importance: the first get their labels first. */
  set objects(placed: readonly PlacedObject[]) {
    this.#placed = placed
    this.#redraw()
  }

  /** The candles that labels should not hide. */
  set bars(bars: CandleColumns) {
    this.#bars = bars
  }

  set colours(colours: ChartColours) {
    if (colours.font !== this.#colours.font) this.forgetWidths()
    this.#colours = colours
    this.#redraw()
  }

  set focus(focus: Focus) {
    if (focus.hovered === this.#focus.hovered && focus.selected === this.#focus.selected) return
    this.#focus = focus
    this.#redraw()
  }

  /** Parts of the pane that lie under something else, CSS pixels: labels keep out of them. */
  set reserved(boxes: readonly Box[]) {
    this.#reserved = boxes
    this.#redraw()
  }

  set priceFormat(format: (price: number) => string) {
    this.#formatPrice = format
    this.#redraw()
  }

  /** Texts measured before the font had loaded are of no use afterwards. */
  forgetWidths(): void {
    this.#widths.clear()
    this.#redraw()
  }

  /** The id of the object at a point of the pane, CSS pixels. Over a candle the library would report the series. */
  pickAt(x: number, y: number): string | null {
    return pick(this.#laid, x, y)?.placed.object.id ?? null
  }

  /** How many objects the last frame had in sight. */
  get inSight(): number {
    return this.#laid.length
  }

  #redraw(): void {
    this.#attached?.requestUpdate()
  }

  #paintUnder(target: CanvasRenderingTarget2D): void {
    target.useBitmapCoordinateSpace((scope) => {
      this.#projected = this.#projection(scope.mediaSize.width, scope.mediaSize.height)
      this.#laid = this.#projected === null ? [] : layOut(this.#placed, this.#projected)
      paintShapes(surfaceOf(scope), this.#laid, this.#colours, this.#focus)
    })
  }

  #paintOver(target: CanvasRenderingTarget2D): void {
    target.useBitmapCoordinateSpace((scope) => {
      const surface = surfaceOf(scope)
      paintMarkers(surface, this.#laid, this.#colours, this.#focus)
      const labels = placeLabels(this.#inOrderOfLabels(), {
        width: scope.mediaSize.width,
        height: scope.mediaSize.height,
        reserved: this.#reserved,
        measure: (text) => this.#measure(text),
        formatPrice: this.#formatPrice,
        hidesCandles: (box) => this.#hidesCandles(box),
      })
      paintLabels(surface, labels, this.#colours, this.#focus)
    })
  }

  #hidesCandles(box: Box): boolean {
    const projection = this.#projected
    if (projection === null) return false
    const spacing = projection.x(1) - projection.x(0)
    const first = Math.max(0, Math.ceil((box.x - projection.x(0)) / spacing - 0.5))
    const last = Math.min(
      this.#bars.ts.length - 1,
      Math.floor((box.x + box.width - projection.x(0)) / spacing + 0.5),
    )
    if (first > last) return false
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let bar = first; bar <= last; bar++) {
      low = Math.min(low, this.#bars.low[bar] ?? low)
      high = Math.max(high, this.#bars.high[bar] ?? high)
    }
    const [top, bottom] = [projection.y(high), projection.y(low)]
    return top !== null && bottom !== null && top < box.y + box.height && bottom > box.y
  }

  #inOrderOfLabels(): readonly LaidOut[] {
    const rank = ({ placed: { object } }: LaidOut): number =>
      object.id === this.#focus.selected ? 0 : object.id === this.#focus.hovered ? 1 : 2
    return this.#laid.toSorted((a, b) => rank(a) - rank(b))
  }

  #projection(width: number, height: number): Projection | null {
    if (this.#attached === null) return null
    const { chart, series } = this.#attached
    const scale = chart.timeScale()
    const [origin, far] = [scale.logicalToCoordinate(0 as Logical), scale.logicalToCoordinate(FAR as Logical)]
    if (origin === null || far === null) return null
    const spacing = (far - origin) / FAR
    return {
      width,
      height,
      // The library puts the middle of a bar half a pixel to the left of its place.
      x: (place) => origin + 0.5 + place * spacing,
      y: (price) => series.priceToCoordinate(price),
    }
  }

  #measure(text: string): number {
    const known = this.#widths.get(text)
    if (known !== undefined) return known
    if (this.#measuring === null) return text.length * LABEL_FONT_PX * 0.6
    this.#measuring.font = `500 ${LABEL_FONT_PX}px ${this.#colours.font}`
    const width = Math.ceil(this.#measuring.measureText(text).width)
    if (this.#widths.size > 5_000) this.#widths.clear()
    this.#widths.set(text, width)
    return width
  }
}

function surfaceOf(scope: {
  readonly context: CanvasRenderingContext2D
  readonly horizontalPixelRatio: number
  readonly verticalPixelRatio: number
}): Surface {
  return { context: scope.context, ratioX: scope.horizontalPixelRatio, ratioY: scope.verticalPixelRatio }
}
