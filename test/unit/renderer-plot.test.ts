import { describe, expect, it } from 'vitest'
import {
  axisName,
  lookOf,
  moveOver,
  onTimeAxis,
  type PlotData,
  type PlotPlace,
  pointText,
} from '../../src-renderer/ui/plot-model.ts'
import { drawnPlace, type PlotTheme, plotOption, tooltipText } from '../../src-renderer/ui/plot-option.ts'

const ZONE = 'America/Chicago'
const percent = (value: number) => `${Math.round(value * 100)}%`

const lines: PlotData = {
  x: { kind: 'time', name: 'Time', zone: ZONE },
  y: { name: 'Hit rate (%)', format: percent, reference: { value: 0.5, name: '50%' } },
  series: [
    {
      id: 'a',
      name: 'adx',
      kind: 'line',
      colour: 'accent',
      points: [
        { x: Date.parse('2024-03-08T06:00:00Z'), y: null },
        { x: Date.parse('2024-03-09T06:00:00Z'), y: 0.25 },
        { x: Date.parse('2024-03-11T05:00:00Z'), y: 0.75, low: 0.5, high: 0.9, note: '6 of 8' },
      ],
    },
    {
      id: 'b',
      name: 'rsi',
      kind: 'line',
      colour: 'waiting',
      points: [{ x: Date.parse('2024-03-10T00:00:00Z'), y: 1 }],
    },
  ],
}

const theme: PlotTheme = {
  text: '#111',
  muted: '#222',
  line: '#333',
  lineStrong: '#444',
  surface: '#555',
  font: 'sans',
  colours: {
    accent: '#a',
    waiting: '#b',
    problem: '#c',
    compacted: '#d',
    'text-muted': '#e',
    up: '#f',
    down: '#0',
  },
}

describe('plots', () => {
  it('N15: a time axis names its zone and has days begin at its midnight, on both sides of a clock change', () => {
    expect(axisName(lines.x)).toBe('Time (America/Chicago)')
    const wall = (text: string) => new Date(onTimeAxis(Date.parse(text), ZONE)).toISOString()
    expect(wall('2024-03-09T06:00:00Z')).toBe('2024-03-09T00:00:00.000Z')
    expect(wall('2024-03-11T05:00:00Z')).toBe('2024-03-11T00:00:00.000Z')
  })

  it('N15: a point is told in words with its interval and the counts behind it', () => {
    expect(pointText(lines, { series: 0, point: 2 })).toBe('2024-03-11 00:00: adx 75% (50% to 90%), 6 of 8')
    expect(pointText(lines, { series: 0, point: 9 })).toBe('')
    expect(tooltipText(lines, { series: 1, point: 0 })).toBe('2024-03-09 18:00\nrsi: 100%')
    // The whiskers are series of their own and have no words.
    expect(tooltipText(lines, { series: 2, point: 0 })).toBe('')
  })

  it('N15: arrows move over the points that there are, up and down to the nearest of another series', () => {
    const path = [
      'ArrowRight',
      'ArrowRight',
      'ArrowRight',
      'ArrowDown',
      'ArrowDown',
      'ArrowUp',
      'End',
      'Home',
      'x',
    ]
    let here: PlotPlace | null = null
    const visited = path.map((key) => {
      const to = moveOver(lines, here, key)
      here = to ?? here
      return to && [to.series, to.point]
    })
    expect(visited).toEqual([[0, 1], [0, 2], [0, 2], [1, 0], [1, 0], [0, 1], [0, 2], [0, 1], null])
    expect(moveOver({ ...lines, series: [] }, null, 'ArrowRight')).toBeNull()
    expect(moveOver(lines, null, 'End')).toEqual({ series: 0, point: 2 })
    // Sideways, the categories stand below each other.
    const sideways = { ...lines, sideways: true }
    expect(moveOver(sideways, { series: 0, point: 1 }, 'ArrowDown')).toEqual({ series: 0, point: 2 })
    expect(moveOver(sideways, { series: 0, point: 1 }, 'ArrowRight')).toEqual({ series: 1, point: 0 })
  })

  it('N15: what is drawn has names on both axes, no animation, no HTML in tooltips, and a gap where nothing was measured', () => {
    const option = plotOption(lines, theme)
    expect(option).toMatchObject({
      animation: false,
      useUTC: true,
      tooltip: { renderMode: 'richText' },
      xAxis: { type: 'time', name: 'Time (America/Chicago)' },
      yAxis: { type: 'value', name: 'Hit rate (%)', scale: true },
    })
    const series = option.series as readonly { type: string; data: readonly unknown[] }[]
    expect(series.map(({ type }) => type)).toEqual(['line', 'line', 'custom'])
    expect(series[0]?.data[0]).toEqual({ value: '-' })
    expect(series[0]?.data[2]).toEqual({ value: [Date.parse('2024-03-11T00:00:00Z'), 0.75] })
    expect(drawnPlace({ ...lines, sideways: true }, Date.parse('2024-03-09T06:00:00Z'), 3)).toEqual([
      3,
      Date.parse('2024-03-09T00:00:00Z'),
    ])
  })

  it('N15: series beyond the colours differ by their stroke', () => {
    const looks = Array.from({ length: 15 }, (_, index) => JSON.stringify(lookOf(index)))
    expect(new Set(looks).size).toBe(15)
  })
})
