import type { CanvasRenderingTarget2D } from 'fancy-canvas'
import type {
  IPrimitivePaneView,
  ISeriesPrimitive,
  Logical,
  SeriesAttachedParameter,
  Time,
} from 'lightweight-charts'
import type { LogicalSpan } from './bar-columns.ts'
import { type ChartColours, withAlpha } from './chart-colours.ts'

/** Shorter than this is a click, CSS pixels. */
const SHORTEST = 4

/** A band of time that one drags open over the chart; when let go it is told, and is gone. */
export class BrushTool implements ISeriesPrimitive<Time> {
  #attached: SeriesAttachedParameter<Time> | null = null
  #colours: ChartColours
  #band: { readonly from: number; readonly to: number } | null = null
  readonly #onBrushed: (span: LogicalSpan) => void
  readonly #views: readonly IPrimitivePaneView[] = [
    { zOrder: () => 'top', renderer: () => ({ draw: (target) => this.#paint(target) }) },
  ]

  /** @param onBrushed told the places of the axis between which the band lay */
  constructor(colours: ChartColours, onBrushed: (span: LogicalSpan) => void) {
    this.#colours = colours
    this.#onBrushed = onBrushed
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

  /** Lets a press open a band that moves widen, until released. Ends with the returned function. */
  listen(element: HTMLElement): () => void {
    const listening = new AbortController()
    const { signal } = listening
    const within = (event: PointerEvent) => event.clientX - element.getBoundingClientRect().left
    element.addEventListener(
      'pointerdown',
      (event) => event.button === 0 && this.#show({ from: within(event), to: within(event) }),
      { signal },
    )
    window.addEventListener(
      'pointermove',
      (event) => this.#band !== null && this.#show({ from: this.#band.from, to: within(event) }),
      { signal },
    )
    window.addEventListener('pointerup', () => this.#end(), { signal })
    window.addEventListener('pointercancel', () => this.#show(null), { signal })
    return () => {
      listening.abort()
      this.#show(null)
    }
  }

  #show(band: { readonly from: number; readonly to: number } | null): void {
    this.#band = band
    this.#attached?.requestUpdate()
  }

  #end(): void {
    const band = this.#band
    this.#show(null)
    const scale = this.#attached?.chart.timeScale()
    const [origin, far] = [
      scale?.logicalToCoordinate(0 as Logical),
      scale?.logicalToCoordinate(1_000 as Logical),
    ]
    if (band === null || origin == null || far == null || Math.abs(band.to - band.from) < SHORTEST) return
    const spacing = (far - origin) / 1_000
    const places = [band.from, band.to].map((x) => (x - origin) / spacing)
    this.#onBrushed({ from: Math.min(...places), to: Math.max(...places) })
  }

  #paint(target: CanvasRenderingTarget2D): void {
    const band = this.#band
    if (band === null) return
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      const [left, right] = [Math.min(band.from, band.to), Math.max(band.from, band.to)]
      context.fillStyle = withAlpha(this.#colours.accent, 0.16)
      context.fillRect(left, 0, right - left, mediaSize.height)
      context.fillStyle = this.#colours.accent
      context.fillRect(left, 0, 1, mediaSize.height)
      context.fillRect(right, 0, 1, mediaSize.height)
    })
  }
}
