import type { ObjectEventRow } from '../generated/rows.ts'
import type { ErrorCode } from './errors.ts'

/** Columns of equal length, ascending by `ts`, no instant twice. Typed arrays cross IPC without a copy per value. */
export interface CandleColumns {
  /** Bar open, ms UTC. For an aggregated candle: the open of its first bar. */
  readonly ts: Float64Array
  readonly open: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
  readonly volume: Float64Array
}

/** A moving average beside the candles, as long as they are; NaN where the series has fewer bars than the period. */
export interface EmaColumn {
  /** In bars of the timeframe. */
  readonly period: number
  readonly values: Float64Array
}

/** Last known state of a chart object that touches the window. Times ms UTC, prices in the instrument's unit. */
export interface ViewportObject {
  readonly id: string
  readonly type: 'zone' | 'level' | 'marker' | 'flag'
  readonly status: string
  readonly symbol: string
  /** Where the bot drew it; it shows on every timeframe. */
  readonly timeframe: string
  readonly top: number | null
  readonly bottom: number | null
  readonly y: number | null
  readonly left: number | null
  /** Stored, or resolved from `left` through the 15m bars. */
  readonly left_ts: number | null
  readonly right_ts: number | null
  readonly created_ts: number
  readonly updated_ts: number
  readonly label: string | null
  readonly payload: Readonly<Record<string, unknown>> | null
  /** Where it begins on the chart: `left_ts`, else when it was created. */
  readonly start_ts: number
  /** Where it ends: `right_ts`, else its close, else null for open-ended. */
  readonly end_ts: number | null
  /** When it was closed, whatever `right_ts` says; null while it stands. */
  readonly closed_ts: number | null
}

/** Something met on the way to an answer: the answer stands, this was left out of it or needs a look. */
export interface Problem {
  /** Relative to the store. */
  readonly file: string
  readonly code: ErrorCode
  readonly detail: string
}

/** The unit of an aggregated candle; `bars` counts the stored bars that a full one holds. */
export interface DetailLevel {
  readonly bars: number
  /** `2m`, `30m`, `1h`, `1d`, `1w`, `1mo`: for a label. */
  readonly label: string
}

export interface Viewport {
  readonly symbol: string
  readonly timeframe: string
  readonly candles: CandleColumns
  readonly objects: readonly ViewportObject[]
  /** 1 unless `maxBars` made the candles coarser. */
  readonly barsPerCandle: number
  readonly level: DetailLevel
  readonly problems: readonly Problem[]
  /** Of the periods that were asked for; none where candles hold several bars. */
  readonly emas?: readonly EmaColumn[] | undefined
  /** The last live update that is surely in it (SPEC F10); absent where nobody watches the store. */
  readonly revision?: number | undefined
}

/** A chart object's whole life, oldest first, with its state after each event. */
export interface ObjectHistory {
  readonly id: string
  readonly events: readonly ObjectEventRow[]
  readonly states: readonly ViewportObject[]
}
