import type { SampleEvent } from './event-log.ts'
import type { Bar } from './market.ts'

export type FeatureValue = number | string | boolean | null
export type Features = Readonly<Record<string, FeatureValue>>

/** One session of one symbol in one timeframe, with the events that its bot told that day. */
export interface FeatureSession {
  readonly date: string
  readonly open: number
  readonly bars: readonly Bar[]
  readonly events: readonly SampleEvent[]
}

/** Features that a policy weighs. */
export const FEATURE_SIGNALS = [
  'rsi_14',
  'ema_13_distance',
  'ema_48_distance',
  'return_4',
  'range_position_20',
  'vwap_distance',
  'body_ratio',
  'trend_slope_20',
  'volume_ratio_20',
  'zone_distance',
] as const
export type SignalName = (typeof FEATURE_SIGNALS)[number]

const round = (value: number, digits = 4): number => {
  const rounded = Number(value.toFixed(digits))
  return rounded + 0
}
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

/** Wilder's averages and exponential means, carried from bar to bar. */
interface Running {
  bars: Bar[]
  gain: number
  loss: number
  atr: number
  ema13: number
  ema48: number
  seen: number
}

interface Zone {
  top: number
  bottom: number
  side: string
}

const HISTORY = 60

/**
 * Features of every bar, by session, each from bars that had closed and events that were told by the bar's close alone.
 * @param minutes length of a bar
 */
export function featureRows(
  sessions: readonly FeatureSession[],
  minutes: number,
): readonly (readonly Features[])[] {
  const running: Running = { bars: [], gain: 0, loss: 0, atr: 0, ema13: 0, ema48: 0, seen: 0 }
  const zones = new Map<string, Zone>()
  let priorClose: number | null = null
  return sessions.map((session) => {
    let told = 0
    const turnover = { money: 0, volume: 0 }
    const rows = session.bars.map((bar, index) => {
      const close = bar.ts + minutes * 60_000
      for (; told < session.events.length; told++) {
        const event = session.events[told]
        if (event === undefined || event.ts > close) break
        follow(zones, event)
      }
      advance(running, bar)
      turnover.money += ((bar.high + bar.low + bar.close) / 3) * bar.volume
      turnover.volume += bar.volume
      return {
        ...ofBars(running, bar),
        ...ofSession(session, index, minutes, running, { turnover, priorClose }),
        ...ofZones(zones, bar.close, running),
      }
    })
    priorClose = session.bars.at(-1)?.close ?? priorClose
    // Told at the session's end: known at the next one's first bar.
    for (const event of session.events.slice(told)) follow(zones, event)
    return rows
  })
}

function follow(zones: Map<string, Zone>, event: SampleEvent): void {
  if (event.type !== 'zone') return
  if (event.action === 'close') {
    zones.delete(event.object_id)
    return
  }
  const known = zones.get(event.object_id) ?? { top: 0, bottom: 0, side: '' }
  const side = (event.payload as { readonly side?: string } | null | undefined)?.side
  zones.set(event.object_id, {
    top: event.top ?? known.top,
    bottom: event.bottom ?? known.bottom,
    side: side ?? known.side,
  })
}

function advance(state: Running, bar: Bar): void {
  const last = state.bars.at(-1)
  state.seen++
  const change = last === undefined ? 0 : bar.close - last.close
  const range =
    last === undefined ? bar.high - bar.low : Math.max(bar.high, last.close) - Math.min(bar.low, last.close)
  const weight = Math.min(state.seen, 14)
  state.gain += (Math.max(0, change) - state.gain) / weight
  state.loss += (Math.max(0, -change) - state.loss) / weight
  state.atr += (range - state.atr) / weight
  state.ema13 = last === undefined ? bar.close : state.ema13 + (bar.close - state.ema13) * (2 / 14)
  state.ema48 = last === undefined ? bar.close : state.ema48 + (bar.close - state.ema48) * (2 / 49)
  state.bars.push(bar)
  if (state.bars.length > HISTORY) state.bars.shift()
}

function ofBars(state: Running, bar: Bar): Features {
  const { bars, atr, seen } = state
  const recent = bars.slice(-20)
  const high = Math.max(...recent.map((each) => each.high))
  const low = Math.min(...recent.map((each) => each.low))
  const before = bars.slice(-21, -1)
  const fourBack = bars.at(-5)
  const warm = seen > 14
  const full = seen > 20
  const body = bar.high === bar.low ? 0 : (bar.close - bar.open) / (bar.high - bar.low)
  const returns = recent.slice(1).map((each, at) => Math.log(each.close / (recent[at]?.close ?? each.close)))
  const inner = bars.at(-2)
  return {
    rsi_14: warm ? round(state.loss === 0 ? 100 : 100 - 100 / (1 + state.gain / state.loss), 2) : null,
    atr_14: warm ? round(atr) : null,
    ema_13_distance: warm ? round((bar.close - state.ema13) / atr) : null,
    ema_48_distance: seen > 48 ? round((bar.close - state.ema48) / atr) : null,
    return_4: fourBack === undefined ? null : round((bar.close / fourBack.close - 1) * 100),
    range_position_20: full && high > low ? round((bar.close - low) / (high - low)) : null,
    body_ratio: round(body),
    trend_slope_20: full ? round(slope(recent.map(({ close }) => close)) / atr) : null,
    volume_ratio_20: full ? round(bar.volume / mean(before.map(({ volume }) => volume)), 3) : null,
    realized_vol_20: full ? round(deviation(returns) * 100) : null,
    inside_bar: inner === undefined ? null : bar.high <= inner.high && bar.low >= inner.low,
  }
}

interface SoFar {
  readonly turnover: { readonly money: number; readonly volume: number }
  readonly priorClose: number | null
}

function ofSession(
  session: FeatureSession,
  index: number,
  minutes: number,
  { atr, seen }: Running,
  { turnover, priorClose }: SoFar,
): Features {
  const bar = session.bars[index]
  if (bar === undefined) return {}
  const close = bar.ts + minutes * 60_000
  const opening = session.bars.filter(({ ts }) => ts + minutes * 60_000 <= session.open + 1_800_000)
  const top = Math.max(...opening.map(({ high }) => high))
  const bottom = Math.min(...opening.map(({ low }) => low))
  const isOver = close > session.open + 1_800_000
  return {
    minutes_from_open: Math.round((close - session.open) / 60_000),
    vwap_distance: seen > 14 ? round((bar.close - turnover.money / turnover.volume) / atr) : null,
    prior_close_distance: priorClose === null || seen <= 14 ? null : round((bar.close - priorClose) / atr),
    opening_range: isOver ? (bar.close > top ? 'above' : bar.close < bottom ? 'below' : 'inside') : null,
  }
}

/** In ranges, signed: positive to a zone above. Null while none stands. */
function ofZones(zones: ReadonlyMap<string, Zone>, price: number, { atr, seen }: Running): Features {
  let nearest: { distance: number; side: string } | null = null
  for (const { top, bottom, side } of zones.values()) {
    const distance = price > top ? top - price : price < bottom ? bottom - price : 0
    if (nearest === null || Math.abs(distance) < Math.abs(nearest.distance)) nearest = { distance, side }
  }
  if (nearest === null || seen <= 14)
    return { zone_distance: null, zone_side: null, zones_standing: zones.size }
  return {
    zone_distance: round(nearest.distance / atr),
    zone_side: nearest.side,
    zones_standing: zones.size,
  }
}

/** What a feature says of the direction, from −1 (down) to 1 (up); 0 where it is unknown. */
export function signalOf(name: SignalName, features: Features): number {
  const value = features[name]
  if (typeof value !== 'number') return 0
  const clipped = (signal: number): number => round(Math.max(-1, Math.min(1, signal)), 6)
  switch (name) {
    case 'rsi_14':
      return clipped((value - 50) / 25)
    case 'ema_13_distance':
    case 'vwap_distance':
      return clipped(value / 2)
    case 'ema_48_distance':
      return clipped(value / 4)
    case 'return_4':
      return clipped(value / 0.5)
    case 'range_position_20':
      return clipped(value * 2 - 1)
    case 'body_ratio':
      return clipped(value)
    case 'trend_slope_20':
      return clipped(value * 4)
    case 'volume_ratio_20': {
      const body = typeof features.body_ratio === 'number' ? Math.sign(features.body_ratio) : 0
      return clipped(body * Math.max(0, value - 1))
    }
    case 'zone_distance': {
      const near = Math.max(0, 1 - Math.abs(value) / 1.5)
      return clipped(features.zone_side === 'demand' ? near : -near)
    }
  }
}

function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2
  const centre = mean(values)
  const above = values.reduce((sum, value, at) => sum + (at - middle) * (value - centre), 0)
  return above / values.reduce((sum, _, at) => sum + (at - middle) ** 2, 0)
}

function deviation(values: readonly number[]): number {
  const centre = mean(values)
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)))
}
