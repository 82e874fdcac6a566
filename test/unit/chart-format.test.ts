import { describe, expect, it } from 'vitest'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import type { ViewportObject } from '../../schemas/contract/viewport.ts'
import {
  barAt,
  commonRows,
  emptyBars,
  instantAt,
  mergeBars,
  nearestBar,
  orderBars,
  placeOf,
  sameBars,
} from '../../src-renderer/chart/bar-columns.ts'
import { formatDuration, measureTexts } from '../../src-renderer/chart/measure.ts'
import { changesBetween, compareStates } from '../../src-renderer/chart/object-changes.ts'
import { decimalsOf, formatChange, formatPrice, formatVolume } from '../../src-renderer/chart/price-format.ts'
import { firstSeries, symbolsOf, timeframesOf } from '../../src-renderer/chart/series-choice.ts'
import { sessionCalendar } from '../../src-renderer/chart/session-calendar.ts'
import { ZoneOffsets } from '../../src-renderer/chart/zone-offsets.ts'
import { barsAt } from '../support/fake-viewport.ts'
import { seeded } from '../support/seeded.ts'

const offsets = new ZoneOffsets(new MarketZone())
const at = (text: string): number => Date.parse(text)
const MINUTE = 60_000

const priced = (...prices: number[]) => {
  const column = Float64Array.from(prices)
  return { ts: column, open: column, high: column, low: column, close: column, volume: column }
}

describe('figures', () => {
  it('infers decimals from the prices: a few odd ones do not lengthen every label', () => {
    expect(decimalsOf(priced(39_000, 39_005))).toBe(0)
    expect(decimalsOf(priced(5000.25, 5000.5, 5000))).toBe(2)
    expect(decimalsOf(priced(1.08345, 1.08351, 1.0836))).toBe(5)
    expect(decimalsOf(priced(485.55, 485.1, 485.62, 485.0833))).toBe(2)
    expect(decimalsOf(priced(0.1, 0.2))).toBe(2)
    expect(decimalsOf(emptyBars())).toBe(2)
  })

  it('writes prices grouped, changes with a sign, volumes short', () => {
    expect(formatPrice(67_890.1, 2)).toBe('67,890.10')
    expect([formatChange(1.5, 2), formatChange(-1.5, 2), formatChange(-0.001, 2)]).toEqual([
      '+1.50',
      '−1.50',
      '+0.00',
    ])
    expect([845, 12_345, 1_246_278, 1_234_567_890, 0.5].map(formatVolume)).toEqual([
      '845',
      '12.3K',
      '1.25M',
      '1.23B',
      '0.50',
    ])
  })
})

describe('measuring', () => {
  const times = [0, 2, 4, 1_000].map((minute) => minute * MINUTE)

  it('says the change in price with its part, and the bars and the time between', () => {
    const measured = { from: { place: 0, price: 200 }, to: { place: 2, price: 201 } }
    expect(measureTexts(measured, times, 2 * MINUTE, 2)).toEqual(['+1.00 (+0.50%)', '2 bars, 4 m'])
    const back = { from: { place: 3, price: 200 }, to: { place: 2.2, price: 199.5 } }
    expect(measureTexts(back, times, 2 * MINUTE, 2)).toEqual(['−0.50 (−0.25%)', '−1 bar, 16 h 36 m'])
  })

  it('writes durations in their two largest units', () => {
    const durations = [0, 45_000, 48 * MINUTE, 84 * MINUTE, 60 * MINUTE, 74 * 60 * MINUTE].map(formatDuration)
    expect(durations).toEqual(['0 m', '45 s', '48 m', '1 h 24 m', '1 h', '3 d 2 h'])
  })
})

describe('columns of bars', () => {
  it('merge like a map by time in which the newer wins: random chunks', () => {
    const random = seeded('mergeBars')
    for (let round = 0; round < 200; round++) {
      const chunk = (value: number) => {
        const opens = [
          ...new Set(Array.from({ length: random.int(0, 30) }, () => random.int(0, 40) * MINUTE)),
        ]
        const bars = barsAt(opens.sort((a, b) => a - b))
        return { ...bars, volume: bars.volume.map(() => value) }
      }
      const [older, newer] = [chunk(1), chunk(2)]
      const map = new Map<number, number>()
      for (const part of [older, newer])
        for (const [row, ts] of part.ts.entries()) map.set(ts, part.volume[row] ?? 0)
      const expected = [...map].sort((a, b) => a[0] - b[0])
      const merged = mergeBars(older, newer)
      expect([...merged.ts].map((ts, row) => [ts, merged.volume[row]])).toEqual(expected)
    }
  })

  it('are put in order, the last of two at one time kept', () => {
    const bars = { ...barsAt([3, 1, 2, 1]), volume: Float64Array.of(30, 10, 20, 11) }
    const ordered = orderBars(bars)
    expect([...ordered.ts]).toEqual([1, 2, 3])
    expect([...ordered.volume]).toEqual([11, 20, 30])
    const fine = barsAt([1, 2, 3])
    expect(orderBars(fine)).toBe(fine)
  })

  it('are compared by every value', () => {
    const bars = barsAt([1, 2, 3])
    expect(sameBars(bars, barsAt([1, 2, 3]))).toBe(true)
    const other = { ...bars, low: bars.low.map((low, row) => (row === 2 ? low - 1 : low)) }
    expect(sameBars(bars, other)).toBe(false)
    expect(commonRows(bars, other)).toBe(2)
  })

  it('find the bar that contains an instant, and the nearest', () => {
    const times = [10, 20, 50]
    expect([9, 10, 19, 20, 99].map((t) => barAt(times, t))).toEqual([-1, 0, 0, 1, 2])
    expect([0, 14, 16, 34, 36, 99].map((t) => nearestBar(times, t))).toEqual([0, 0, 1, 1, 2, 2])
    expect(nearestBar([], 5)).toBe(-1)
  })

  it('map places to instants and back, through gaps and beyond both ends', () => {
    const times = [1_000, 1_010, 5_000, 5_010]
    for (const place of [-7.5, -1, 0, 0.25, 1, 1.5, 2.75, 3, 3.5, 42]) {
      expect(placeOf(times, instantAt(times, place, 10), 10)).toBeCloseTo(place, 9)
    }
    expect(instantAt(times, 1.5, 10)).toBe(3_005)
    expect(instantAt(times, 5, 10)).toBe(5_030)
  })
})

describe('sessions', () => {
  it('shade what lies outside 08:30–15:00 in Chicago and begin days at its midnight, on both sides of 2024-03-10', () => {
    const opens: number[] = []
    for (const day of ['2024-03-08', '2024-03-11']) {
      for (let i = 0; i < 27; i++) opens.push(at(`${day}T14:15:00Z`) + i * 15 * MINUTE)
    }
    const { closed, starts } = sessionCalendar(opens, 15 * MINUTE, 'intraday', offsets)
    // Before: 14:15–21:00 UTC is 08:15–15:00 CST (the last opens at 14:45), so only the first bar is outside. After: an hour later by the clock.
    expect(closed).toEqual([
      [-0.5, 0.5],
      [49.5, 53.5],
    ])
    expect(starts).toEqual([26.5])
  })

  it('count a candle that begins before the open and reaches into it as regular, and shade whole weekends', () => {
    const hour = [at('2024-03-08T14:00:00Z'), at('2024-03-08T15:00:00Z'), at('2024-03-09T16:00:00Z')]
    expect(sessionCalendar(hour, 60 * MINUTE, 'intraday', offsets).closed).toEqual([[1.5, 2.5]])
    expect(sessionCalendar(hour, 120 * MINUTE, 'intraday', offsets).closed).toEqual([])
  })

  it('rule off months between day bars', () => {
    const days = ['2024-02-28', '2024-02-29', '2024-03-01'].map((day) => at(`${day}T00:00:00Z`))
    expect(sessionCalendar(days, 1_440 * MINUTE, 'utc-days', offsets).starts).toEqual([1.5])
  })
})

describe('series', () => {
  const series = [
    { symbol: 'SPY', timeframe: '15m', firstTs: 0, lastTs: 1 },
    { symbol: 'SPY', timeframe: '2m', firstTs: 0, lastTs: 1 },
    { symbol: 'QQQ', timeframe: '5m', firstTs: 0, lastTs: 1 },
    { symbol: 'SPY', timeframe: '1h', firstTs: 0, lastTs: 1 },
  ]
  it('list symbols and timeframes in their order', () => {
    expect(symbolsOf(series)).toEqual(['QQQ', 'SPY'])
    expect(timeframesOf(series, 'SPY')).toEqual(['2m', '15m', '1h'])
  })

  it('open with what was kept, else with what is nearest to it', () => {
    expect(firstSeries(series, 'SPY', '1h')).toMatchObject({ symbol: 'SPY', timeframe: '1h' })
    expect(firstSeries(series, 'SPY', '4h')).toMatchObject({ symbol: 'SPY', timeframe: '2m' })
    expect(firstSeries(series, 'GONE', '15m')).toMatchObject({ symbol: 'QQQ', timeframe: '5m' })
    const longer = [...series, { symbol: 'IWM', timeframe: '15m', firstTs: -9, lastTs: 1 }]
    expect(firstSeries(longer, undefined, undefined)).toMatchObject({ symbol: 'IWM' })
    expect(firstSeries([], 'SPY', '2m')).toBeNull()
  })
})

describe('what an event changed', () => {
  const state: ViewportObject = {
    id: 'z',
    type: 'zone',
    status: 'active',
    symbol: 'SPY',
    timeframe: '15m',
    top: 402,
    bottom: 401,
    y: null,
    left: null,
    left_ts: at('2024-03-08T14:30:00Z'),
    right_ts: null,
    created_ts: 0,
    updated_ts: 0,
    label: null,
    payload: { side: 'supply', pole: { from_ts: at('2024-03-08T14:30:00Z'), from: 4 } },
    start_ts: 0,
    end_ts: null,
    closed_ts: null,
  }
  const format = { decimals: 2, offsets }

  it('K10: lists the fields that differ, as they read, those of the payload by their path', () => {
    const after = { ...state, status: 'touched', top: 402.5, payload: { side: 'supply', touches: 1 } }
    expect(
      changesBetween(state, after, format).map(({ name, earlier, now }) => [name, earlier, now]),
    ).toEqual([
      ['Status', 'active', 'touched'],
      ['Top', '402.00', '402.50'],
      ['pole.from_ts', '8 Mar 2024 08:30', '–'],
      ['pole.from', '4', '–'],
      ['touches', '–', '1'],
    ])
    expect(changesBetween(undefined, state, format)).toEqual([])
  })

  it('leaves out what an object never had', () => {
    expect(compareStates(state, state, format).map(({ name }) => name)).toEqual([
      'Status',
      'Top',
      'Bottom',
      'From',
      'Timeframe',
      'side',
      'pole.from_ts',
      'pole.from',
    ])
  })
})
