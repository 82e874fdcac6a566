import { cents, FIVE_MINUTES } from './event-log.ts'
import type { Bar } from './market.ts'

export interface Point {
  readonly ts: number
  readonly price: number
}

/** Two parallel lines around a channel's bars; bars are counted from its first, prices are at that one. */
export interface Channel {
  readonly from: number
  readonly slope: number
  readonly upper: number
  readonly lower: number
}

/** The lines lean as the bars' middles do (least squares) and touch the outermost high and low. */
export function channelOf(bars: readonly Bar[]): Channel {
  const weights = bars.map((_, at) => at - (bars.length - 1) / 2)
  const leaning = bars.reduce((sum, { high, low }, at) => sum + ((weights[at] ?? 0) * (high + low)) / 2, 0)
  const slope = leaning / weights.reduce((sum, weight) => sum + weight * weight, 0)
  return {
    from: bars[0]?.ts ?? 0,
    slope,
    upper: Math.max(...bars.map(({ high }, at) => high - slope * at)),
    lower: Math.min(...bars.map(({ low }, at) => low - slope * at)),
  }
}

/** Where the lines stand at a bar of the channel, or after it. */
export function edgesAt({ slope, upper, lower }: Channel, bar: number): { upper: number; lower: number } {
  return { upper: cents(upper + slope * bar), lower: cents(lower + slope * bar) }
}

/** Upper and lower line over so many bars, each from point to point, as a chart draws them. */
export function linesOf(
  channel: Channel,
  bars: number,
): { readonly upper: readonly [Point, Point]; readonly lower: readonly [Point, Point] } {
  const first = edgesAt(channel, 0)
  const last = edgesAt(channel, bars - 1)
  const line = (edge: 'upper' | 'lower'): readonly [Point, Point] => [
    { ts: channel.from, price: first[edge] },
    { ts: channel.from + (bars - 1) * FIVE_MINUTES, price: last[edge] },
  ]
  return { upper: line('upper'), lower: line('lower') }
}
