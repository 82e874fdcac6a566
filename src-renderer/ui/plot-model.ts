import { MarketZone } from '../../schemas/contract/market-time.ts'

/** A colour of tokens.css by its name. `up` and `down` mean profit and loss and nothing else. */
export type PlotColour = 'accent' | 'waiting' | 'problem' | 'compacted' | 'text-muted' | 'up' | 'down'

/** Colours for series without a meaning of their own, in the order they are given out. */
export const SERIES_COLOURS: readonly PlotColour[] = [
  'accent',
  'waiting',
  'problem',
  'text-muted',
  'compacted',
]

/** Beyond as many series as there are colours, strokes tell them apart. */
export const SERIES_STROKES = ['solid', 'dashed', 'dotted'] as const
export type PlotStroke = (typeof SERIES_STROKES)[number]

/** What a series without a look of its own is drawn in, by its place. */
export function lookOf(index: number): { readonly colour: PlotColour; readonly stroke: PlotStroke } {
  const round = Math.floor(index / SERIES_COLOURS.length)
  return {
    colour: SERIES_COLOURS[index % SERIES_COLOURS.length] ?? 'accent',
    stroke: SERIES_STROKES[round % SERIES_STROKES.length] ?? 'solid',
  }
}

export interface PlotPoint {
  /** ms UTC on a time axis; the category's index on an axis of categories. */
  readonly x: number
  /** Null leaves a gap: nothing was measured. */
  readonly y: number | null
  /** An interval about y, drawn as a whisker. */
  readonly low?: number | null
  readonly high?: number | null
  /** The counts behind the figure, for tooltip and screen reader. */
  readonly note?: string
  /** Instead of the series' colour: a loss among profits. */
  readonly colour?: PlotColour
}

export interface PlotSeries {
  readonly id: string
  readonly name: string
  readonly kind: 'line' | 'bar' | 'point'
  readonly points: readonly PlotPoint[]
  readonly colour: PlotColour
  readonly stroke?: PlotStroke
  /** Bars with one stack stand on each other. */
  readonly stack?: string
  /** px that points stand beside their category's middle, so that series don't cover each other. */
  readonly aside?: number
}

export interface CategoryAxis {
  readonly kind: 'category'
  readonly name: string
  readonly categories: readonly string[]
}

export interface TimeAxis {
  readonly kind: 'time'
  readonly name: string
  /** IANA name; stands in the axis' name. */
  readonly zone: string
}

export interface ValueAxis {
  /** With its unit: `Hit rate (%)`. */
  readonly name: string
  readonly format: (value: number) => string
  readonly min?: number
  readonly max?: number
  /** A line to compare with: 50%, 0. */
  readonly reference?: { readonly value: number; readonly name: string }
}

export interface PlotData {
  readonly x: CategoryAxis | TimeAxis
  readonly y: ValueAxis
  readonly series: readonly PlotSeries[]
  /** Categories from top to bottom, values to the right: for names too long to stand side by side. */
  readonly sideways?: boolean
}

/** A point by its series' and its own place. */
export interface PlotPlace {
  readonly series: number
  readonly point: number
}

/** The axis' name as it is drawn: a time axis names its zone. */
export function axisName(axis: CategoryAxis | TimeAxis): string {
  return axis.kind === 'time' ? `${axis.name} (${axis.zone})` : axis.name
}

const zones = new Map<string, MarketZone>()

export function zoneNamed(name: string): MarketZone {
  const known = zones.get(name)
  if (known !== undefined) return known
  const zone = new MarketZone(name)
  zones.set(name, zone)
  return zone
}

/**
 * An instant as the axis has it: what a clock in the zone shows, as if that were UTC, so that days begin at the zone's
 * midnight. The hour that happens twice lies over itself, which a plot over days and months doesn't show.
 */
export function onTimeAxis(instant: number, zone: string): number {
  return instant + zoneNamed(zone).offsetMinutes(instant) * 60_000
}

/** Where on the x axis a point stands, in words. */
export function placeText(x: CategoryAxis | TimeAxis, point: PlotPoint): string {
  if (x.kind === 'category') return x.categories[point.x] ?? ''
  return new Date(onTimeAxis(point.x, x.zone)).toISOString().slice(0, 16).replace('T', ' ')
}

/** A point's value in words, with its interval and the counts behind it. */
export function valueText(y: ValueAxis, point: PlotPoint): string {
  if (point.y === null) return 'none'
  const { low, high, note } = point
  const interval =
    low === undefined || low === null || high === undefined || high === null
      ? ''
      : ` (${y.format(low)} to ${y.format(high)})`
  return `${y.format(point.y)}${interval}${note === undefined ? '' : `, ${note}`}`
}

/** All of a point in one sentence: what the tooltip shows and a screen reader says. */
export function pointText(data: PlotData, place: PlotPlace): string {
  const series = data.series[place.series]
  const point = series?.points[place.point]
  if (series === undefined || point === undefined) return ''
  return `${placeText(data.x, point)}: ${series.name} ${valueText(data.y, point)}`
}

/**
 * Where a key leads: left and right over a series' points, up and down to the nearest point of another series, Home and
 * End to its ends. Points without a value are passed over. Sideways, the arrows turn with the plot.
 * @returns null where the key leads nowhere
 */
export function moveOver(data: PlotData, from: PlotPlace | null, key: string): PlotPlace | null {
  const step = stepOf(key, data.sideways === true)
  if (step === null) return null
  if (from === null) {
    const first = firstPlace(data)
    return first !== null && 'to' in step && step.to === 'last' ? moveOver(data, first, key) : first
  }
  if ('to' in step) return along(data, from.series, step.to === 'first' ? -1 : Number.POSITIVE_INFINITY, step)
  if ('along' in step) return along(data, from.series, from.point, step) ?? from
  return across(data, from, step.across) ?? from
}

type Step = { along: 1 | -1 } | { across: 1 | -1 } | { to: 'first' | 'last'; along: 1 | -1 }

function stepOf(key: string, sideways: boolean): Step | null {
  switch (key) {
    case 'ArrowRight':
      return sideways ? { across: 1 } : { along: 1 }
    case 'ArrowLeft':
      return sideways ? { across: -1 } : { along: -1 }
    case 'ArrowDown':
      return sideways ? { along: 1 } : { across: 1 }
    case 'ArrowUp':
      return sideways ? { along: -1 } : { across: -1 }
    case 'Home':
      return { to: 'first', along: 1 }
    case 'End':
      return { to: 'last', along: -1 }
    default:
      return null
  }
}

function firstPlace(data: PlotData): PlotPlace | null {
  for (const series of data.series.keys()) {
    const found = along(data, series, -1, { along: 1 })
    if (found !== null) return found
  }
  return null
}

function along(data: PlotData, series: number, from: number, step: { along: 1 | -1 }): PlotPlace | null {
  const points = data.series[series]?.points ?? []
  const start = Math.min(Math.max(from, -1), points.length)
  for (let point = start + step.along; point >= 0 && point < points.length; point += step.along)
    if (points[point]?.y !== null) return { series, point }
  return null
}

function across(data: PlotData, from: PlotPlace, step: 1 | -1): PlotPlace | null {
  const x = data.series[from.series]?.points[from.point]?.x ?? 0
  for (let series = from.series + step; series >= 0 && series < data.series.length; series += step) {
    const found = nearest(data.series[series]?.points ?? [], x)
    if (found !== null) return { series, point: found }
  }
  return null
}

function nearest(points: readonly PlotPoint[], x: number): number | null {
  let best: number | null = null
  let distance = Number.POSITIVE_INFINITY
  for (const [index, point] of points.entries()) {
    const away = Math.abs(point.x - x)
    if (point.y === null || away >= distance) continue
    best = index
    distance = away
  }
  return best
}
