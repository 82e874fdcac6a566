import type { CanvasRenderingTarget2D } from 'fancy-canvas'
import type {
  IPanePrimitive,
  IPanePrimitivePaneView,
  Logical,
  PaneAttachedParameter,
  Time,
} from 'lightweight-charts'
import { type ChartColours, withAlpha } from './chart-colours.ts'
import type { SessionCalendar } from './session-calendar.ts'

/** Day lines nearer than this to each other (CSS pixels) are noise. */
const NEAREST = 36
const NOTHING: SessionCalendar = { closed: [], starts: [] }

/** Shades the hours outside regular trading and rules off the days, under everything else on a pane. */
export class SessionBands implements IPanePrimitive<Time> {
  #attached: PaneAttachedParameter<Time> | null = null
  #calendar: SessionCalendar = NOTHING
  #colours: ChartColours
  readonly #views: readonly IPanePrimitivePaneView[] = [
    { zOrder: () => 'bottom', renderer: () => ({ draw: (target) => this.#paint(target) }) },
  ]

  constructor(colours: ChartColours) {
    this.#colours = colours
  }

  attached(parameter: PaneAttachedParameter<Time>): void {
    this.#attached = parameter
  }

  detached(): void {
    this.#attached = null
  }

  paneViews(): readonly IPanePrimitivePaneView[] {
    return this.#views
  }

  set calendar(calendar: SessionCalendar) {
    this.#calendar = calendar
    this.#attached?.requestUpdate()
  }

  set colours(colours: ChartColours) {
    this.#colours = colours
    this.#attached?.requestUpdate()
  }

  #paint(target: CanvasRenderingTarget2D): void {
    const scale = this.#attached?.chart.timeScale()
    const origin = scale?.logicalToCoordinate(0 as Logical) ?? null
    const next = scale?.logicalToCoordinate(1_000 as Logical) ?? null
    if (origin === null || next === null) return
    const spacing = (next - origin) / 1_000
    target.useBitmapCoordinateSpace(({ context, bitmapSize, mediaSize, horizontalPixelRatio: ratio }) => {
      const x = (place: number): number => (origin + 0.5 + place * spacing) * ratio
      const [from, to] = [-origin / spacing - 1, (mediaSize.width - origin) / spacing + 1]
      const starts = this.#calendar.starts.filter((place) => place >= from && place <= to)
      if (starts.length * NEAREST > mediaSize.width) return
      context.fillStyle = withAlpha(this.#colours.shade, 0.55)
      for (const [left, right] of this.#calendar.closed) {
        if (right < from || left > to) continue
        const start = Math.round(x(left))
        context.fillRect(start, 0, Math.round(x(right)) - start, bitmapSize.height)
      }
      context.fillStyle = withAlpha(this.#colours.lineStrong, 0.6)
      const width = Math.max(1, Math.floor(ratio))
      const dash = 4 * width
      for (const place of starts) {
        const line = Math.round(x(place))
        for (let y = 0; y < bitmapSize.height; y += 2 * dash) context.fillRect(line, y, width, dash)
      }
    })
  }
}
