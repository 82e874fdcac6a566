import type { EChartsCoreOption } from 'echarts/core'
import {
  axisName,
  onTimeAxis,
  type PlotColour,
  type PlotData,
  type PlotPlace,
  type PlotPoint,
  type PlotSeries,
  placeText,
  valueText,
} from './plot-model.ts'

/** The look, read from the tokens in force. */
export interface PlotTheme {
  readonly text: string
  readonly muted: string
  readonly line: string
  readonly lineStrong: string
  readonly surface: string
  readonly font: string
  readonly colours: Readonly<Record<PlotColour, string>>
}

/** px, of everything along the axes. */
const SMALL = 11

/** What ECharts is to draw. Pure: the same data and theme give the same option. */
export function plotOption(data: PlotData, theme: PlotTheme): EChartsCoreOption {
  const sideways = data.sideways === true
  const keys = keyAxis(data, theme)
  const values = valueAxis(data, theme)
  return {
    animation: false,
    // Places on a time axis are the zone's clock as if it were UTC (onTimeAxis), whatever this machine's zone is.
    useUTC: true,
    textStyle: { fontFamily: theme.font, fontSize: SMALL, color: theme.muted },
    grid: {
      left: 12,
      right: 20,
      // Sideways the values stand above: a list of many categories is scrolled, and its head stays what one reads first.
      top: sideways ? 40 : 32,
      bottom: sideways ? 8 : 28,
      outerBoundsMode: 'same',
      outerBoundsContain: 'axisLabel',
    },
    xAxis: sideways ? values : keys,
    yAxis: sideways ? keys : values,
    tooltip: {
      // HTML tooltips carry inline styles in their markup, which the content security policy forbids.
      renderMode: 'richText',
      trigger: 'item',
      confine: true,
      transitionDuration: 0,
      backgroundColor: theme.surface,
      borderColor: theme.lineStrong,
      borderWidth: 1,
      padding: [6, 8],
      textStyle: { color: theme.text, fontFamily: theme.font, fontSize: 12, lineHeight: 18 },
      formatter: (at: { readonly seriesIndex?: number; readonly dataIndex?: number }) =>
        tooltipText(data, { series: at.seriesIndex ?? -1, point: at.dataIndex ?? -1 }),
    },
    series: [
      ...data.series.map((series, index) => drawn(data, series, theme, index)),
      ...data.series.flatMap((series) => whiskers(data, series, theme)),
    ],
  }
}

/** One line a fact; the same that a screen reader says. */
export function tooltipText(data: PlotData, place: PlotPlace): string {
  const series = data.series[place.series]
  const point = series?.points[place.point]
  if (series === undefined || point === undefined) return ''
  const where = placeText(data.x, point)
  return `${where}\n${series.name}: ${valueText(data.y, point)}`
}

function keyAxis(data: PlotData, theme: PlotTheme): object {
  const sideways = data.sideways === true
  const common = {
    name: axisName(data.x),
    nameLocation: sideways ? 'start' : 'middle',
    nameGap: sideways ? 8 : 24,
    nameTextStyle: { color: theme.muted, fontSize: SMALL },
    // At the edge, not at the value zero, where its labels would lie in the plot.
    axisLine: { onZero: false, lineStyle: { color: theme.lineStrong } },
    axisTick: { lineStyle: { color: theme.lineStrong } },
    splitLine: { show: false },
  }
  if (data.x.kind === 'category') {
    return {
      ...common,
      type: 'category',
      data: [...data.x.categories],
      inverse: sideways,
      // Sideways the name would stand over the first category: the view says what the lines are.
      ...(sideways ? { name: '' } : {}),
      axisLabel: {
        color: sideways ? theme.text : theme.muted,
        fontSize: SMALL,
        hideOverlap: true,
        ...(sideways ? { width: 280, overflow: 'truncate', interval: 0 } : {}),
      },
    }
  }
  return {
    ...common,
    type: 'time',
    axisLabel: { color: theme.muted, fontSize: SMALL, hideOverlap: true, formatter: TIME_LABELS },
  }
}

/** ISO dates, as everywhere in the window. */
const TIME_LABELS = {
  year: '{yyyy}',
  month: '{yyyy}-{MM}',
  day: '{MM}-{dd}',
  hour: '{HH}:{mm}',
  minute: '{HH}:{mm}',
  second: '{HH}:{mm}:{ss}',
  millisecond: '{HH}:{mm}:{ss}',
  none: '{yyyy}-{MM}-{dd}',
} as const

function valueAxis(data: PlotData, theme: PlotTheme): object {
  const { y } = data
  const sideways = data.sideways === true
  return {
    type: 'value',
    ...(sideways ? { position: 'top' } : {}),
    name: y.name,
    nameLocation: sideways ? 'middle' : 'end',
    nameGap: sideways ? 24 : 12,
    nameTextStyle: { color: theme.muted, fontSize: SMALL, align: sideways ? 'center' : 'left' },
    // Zero belongs to bars; lines and points are about their own range.
    scale: data.series.every(({ kind }) => kind !== 'bar'),
    ...(y.min === undefined ? {} : { min: y.min }),
    ...(y.max === undefined ? {} : { max: y.max }),
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { color: theme.muted, fontSize: SMALL, formatter: y.format, hideOverlap: true },
    splitLine: { lineStyle: { color: theme.line } },
  }
}

function drawn(data: PlotData, series: PlotSeries, theme: PlotTheme, index: number): object {
  const colour = theme.colours[series.colour]
  const common = {
    id: series.id,
    name: series.name,
    data: series.points.map((point) => dataItem(data, point, theme)),
    ...(index === 0 ? reference(data, theme) : {}),
  }
  switch (series.kind) {
    case 'bar':
      return {
        ...common,
        type: 'bar',
        barMaxWidth: 18,
        barMinHeight: 1,
        itemStyle: { color: colour },
        ...(series.stack === undefined ? {} : { stack: series.stack }),
      }
    case 'line':
      return {
        ...common,
        type: 'line',
        symbol: 'circle',
        symbolSize: 5,
        showSymbol: series.points.length <= 200,
        lineStyle: { color: colour, width: 1.5, type: series.stroke ?? 'solid' },
        itemStyle: { color: colour },
        emphasis: { itemStyle: { borderColor: theme.text, borderWidth: 2 }, lineStyle: { width: 1.5 } },
      }
    case 'point':
      return {
        ...common,
        type: 'scatter',
        symbolSize: 8,
        symbolOffset: data.sideways === true ? [0, series.aside ?? 0] : [series.aside ?? 0, 0],
        itemStyle: { color: colour },
        emphasis: { itemStyle: { borderColor: theme.text, borderWidth: 2 } },
      }
  }
}

/** A point as the axes of the canvas have it, x first. */
export function drawnPlace(data: PlotData, x: number, y: number): [number, number] {
  const key = data.x.kind === 'time' ? onTimeAxis(x, data.x.zone) : x
  return data.sideways === true ? [y, key] : [key, y]
}

function dataItem(data: PlotData, point: PlotPoint, theme: PlotTheme): object {
  return {
    value: point.y === null ? '-' : drawnPlace(data, point.x, point.y),
    ...(point.colour === undefined ? {} : { itemStyle: { color: theme.colours[point.colour] } }),
  }
}

function reference({ y, sideways }: PlotData, theme: PlotTheme): object {
  if (y.reference === undefined) return {}
  const { value, name } = y.reference
  return {
    markLine: {
      silent: true,
      symbol: 'none',
      label: {
        formatter: name,
        color: theme.muted,
        fontSize: SMALL,
        position: sideways === true ? 'start' : 'insideEndTop',
      },
      lineStyle: { color: theme.lineStrong, type: 'dashed', width: 1 },
      data: [sideways === true ? { xAxis: value } : { yAxis: value }],
    },
  }
}

interface DrawingApi {
  value(dimension: number): number
  coord(place: readonly number[]): readonly number[]
}

/** Intervals as a line with two caps, drawn behind the points. */
function whiskers(data: PlotData, series: PlotSeries, theme: PlotTheme): readonly object[] {
  const sideways = data.sideways === true
  const intervals = series.points.flatMap((point) => {
    const { low, high } = point
    if (low === undefined || low === null || high === undefined || high === null) return []
    return [[data.x.kind === 'time' ? onTimeAxis(point.x, data.x.zone) : point.x, low, high]]
  })
  if (intervals.length === 0) return []
  const style = { stroke: theme.colours[series.colour], lineWidth: 1.5, opacity: 0.6 }
  const line = (from: readonly number[], to: readonly number[]): object => ({
    type: 'line',
    shape: { x1: from[0], y1: from[1], x2: to[0], y2: to[1] },
    style,
  })
  const aside = (at: readonly number[], by: number): readonly number[] =>
    sideways ? [at[0] ?? 0, (at[1] ?? 0) + by] : [(at[0] ?? 0) + by, at[1] ?? 0]
  return [
    {
      type: 'custom',
      silent: true,
      z: 1,
      tooltip: { show: false },
      encode: sideways ? { x: [1, 2], y: 0 } : { x: 0, y: [1, 2] },
      data: intervals,
      renderItem: (_parameters: unknown, api: DrawingApi) => {
        const [x, low, high] = [api.value(0), api.value(1), api.value(2)]
        const from = aside(api.coord(sideways ? [low, x] : [x, low]), series.aside ?? 0)
        const to = aside(api.coord(sideways ? [high, x] : [x, high]), series.aside ?? 0)
        const caps = [from, to].map((at) => line(aside(at, -4), aside(at, 4)))
        return { type: 'group', children: [line(from, to), ...caps] }
      },
    },
  ]
}
