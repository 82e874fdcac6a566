import type { DecisionDetail } from '../../schemas/contract/ledger.ts'
import type { CandleColumns } from '../../schemas/contract/viewport.ts'
import { barAt } from '../chart/bar-columns.ts'
import { type ChartColours, withAlpha } from '../chart/chart-colours.ts'
import { priceBand, sideOf } from '../chart/object-meaning.ts'
import { sideColour } from '../chart/object-painter.ts'
import { edgePlace } from '../chart/object-places.ts'
import { decimalsOf, formatPrice } from '../chart/price-format.ts'

interface Size {
  readonly width: number
  readonly height: number
}

/** Room for prices at the right and times below, CSS pixels. */
const PRICES = 56
const TIMES = 16
const FONT_PX = 11

/** Where places of bars and prices lie on the picture. */
interface Plot {
  readonly width: number
  readonly height: number
  readonly x: (place: number) => number
  readonly y: (price: number) => number
  /** Width of a bar. */
  readonly bar: number
}

/** Draws the bars around a decision: objects behind, candles, then the decision's bar marked. */
export function paintMiniChart(
  context: CanvasRenderingContext2D,
  size: Size,
  detail: DecisionDetail,
  colours: ChartColours,
  clock: (instant: number) => string,
): void {
  const { candles } = detail
  context.clearRect(0, 0, size.width, size.height)
  const plot = plotOf(candles, size)
  if (plot === null) return
  context.save()
  context.beginPath()
  context.rect(0, 0, plot.width, plot.height)
  context.clip()
  paintObjects(context, plot, detail, colours)
  paintMoment(context, plot, detail, colours)
  paintCandles(context, plot, candles, colours)
  context.restore()
  paintScales(context, plot, size, detail, colours, clock)
}

function plotOf(candles: CandleColumns, size: Size): Plot | null {
  const count = candles.ts.length
  const [low, high] = [Math.min(...candles.low), Math.max(...candles.high)]
  if (count === 0 || !(low <= high)) return null
  const margin = (high - low || Math.abs(high) * 0.01 || 1) * 0.12
  const [width, height] = [size.width - PRICES, size.height - TIMES]
  const scale = height / (high - low + 2 * margin)
  return {
    width,
    height,
    x: (place) => ((place + 0.5) / count) * width,
    y: (price) => (high + margin - price) * scale,
    bar: width / count,
  }
}

function paintObjects(
  context: CanvasRenderingContext2D,
  plot: Plot,
  { candles, objects, timeframe, barTs, ts: moment }: DecisionDetail,
  colours: ChartColours,
): void {
  const { ts } = candles
  const step = stepOf(candles, timeframe)
  const price = candles.close[Math.max(0, barAt(ts, barTs ?? moment))] ?? null
  for (const object of objects) {
    const band = priceBand(object)
    if (band === null || object.type === 'marker') continue
    const colour = sideColour(sideOf(object, price), colours)
    const from = Math.max(0, plot.x(edgePlace(ts, object.start_ts, step)))
    const to = object.end_ts === null ? plot.width : plot.x(edgePlace(ts, object.end_ts, step))
    const [top, bottom] = [plot.y(band.high), plot.y(band.low)]
    context.fillStyle = withAlpha(colour, 0.12)
    context.fillRect(from, top, to - from, bottom - top)
    context.strokeStyle = withAlpha(colour, 0.6)
    context.lineWidth = 1
    context.beginPath()
    for (const y of band.high === band.low ? [top] : [top, bottom]) {
      context.moveTo(from, Math.round(y) + 0.5)
      context.lineTo(to, Math.round(y) + 0.5)
    }
    context.stroke()
  }
}

function stepOf(candles: CandleColumns, timeframe: string | null): number {
  let least = Number.POSITIVE_INFINITY
  for (let at = 1; at < candles.ts.length; at++)
    least = Math.min(least, (candles.ts[at] ?? 0) - (candles.ts[at - 1] ?? 0))
  return Number.isFinite(least) && timeframe !== null ? least : 60_000
}

function paintMoment(
  context: CanvasRenderingContext2D,
  plot: Plot,
  { candles, barTs, ts }: DecisionDetail,
  colours: ChartColours,
): void {
  const place = placeOfMoment(candles, barTs, ts)
  if (place === null) return
  const x = plot.x(place)
  const isBar = barTs !== null
  context.fillStyle = withAlpha(colours.accent, isBar ? 0.18 : 0.6)
  if (isBar) context.fillRect(x - plot.bar / 2 - 1, 0, plot.bar + 2, plot.height)
  else context.fillRect(Math.round(x), 0, 1, plot.height)
  // A small triangle at the upper edge points down at it.
  context.fillStyle = colours.accent
  context.beginPath()
  context.moveTo(x - 5, 0)
  context.lineTo(x + 5, 0)
  context.lineTo(x, 6)
  context.closePath()
  context.fill()
}

/** The bar that contains it, else between the bars around it; null before the first. */
function placeOfMoment(candles: CandleColumns, barTs: number | null, moment: number): number | null {
  const bar = barAt(candles.ts, barTs ?? moment)
  return bar < 0 ? null : barTs === null ? bar + 0.5 : bar
}

function paintCandles(
  context: CanvasRenderingContext2D,
  plot: Plot,
  candles: CandleColumns,
  colours: ChartColours,
): void {
  const body = Math.max(1, Math.floor(plot.bar * 0.7))
  for (let at = 0; at < candles.ts.length; at++) {
    const [open, high, low, close] = [candles.open, candles.high, candles.low, candles.close].map(
      (column) => column[at] ?? 0,
    ) as [number, number, number, number]
    const x = Math.round(plot.x(at))
    context.fillStyle = close >= open ? colours.up : colours.down
    context.fillRect(x, plot.y(high), 1, Math.max(1, plot.y(low) - plot.y(high)))
    const top = plot.y(Math.max(open, close))
    context.fillRect(x - Math.floor(body / 2), top, body, Math.max(1, plot.y(Math.min(open, close)) - top))
  }
}

function paintScales(
  context: CanvasRenderingContext2D,
  plot: Plot,
  size: Size,
  { candles, barTs, ts: moment }: DecisionDetail,
  colours: ChartColours,
  clock: (instant: number) => string,
): void {
  const decimals = decimalsOf(candles)
  context.font = `${FONT_PX}px ${colours.font}`
  context.fillStyle = colours.muted
  context.textBaseline = 'middle'
  context.textAlign = 'right'
  const [low, high] = [Math.min(...candles.low), Math.max(...candles.high)]
  for (const price of high === low ? [high] : [high, (high + low) / 2, low])
    context.fillText(formatPrice(price, decimals), size.width - 4, plot.y(price))
  context.strokeStyle = colours.line
  context.lineWidth = 1
  context.strokeRect(-1, -1, plot.width + 1.5, plot.height + 1.5)
  const y = plot.height + TIMES / 2 + 2
  const place = placeOfMoment(candles, barTs, moment)
  const [first, last] = [candles.ts[0] ?? 0, candles.ts[candles.ts.length - 1] ?? 0]
  const middle = place === null ? null : { text: timeOf(clock, barTs ?? moment), x: plot.x(place) }
  const ends = [
    { text: timeOf(clock, first), x: 2, align: 'left' },
    { text: timeOf(clock, last), x: plot.width - 2, align: 'right' },
  ] as const
  context.textAlign = 'center'
  const half = middle === null ? 0 : context.measureText(middle.text).width / 2 + 6
  if (middle !== null) {
    context.fillStyle = colours.accent
    context.fillText(middle.text, Math.max(half, Math.min(plot.width - half, middle.x)), y)
  }
  context.fillStyle = colours.muted
  for (const { text, x, align } of ends) {
    const width = context.measureText(text).width
    const clear = middle === null || Math.abs(middle.x - x) > half + width
    context.textAlign = align
    if (clear) context.fillText(text, x, y)
  }
}

/** Date and clock without the year, which the head of the panel has: `03-08 08:30`. */
function timeOf(clock: (instant: number) => string, instant: number): string {
  return clock(instant).slice(5)
}
