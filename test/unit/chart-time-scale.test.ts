import type { InternalHorzScaleItem, Mutable, TickMark, TimeScalePoint } from 'lightweight-charts'
import { describe, expect, it } from 'vitest'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import {
  type BarKind,
  barKind,
  formatBarTime,
  formatShort,
  tradingDate,
  zoneLabel,
} from '../../src-renderer/chart/chicago-format.ts'
import { ChicagoTimeScale, markWeight } from '../../src-renderer/chart/chicago-time-scale.ts'
import { ZoneOffsets } from '../../src-renderer/chart/zone-offsets.ts'

const MINUTE = 60_000
const zone = new MarketZone()
const offsets = new ZoneOffsets(zone)
const at = (text: string): number => Date.parse(text)

function scaleOf(instants: readonly number[], kind: BarKind = 'intraday') {
  const scale = new ChicagoTimeScale(offsets)
  scale.kind = kind
  const points = instants.map((instant): Mutable<TimeScalePoint> => {
    const time = (instant / 1000) as never
    return {
      timeWeight: 0 as TimeScalePoint['timeWeight'],
      time: scale.convertHorzItemToInternal(time),
      originalTime: time,
    }
  })
  scale.fillWeightsForPoints(points, 0)
  const mark = (index: number) => {
    const point = points[index]
    if (point === undefined) throw new Error(`no point ${index}`)
    const { time, timeWeight: weight, originalTime } = point
    return scale.formatTickmark({ index, time, weight, originalTime } as unknown as TickMark)
  }
  const weight = (index: number) => Number(points[index]?.timeWeight)
  return { scale, points, mark, weight }
}

const every = (from: string, to: string, minutes: number): number[] => {
  const list: number[] = []
  for (let instant = at(from); instant <= at(to); instant += minutes * MINUTE) list.push(instant)
  return list
}

describe('ZoneOffsets', () => {
  it('agrees with Intl at every quarter-hour around both changes of 2024 and through a plain week', () => {
    let checked = 0
    for (const [from, to] of [
      ['2024-03-05T00:00:00Z', '2024-03-13T00:00:00Z'],
      ['2024-10-31T00:00:00Z', '2024-11-07T00:00:00Z'],
      ['2024-07-01T00:00:00Z', '2024-07-04T00:00:00Z'],
      ['1969-12-28T00:00:00Z', '1970-01-04T00:00:00Z'],
    ] as const) {
      for (const instant of every(from, to, 15)) {
        expect(offsets.minutesAt(instant)).toBe(zone.offsetMinutes(instant))
        expect(offsets.minutesAt(instant + 899_999)).toBe(zone.offsetMinutes(instant + 899_999))
        checked++
      }
    }
    expect(checked).toBeGreaterThan(2000)
  })

  it('asks Intl a few times for thousands of bars', () => {
    let asked = 0
    class Counting extends MarketZone {
      override offsetMinutes(instant: number): number {
        asked++
        return super.offsetMinutes(instant)
      }
    }
    const counted = new ZoneOffsets(new Counting())
    for (const instant of every('2024-01-01T00:00:00Z', '2024-12-31T00:00:00Z', 15))
      counted.minutesAt(instant)
    expect(asked).toBeGreaterThan(0)
    expect(asked).toBeLessThan(150)
  })

  it('knows the hour that happens twice and no other', () => {
    const ambiguous = every('2024-11-03T00:00:00Z', '2024-11-04T00:00:00Z', 15).filter((i) =>
      offsets.isAmbiguous(i),
    )
    expect(ambiguous[0]).toBe(at('2024-11-03T06:00:00Z'))
    expect(ambiguous.at(-1)).toBe(at('2024-11-03T07:45:00Z'))
    expect(ambiguous).toHaveLength(8)
    expect(
      every('2024-03-10T00:00:00Z', '2024-03-11T00:00:00Z', 15).some((i) => offsets.isAmbiguous(i)),
    ).toBe(false)
  })

  it('works in a zone whose change is not a whole hour', () => {
    const lordHowe = new ZoneOffsets(new MarketZone('Australia/Lord_Howe'))
    const repeated = every('2024-04-06T12:00:00Z', '2024-04-06T18:00:00Z', 15).filter((i) =>
      lordHowe.isAmbiguous(i),
    )
    expect(repeated.map((i) => new Date(i).toISOString().slice(11, 16))).toEqual([
      '14:30',
      '14:45',
      '15:00',
      '15:15',
    ])
  })
})

describe('ChicagoTimeScale', () => {
  it('K1: puts the day mark at Chicago midnight on both sides of 2024-03-10', () => {
    const bars = every('2024-03-08T12:00:00Z', '2024-03-12T12:00:00Z', 30)
    const { points, weight, mark } = scaleOf(bars)
    const days = points.flatMap((_, index) => (index > 0 && weight(index) >= 50 ? [index] : []))
    expect(days.map((index) => new Date(bars[index] ?? 0).toISOString())).toEqual([
      '2024-03-09T06:00:00.000Z',
      '2024-03-10T06:00:00.000Z',
      '2024-03-11T05:00:00.000Z',
      '2024-03-12T05:00:00.000Z',
    ])
    expect(days.map(mark)).toEqual(['Sat 9', 'Sun 10', 'Mon 11', 'Tue 12'])
  })

  it('K1: skips from 01:30 to 03:00 in March and marks the step with at least an hour', () => {
    const bars = every('2024-03-10T06:30:00Z', '2024-03-10T09:00:00Z', 30)
    const { mark, weight } = scaleOf(bars)
    expect(bars.map((_, index) => mark(index)).slice(1)).toEqual([
      '01:00',
      '01:30',
      '03:00',
      '03:30',
      '04:00',
    ])
    expect(weight(3)).toBeGreaterThanOrEqual(30)
  })

  it('K1: shows the doubled hour of November in order, names its second round and marks where it begins', () => {
    const bars = every('2024-11-03T05:30:00Z', '2024-11-03T08:30:00Z', 30)
    const { scale, points, mark, weight } = scaleOf(bars)
    expect(bars.map((_, index) => mark(index)).slice(1)).toEqual([
      '01:00',
      '01:30',
      '01:00 CST',
      '01:30 CST',
      '02:00',
      '02:30',
    ])
    expect(weight(3)).toBeGreaterThanOrEqual(30)
    const labels = points.map((point) => scale.formatHorzItem(point.time as InternalHorzScaleItem))
    expect(labels[0]).toBe('Sun 3 Nov 2024 00:30')
    expect(labels[1]).toBe('Sun 3 Nov 2024 01:00 CDT')
    expect(labels[3]).toBe('Sun 3 Nov 2024 01:00 CST')
    expect(labels[5]).toBe('Sun 3 Nov 2024 02:00')
    expect(new Set(points.map((point) => scale.key(point.time))).size).toBe(bars.length)
  })

  it('K1: gives months and years their weight by Chicago date, not by UTC', () => {
    const bars = every('2023-12-31T23:00:00Z', '2024-01-01T12:00:00Z', 60)
    const { points, mark, weight } = scaleOf(bars)
    const year = points.findIndex((_, index) => index > 0 && weight(index) === 70)
    expect(new Date(bars[year] ?? 0).toISOString()).toBe('2024-01-01T06:00:00.000Z')
    expect(mark(year)).toBe('2024')
  })

  it('weighs points from an index on as it does from the start', () => {
    const bars = every('2024-11-02T12:00:00Z', '2024-11-04T12:00:00Z', 15)
    const whole = scaleOf(bars)
    const again = scaleOf(bars)
    for (const point of again.points.slice(100)) point.timeWeight = 0 as TimeScalePoint['timeWeight']
    again.scale.fillWeightsForPoints(again.points, 100)
    expect(again.points.map((p) => p.timeWeight)).toEqual(whole.points.map((p) => p.timeWeight))
  })

  it('K1: carries the trading date on bars of a day: the UTC date of stored ones, the Chicago date of gathered ones', () => {
    const utcMidnights = ['2024-02-29', '2024-03-01', '2024-03-04'].map((day) => at(`${day}T00:00:00Z`))
    const { points, scale, mark, weight } = scaleOf(utcMidnights, 'utc-days')
    expect(mark(1)).toBe('Mar')
    expect(weight(2)).toBe(50)
    expect(mark(2)).toBe('Mon 4')
    expect(points.map((point) => scale.formatHorzItem(point.time))).toEqual([
      'Thu 29 Feb 2024',
      'Fri 1 Mar 2024',
      'Mon 4 Mar 2024',
    ])
    expect(formatBarTime(at('2024-03-12T00:00:00Z'), 'zone-days', offsets)).toBe('Mon 11 Mar 2024')
    expect(tradingDate(at('2024-03-12T02:00:00Z'), 'zone-days', offsets)).toBe(at('2024-03-11T00:00:00Z'))
  })

  it('tells from the level whether a clock or a date belongs to a bar', () => {
    expect(['30m', '12h'].map((label) => barKind('2m', label))).toEqual(['intraday', 'intraday'])
    expect(['1d', '1w', '1mo', '2y'].map((label) => barKind('2m', label))).toEqual(Array(4).fill('zone-days'))
    expect(barKind('1D', '1mo')).toBe('utc-days')
  })

  it('has no clock weights on a daily axis', () => {
    expect(markWeight(at('2024-03-01T12:00:00Z'), at('2024-03-01T00:00:00Z'), 'utc-days')).toBe(0)
    expect(markWeight(at('2024-03-01T12:00:00Z'), at('2024-03-01T00:00:00Z'), 'intraday')).toBe(33)
  })
})

describe('times for people', () => {
  it('K1: names the zone once, and both names where the view crosses a change', () => {
    expect(zoneLabel(at('2024-02-01T12:00:00Z'), at('2024-03-01T12:00:00Z'), offsets)).toBe('Chicago (CST)')
    expect(zoneLabel(at('2024-03-01T12:00:00Z'), at('2024-04-01T12:00:00Z'), offsets)).toBe(
      'Chicago (CST/CDT)',
    )
  })

  it('writes instants short, with seconds only where there are some', () => {
    expect(formatShort(at('2024-03-08T14:30:00Z'), offsets)).toBe('8 Mar 2024 08:30')
    expect(formatShort(at('2024-03-08T14:30:07Z'), offsets)).toBe('8 Mar 2024 08:30:07')
  })
})
