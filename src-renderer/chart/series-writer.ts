import type {
  CandlestickData,
  HistogramData,
  IChartApiBase,
  ISeriesApi,
  Time,
  UTCTimestamp,
} from 'lightweight-charts'
import type { CandleColumns } from '../../schemas/contract/viewport.ts'
import { commonRows, emptyBars, sameBars } from './bar-columns.ts'
import { type ChartColours, withAlpha } from './chart-colours.ts'

/** More new bars than this are written all at once. */
const FEW = 20

/**
 * The one door for bars into the chart library. Candles and volume always get the same times in the same task; a
 * second `setData` with the times that stand there already, while only one series has data, later empties the time
 * scale for good ("Value is null" every frame), so the same bars are never written twice and other bars only after
 * both series were emptied.
 */
export class SeriesWriter {
  readonly #chart: IChartApiBase<Time>
  readonly #candles: ISeriesApi<'Candlestick', Time>
  readonly #volume: ISeriesApi<'Histogram', Time>
  #bars: CandleColumns = emptyBars()
  #up = ''
  #down = ''

  constructor(
    chart: IChartApiBase<Time>,
    candles: ISeriesApi<'Candlestick', Time>,
    volume: ISeriesApi<'Histogram', Time>,
  ) {
    this.#chart = chart
    this.#candles = candles
    this.#volume = volume
  }

  get bars(): CandleColumns {
    return this.#bars
  }

  /** Other bars altogether. */
  replace(bars: CandleColumns): void {
    this.#candles.setData([])
    this.#volume.setData([])
    this.#bars = bars
    this.#write()
  }

  /** The old bars and more, or fewer, at the ends. */
  extend(bars: CandleColumns): void {
    const old = this.#bars
    if (sameBars(old, bars)) return
    this.#bars = bars
    const common = commonRows(old, bars)
    const length = bars.ts.length
    const live =
      common >= old.ts.length - 1 && common > 0 && length >= old.ts.length && length - common <= FEW
    if (!live) this.#write()
    else for (let row = common; row < length; row++) this.#update(row)
  }

  /** Colours of the volume columns are part of their data. */
  set colours({ up, down }: ChartColours) {
    this.#up = withAlpha(up, 0.5)
    this.#down = withAlpha(down, 0.5)
    if (this.#bars.ts.length > 0) this.#volume.setData(this.#rows((row) => this.#volumeAt(row)))
  }

  /** Whether the library's own state can be asked about places. */
  get isEmpty(): boolean {
    return this.#bars.ts.length === 0 || this.#chart.timeScale().getVisibleLogicalRange() === null
  }

  #write(): void {
    this.#candles.setData(this.#rows((row) => this.#candleAt(row)))
    this.#volume.setData(this.#rows((row) => this.#volumeAt(row)))
  }

  #update(row: number): void {
    this.#candles.update(this.#candleAt(row))
    this.#volume.update(this.#volumeAt(row))
  }

  #rows<Row>(at: (row: number) => Row): Row[] {
    return Array.from({ length: this.#bars.ts.length }, (_, row) => at(row))
  }

  #candleAt(row: number): CandlestickData<Time> {
    const { open, high, low, close } = this.#bars
    return {
      time: this.#timeAt(row),
      open: open[row] ?? 0,
      high: high[row] ?? 0,
      low: low[row] ?? 0,
      close: close[row] ?? 0,
    }
  }

  #volumeAt(row: number): HistogramData<Time> {
    const { open, close, volume } = this.#bars
    const rising = (close[row] ?? 0) >= (open[row] ?? 0)
    return { time: this.#timeAt(row), value: volume[row] ?? 0, color: rising ? this.#up : this.#down }
  }

  #timeAt(row: number): UTCTimestamp {
    return ((this.#bars.ts[row] ?? 0) / 1000) as UTCTimestamp
  }
}
