import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type {
  CandleColumns,
  DetailLevel,
  EmaColumn,
  Problem,
  Viewport,
  ViewportObject,
} from '../../schemas/contract/viewport.ts'
import type { ViewportRequest } from '../../schemas/generated/requests.ts'
import { emptyBars, type LogicalSpan, type TimeSpan } from './bar-columns.ts'

/** What the feed asks of the engine; in a test, of a fake one. */
export interface FeedSource {
  viewport(request: ViewportRequest): Promise<Viewport>
  /** First and last bar open of a series (ms UTC), or null when the store has no bar of it. */
  bounds(symbol: string, timeframe: string): TimeSpan | null
  /**
   * Where the picture looks at this moment, in places of the bars last told; `look` comes a frame or two later. Null
   * where it can't say.
   */
  view?(): LogicalSpan | null
}

export interface FeedState {
  readonly symbol: string
  readonly timeframe: string
  /** `empty`: there is nothing in the wanted range; `missing` says where the nearest bar is. */
  readonly phase: 'idle' | 'loading' | 'ready' | 'empty' | 'error'
  /** More history is on its way while the chart stays usable. */
  readonly fetching: boolean
  readonly bars: CandleColumns
  /** Moving averages, as long as the bars; none where a candle holds several bars, or none were asked for. */
  readonly emas: readonly EmaColumn[]
  readonly objects: readonly ViewportObject[]
  readonly problems: readonly Problem[]
  readonly level: DetailLevel
  readonly barsPerCandle: number
  /** Milliseconds that a candle nominally covers. */
  readonly step: number
  /** The time that was asked for so far; gaps inside it are real. */
  readonly covered: TimeSpan
  /** Whether the first (last) bar of the series is loaded. */
  readonly atStart: boolean
  readonly atEnd: boolean
  /** Bars that came after the last one that was in sight. */
  readonly newer: number
  readonly error: ErrorReport | null
  readonly missing: { readonly wanted: TimeSpan; readonly nearest: number | null } | null
}

export interface FeedChange {
  readonly state: FeedState
  /**
   * `replaced`: other bars altogether. `extended`: the old bars and more (or fewer) at the ends. `same`: leave them.
   */
  readonly bars: 'same' | 'extended' | 'replaced'
  /** Where to look, in places of the new bars; null to leave the time axis to itself. */
  readonly show: LogicalSpan | null
}

export const IDLE: FeedState = {
  symbol: '',
  timeframe: '',
  phase: 'idle',
  fetching: false,
  bars: emptyBars(),
  emas: [],
  objects: [],
  problems: [],
  level: { bars: 1, label: '' },
  barsPerCandle: 1,
  step: 60_000,
  covered: { from: 0, to: 0 },
  atStart: true,
  atEnd: true,
  newer: 0,
  error: null,
  missing: null,
}

/** Objects of several answers by id; the one updated last is right. */
export function mergeObjects(
  older: readonly ViewportObject[],
  newer: readonly ViewportObject[],
): readonly ViewportObject[] {
  if (older.length === 0) return newer
  const byId = new Map(older.map((object) => [object.id, object]))
  for (const object of newer) {
    const known = byId.get(object.id)
    if (known === undefined || object.updated_ts >= known.updated_ts) byId.set(object.id, object)
  }
  return [...byId.values()]
}

export function mergeProblems(older: readonly Problem[], newer: readonly Problem[]): readonly Problem[] {
  const byFile = new Map([...older, ...newer].map((problem) => [`${problem.code} ${problem.file}`, problem]))
  return byFile.size === older.length ? older : [...byFile.values()]
}
