import type { CanvasRenderingTarget2D } from 'fancy-canvas'
import type {
  IPrimitivePaneView,
  ISeriesPrimitive,
  Logical,
  SeriesAttachedParameter,
  Time,
} from 'lightweight-charts'
import { type ChartColours, withAlpha } from './chart-colours.ts'
import type { Measured } from './measure.ts'

const FONT_PX = 12
const LINE_PX = 17
const PAD = 8

/** A box that one drags open over the chart, with the change of price and time it spans. */
export class MeasureTool implements ISeriesPrimitive<Time> {
  #attached: SeriesAttachedParameter<Time> | null = null
  #measured: Measured | null = null
  #colours: ChartColours
  /** What to write into the box. */
  readonly #texts: (measured: Measured) => readonly string[]
  readonly #views: readonly IPrimitivePaneView[] = [
    { zOrder: () => 'top', renderer: () => ({ draw: (target) => this.#paint(target) }) },
  ]

  constructor(colours: ChartColours, texts: (measured: Measured) => readonly string[]) {
    this.#colours = colours
    this.#texts = texts
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

  set colours(colours: ChartColours) {
    this.#colours = colours
  }

  clear(): void {
    this.#show(null)
  }

  /** Lets a press open a box at that point, and moves draw it, until released. Ends with the returned function. */
  listen(element: HTMLElement): () => void {
    const listening = new AbortController()
    const { signal } = listening
    let start: Measured['from'] | null = null
    element.addEventListener(
      'pointerdown',
      (event) => {
        start = event.button === 0 ? this.#pointAt(element, event) : null
        this.#show(start && { from: start, to: start })
      },
      { signal },
    )
    window.addEventListener(
      'pointermove',
      (event) => {
        const to = start && this.#pointAt(element, event)
        if (start && to) this.#show({ from: start, to })
      },
      { signal },
    )
    window.addEventListener(
      'pointerup',
      () => {
        start = null
      },
      { signal },
    )
    return () => listening.abort()
  }

  #show(measured: Measured | null): void {
    this.#measured = measured
    this.#attached?.requestUpdate()
  }

  #pointAt(element: HTMLElement, event: PointerEvent): Measured['from'] | null {
    const axis = this.#axis()
    if (this.#attached === null || axis === null) return null
    const { left, top } = element.getBoundingClientRect()
    const price = this.#attached.series.coordinateToPrice(event.clientY - top)
    return price === null
      ? null
      : { place: Math.round((event.clientX - left - axis.origin) / axis.spacing), price }
  }

  #axis(): { readonly origin: number; readonly spacing: number } | null {
    const scale = this.#attached?.chart.timeScale()
    const origin = scale?.logicalToCoordinate(0 as Logical) ?? null
    const far = scale?.logicalToCoordinate(1_000 as Logical) ?? null
    return origin === null || far === null ? null : { origin, spacing: (far - origin) / 1_000 }
  }

  #paint(target: CanvasRenderingTarget2D): void {
    const measured = this.#measured
    const axis = this.#axis()
    if (measured === null || axis === null) return
    const { from, to } = measured
    const [y0, y1] = [from, to].map(({ price }) => this.#attached?.series.priceToCoordinate(price) ?? null)
    if (y0 === null || y1 === null || y0 === undefined || y1 === undefined) return
    const [x0, x1] = [from, to].map(({ place }) => axis.origin + place * axis.spacing) as [number, number]
    const colour = to.price >= from.price ? this.#colours.up : this.#colours.down
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      const box = [Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0)] as const
      context.fillStyle = withAlpha(colour, 0.16)
      context.fillRect(...box)
      context.strokeStyle = colour
      context.lineWidth = 1
      context.strokeRect(...box)
      this.#paintTexts(
        context,
        this.#texts(measured),
        colour,
        { x: (x0 + x1) / 2, y: y1 },
        y1 <= y0,
        mediaSize,
      )
    })
  }

  #paintTexts(
    context: CanvasRenderingContext2D,
    texts: readonly string[],
    colour: string,
    at: { readonly x: number; readonly y: number },
    above: boolean,
    pane: { readonly width: number; readonly height: number },
  ): void {
    context.font = `500 ${FONT_PX}px ${this.#colours.font}`
    const width = Math.max(...texts.map((text) => context.measureText(text).width)) + 2 * PAD
    const height = texts.length * LINE_PX + PAD
    const x = Math.max(2, Math.min(at.x - width / 2, pane.width - width - 2))
    const y = Math.max(2, Math.min(above ? at.y - height - 6 : at.y + 6, pane.height - height - 2))
    context.fillStyle = this.#colours.panel
    context.strokeStyle = colour
    context.beginPath()
    context.roundRect(x, y, width, height, 4)
    context.fill()
    context.stroke()
    context.fillStyle = this.#colours.text
    context.textAlign = 'center'
    context.textBaseline = 'middle'
    for (const [line, text] of texts.entries()) {
      context.fillText(text, x + width / 2, y + PAD / 2 + (line + 0.5) * LINE_PX)
    }
  }
}
