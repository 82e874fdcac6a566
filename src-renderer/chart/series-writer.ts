import type {
  CandlestickData,
  HistogramData,
  IChartApiBase,
  ISeriesApi,
  Time,
  UTCTimestamp,
} from 'lightweight-charts'
import type { CandleColumns, EmaColumn } from '../../schemas/contract/viewport.ts'
import { emptyBars, sameBars } from './bar-columns.ts'
import { type ChartColours, withAlpha } from './chart-colours.ts'
import { changedRows, type EmaLines } from './ema-lines.ts'

/**
 * The one door for bars into the chart library. Candles, volume and averages always get the same times in the same task; a
 * second `setData` with the times that stand there already, while only one series has data, later empties the time
 * scale for good ("Value is null" every frame), so the same bars are never written twice and other bars only after
 * both series were emptied.
 */
export class SeriesWriter {
  readonly #chart: IChartApiBase<Time>
  readonly #candles: ISeriesApi<'Candlestick', Time>
  readonly #volume: ISeriesApi<'Histogram', Time>
  readonly #emas: EmaLines
  #bars: CandleColumns = emptyBars()
  #up = ''
  #down = ''

  constructor(
    chart: IChartApiBase<Time>,
    candles: ISeriesApi<'Candlestick', Time>,
    volume: ISeriesApi<'Histogram', Time>,
    emas: EmaLines,
  ) {
    this.#chart = chart
    this.#candles = candles
    this.#volume = volume
    this.#emas = emas
  }

  get bars(): CandleColumns {
    return this.#bars
  }

  /** Other bars altogether. */
  replace(bars: CandleColumns, emas: readonly EmaColumn[]): void {
    this.#emas.clear()
    this.#candles.setData([])
    this.#volume.setData([])
    this.#bars = bars
    this.#write()
    this.#emas.write(bars.ts, emas)
  }

  /** The old bars and more, or fewer, or with other values. */
  extend(bars: CandleColumns, emas: readonly EmaColumn[]): void {
    const old = this.#bars
    if (!sameBars(old, bars)) {
      this.#bars = bars
      const changed = changedBars(old, bars)
      if (changed === null) this.#write()
      else for (const row of changed) this.#update(row, row < old.ts.length - 1)
    }
    this.#emas.write(bars.ts, emas)
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

  #update(row: number, isHistory: boolean): void {
    this.#candles.update(this.#candleAt(row), isHistory)
    this.#volume.update(this.#volumeAt(row), isHistory)
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

/** Rows that are new at the right end or have other values; null when more has changed, or there are many. */
function changedBars(old: CandleColumns, now: CandleColumns): readonly number[] | null {
  const rows = new Set<number>()
  for (const name of ['open', 'high', 'low', 'close', 'volume'] as const) {
    const changed = changedRows(old.ts, old[name], now.ts, now[name])
    if (changed === null) return null
    for (const row of changed) rows.add(row)
  }
  return [...rows].sort((a, b) => a - b)
}
