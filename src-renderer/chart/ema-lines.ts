import {
  type IChartApiBase,
  type ISeriesApi,
  type LineData,
  LineSeries,
  type LineWidth,
  type Time,
  type UTCTimestamp,
  type WhitespaceData,
} from 'lightweight-charts'
import type { EmaColumn } from '../../schemas/contract/viewport.ts'
import type { ChartColours } from './chart-colours.ts'

/** More values than this are written all at once. */
const FEW = 20
/** Of the first, second and third line: the slowest stands out by weight too. */
const WIDTHS: readonly LineWidth[] = [1, 1, 2]

/**
 * The moving averages as lines among the candles. Their data comes through the series writer alone, after that of the
 * candles and at the same times.
 */
export class EmaLines {
  readonly #chart: IChartApiBase<Time>
  readonly #lines = new Map<number, ISeriesApi<'Line', Time>>()
  #colours: readonly string[]
  #ts: Float64Array = new Float64Array()
  #emas: readonly EmaColumn[] = []

  constructor(chart: IChartApiBase<Time>, colours: ChartColours) {
    this.#chart = chart
    this.#colours = colours.emas
  }

  set colours({ emas }: ChartColours) {
    this.#colours = emas
    for (const [at, line] of [...this.#lines.values()].entries()) line.applyOptions(this.#look(at))
  }

  /** Empties the lines, before other bars altogether. */
  clear(): void {
    for (const line of this.#lines.values()) line.setData([])
    this.#ts = new Float64Array()
    this.#emas = []
  }

  /** @param ts opens of the candles as they stand in the chart already, ascending */
  write(ts: Float64Array, emas: readonly EmaColumn[]): void {
    this.#fit(emas)
    for (const { period, values } of emas) {
      const line = this.#lines.get(period)
      if (line === undefined) continue
      const before = this.#emas.find((one) => one.period === period)?.values
      const changed = before === undefined ? null : changedRows(this.#ts, before, ts, values)
      if (changed === null)
        line.setData(Array.from({ length: ts.length }, (_, row) => point(ts, values, row)))
      else {
        const last = this.#ts.length - 1
        for (const row of changed) line.update(point(ts, values, row), row < last)
      }
    }
    this.#ts = ts
    this.#emas = emas
  }

  /** As many lines as there are periods. */
  #fit(emas: readonly EmaColumn[]): void {
    const periods = emas.map(({ period }) => period)
    if (String(periods) === String([...this.#lines.keys()])) return
    for (const line of this.#lines.values()) this.#chart.removeSeries(line)
    this.#lines.clear()
    this.#emas = []
    for (const [at, period] of periods.entries()) {
      const line = this.#chart.addSeries(LineSeries, {
        ...this.#look(at),
        lastValueVisible: false,
        priceLineVisible: false,
        crosshairMarkerVisible: false,
        // The scale is the candles': an average far away must not press them flat.
        autoscaleInfoProvider: () => null,
      })
      this.#lines.set(period, line)
    }
  }

  #look(at: number): { readonly color: string; readonly lineWidth: LineWidth } {
    return {
      color: this.#colours[at % this.#colours.length] ?? '',
      lineWidth: WIDTHS[at % WIDTHS.length] ?? 1,
    }
  }
}

/** Rows with other values than before, when all old ones are there still; null when that isn't so, or there are many. */
export function changedRows(
  oldTs: Float64Array,
  old: Float64Array,
  ts: Float64Array,
  values: Float64Array,
): readonly number[] | null {
  if (oldTs.length === 0 || ts.length < oldTs.length) return null
  const changed: number[] = []
  for (let row = 0; row < ts.length; row++) {
    if (row < oldTs.length && oldTs[row] !== ts[row]) return null
    if (row < oldTs.length && Object.is(old[row], values[row])) continue
    changed.push(row)
    if (changed.length > FEW) return null
  }
  return changed
}

/** A bar without a value leaves a gap. */
function point(ts: Float64Array, values: Float64Array, row: number): LineData<Time> | WhitespaceData<Time> {
  const time = ((ts[row] ?? 0) / 1000) as UTCTimestamp
  const value = values[row]
  return value === undefined || Number.isNaN(value) ? { time } : { time, value }
}
