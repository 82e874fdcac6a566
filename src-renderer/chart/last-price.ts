import {
  type IPriceLine,
  type ISeriesApi,
  type ISeriesPrimitive,
  type ISeriesPrimitiveAxisView,
  LineStyle,
  type SeriesAttachedParameter,
  type Time,
} from 'lightweight-charts'
import type { ChartColours } from './chart-colours.ts'

/** Of a label on the price axis at the chart's type size, CSS pixels. */
const LABEL_HEIGHT = 17
/** Out of the way of labels that the library places by itself. */
const FAR_AWAY = -10_000

export interface LastClose {
  readonly price: number
  readonly rising: boolean
}

/**
 * A line at the last price there is, and under its label what is left of the bar that is under way. When no bar comes
 * that should, both lose their colour: a frozen chart never looks live.
 */
export class LastPrice implements ISeriesPrimitive<Time> {
  readonly #series: ISeriesApi<'Candlestick', Time>
  readonly #views: readonly ISeriesPrimitiveAxisView[]
  #line: IPriceLine | null = null
  #close: LastClose | null = null
  #colours: ChartColours
  #countdown = ''
  #isFrozen = false
  #requestUpdate: (() => void) | null = null

  constructor(series: ISeriesApi<'Candlestick', Time>, colours: ChartColours) {
    this.#series = series
    this.#colours = colours
    this.#views = [
      {
        coordinate: () => FAR_AWAY,
        fixedCoordinate: () => this.#below() ?? undefined,
        text: () => this.#countdown,
        textColor: () => this.#paint().text,
        backColor: () => this.#paint().label,
        visible: () => this.#countdown !== '' && this.#below() !== null,
        tickVisible: () => false,
      },
    ]
    series.attachPrimitive(this)
  }

  attached({ requestUpdate }: SeriesAttachedParameter<Time>): void {
    this.#requestUpdate = requestUpdate
  }

  detached(): void {
    this.#requestUpdate = null
  }

  priceAxisViews(): readonly ISeriesPrimitiveAxisView[] {
    return this.#views
  }

  /** Null while the end of the series isn't loaded. */
  set close(close: LastClose | null) {
    this.#close = close
    this.#draw()
  }

  set colours(colours: ChartColours) {
    this.#colours = colours
    this.#draw()
  }

  /** `1:23`, or nothing. */
  set countdown(text: string) {
    if (text === this.#countdown) return
    this.#countdown = text
    this.#requestUpdate?.()
  }

  /** Bars that should come don't. */
  set isFrozen(isFrozen: boolean) {
    if (isFrozen === this.#isFrozen) return
    this.#isFrozen = isFrozen
    this.#draw()
  }

  #draw(): void {
    if (this.#close === null) {
      if (this.#line !== null) this.#series.removePriceLine(this.#line)
      this.#line = null
      return
    }
    const { line, label, text } = this.#paint()
    const options = {
      price: this.#close.price,
      color: line,
      lineStyle: this.#isFrozen ? LineStyle.SparseDotted : LineStyle.Dotted,
      axisLabelColor: label,
      axisLabelTextColor: text,
    }
    if (this.#line === null) {
      this.#line = this.#series.createPriceLine({ lineWidth: 1, axisLabelVisible: true, ...options })
    } else this.#line.applyOptions(options)
  }

  #paint(): { readonly line: string; readonly label: string; readonly text: string } {
    const { up, down, background, muted, shade } = this.#colours
    if (this.#isFrozen) return { line: muted, label: shade, text: muted }
    const colour = this.#close?.rising === false ? down : up
    return { line: colour, label: colour, text: background }
  }

  /** The middle of a label right under that of the price; above it where there is no room. */
  #below(): number | null {
    if (this.#close === null) return null
    const y = this.#series.priceToCoordinate(this.#close.price)
    if (y === null) return null
    const height = this.#series.getPane().getHeight()
    if (y < 0 || y > height) return null
    return y + 1.5 * LABEL_HEIGHT > height ? y - LABEL_HEIGHT : y + LABEL_HEIGHT
  }
}
