import { createStore } from 'zustand/vanilla'
import type { LogicalSpan, TimeSpan } from '../bar-columns.ts'
import { type FeedState, IDLE } from '../feed-state.ts'

/** What the chart shows, for the parts around it. Bars stay out: they are read from the feed's state when needed. */
export interface SeriesState {
  readonly feed: FeedState
  /** Counts changes of the bars, so that what is computed from them can be kept until they change. */
  readonly barsRevision: number
  /** The time in view, ms UTC. */
  readonly visible: TimeSpan | null
  /** Where the chart looks, in places of the bars, and the prices at the edges of its pane. */
  readonly view: LogicalSpan | null
  readonly prices: { readonly top: number; readonly bottom: number } | null
  /** Width of the price axis and height of the time axis, CSS pixels. */
  readonly axes: { readonly width: number; readonly height: number }
  /** Decimals of the instrument's prices. */
  readonly decimals: number
  /** A bar was asked for that isn't there: what was, and the bar gone to. Shown until put away or overtaken. */
  readonly detour: { readonly asked: number; readonly found: number } | null
}

export const SERIES_START: SeriesState = {
  feed: IDLE,
  barsRevision: 0,
  visible: null,
  view: null,
  prices: null,
  axes: { width: 64, height: 28 },
  decimals: 2,
  detour: null,
}

export const seriesStore = createStore<SeriesState>(() => SERIES_START)
