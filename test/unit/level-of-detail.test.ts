import { describe, expect, it } from 'vitest'
import { MarketZone, parseInstant } from '../../schemas/contract/market-time.ts'
import { parseTimeframe } from '../../schemas/contract/timeframe.ts'
import type { CandleColumns } from '../../schemas/contract/viewport.ts'
import { firstAtOrAfter, runBetween } from '../../src-main/store/read/bar-runs.ts'
import { aggregate, chooseLevel, ladderOf } from '../../src-main/store/read/level-of-detail.ts'

const zone = new MarketZone()
const MINUTE = 60_000

/** Bars at wall-clock times; open, high, low, close are 10, 12, 8, 11 plus the index, volume 1. */
function columnsAt(times: readonly string[]): CandleColumns {
  const ts = Float64Array.from(times, (time) => parseInstant(time, zone))
  const plus = (base: number): Float64Array => Float64Array.from(times, (_, index) => base + index)
  return {
    ts,
    open: plus(10),
    high: plus(12),
    low: plus(8),
    close: plus(11),
    volume: new Float64Array(ts.length).fill(1),
  }
}

function every(minutes: number, from: string, to: string): string[] {
  const times: string[] = []
  for (let at: number = parseInstant(from, zone); at <= parseInstant(to, zone); at += minutes * MINUTE)
    times.push(new Date(at).toISOString())
  return times
}

function candles(times: readonly string[], timeframe: string, label: string): CandleColumns {
  const columns = columnsAt(times)
  const level = ladderOf(parseTimeframe(timeframe), zone).find((step) => step.label === label)
  if (level === undefined) throw new Error(`no level ${label}`)
  return aggregate([{ columns, start: 0, end: columns.ts.length }], level)
}

function clockTimes(columns: CandleColumns): string[] {
  return Array.from(columns.ts, (ts) => {
    const { month, day, hour, minute } = zone.wallClock(ts)
    return `${month}/${day} ${hour}:${String(minute).padStart(2, '0')}`
  })
}

describe('firstAtOrAfter', () => {
  it('finds the first at or after, wherever it starts', () => {
    const ts = Float64Array.from([2, 4, 4.5, 8, 16, 32])
    for (let start = 0; start <= ts.length; start++) {
      for (let end = start; end <= ts.length; end++) {
        for (const instant of [1, 2, 3, 4, 5, 8, 9, 31, 32, 33]) {
          let expected = start
          while (expected < end && (ts[expected] ?? 0) < instant) expected++
          expect(firstAtOrAfter(ts, instant, start, end)).toBe(expected)
        }
      }
    }
  })

  it('R1: bounds are inclusive on both sides, and need not be whole', () => {
    const columns = columnsAt(every(2, '2024-03-08T08:30', '2024-03-08T08:38'))
    const first = columns.ts[0] ?? 0
    const between = (from: number, to: number): number[] => {
      const { start, end } = runBetween(columns, from, to)
      return [start, end]
    }
    expect(between(first, first)).toEqual([0, 1])
    expect(between(first + 1, first + 4 * MINUTE)).toEqual([1, 3])
    expect(between(first - 0.5, first + 4 * MINUTE - 0.5)).toEqual([0, 2])
    expect(between(first + 20 * MINUTE, first)).toEqual([5, 5])
  })
})

describe('level of detail', () => {
  it('R6: the ladder is whole multiples up to 12h, then days, weeks, months and years', () => {
    const labels = (timeframe: string): string[] =>
      ladderOf(parseTimeframe(timeframe), zone).map(({ label }) => label)
    expect(labels('2m').slice(0, 16).join(' ')).toBe('2m 4m 6m 10m 12m 20m 30m 1h 2h 3h 4h 6h 12h 1d 1w 1mo')
    expect(labels('15m').slice(0, 10).join(' ')).toBe('15m 30m 1h 2h 3h 4h 6h 12h 1d 1w')
    expect(labels('1d').slice(0, 5).join(' ')).toBe('1d 1w 1mo 1y 2y')
    expect(labels('7m').slice(0, 8).join(' ')).toBe('7m 14m 28m 56m 112m 224m 448m 1d')
    for (const level of ladderOf(parseTimeframe('2m'), zone).slice(1)) expect(level.bars).toBeGreaterThan(1)
  })

  it('R6: open first, high max, low min, close last, volume sum, ts the first bar’s', () => {
    const found = candles(every(2, '2024-03-08T08:32', '2024-03-08T08:42'), '2m', '6m')
    expect(clockTimes(found)).toEqual(['3/8 8:32', '3/8 8:36', '3/8 8:42'])
    expect([...found.open]).toEqual([10, 12, 15])
    expect([...found.high]).toEqual([13, 16, 17])
    expect([...found.low]).toEqual([8, 10, 13])
    expect([...found.close]).toEqual([12, 15, 16])
    expect([...found.volume]).toEqual([2, 3, 1])
  })

  it('R6: multiples start at 08:30 and end at midnight, in winter and in summer', () => {
    for (const day of ['2024-03-08', '2024-03-11']) {
      const short = day.replace('2024-0', '').replace('-0', '/').replace('-', '/')
      const found = candles(every(15, `${day}T00:00`, `${day}T23:45`), '15m', '3h')
      const opens = ['0:00', '2:30', '5:30', '8:30', '11:30', '14:30', '17:30', '20:30', '23:30']
      expect(clockTimes(found)).toEqual(opens.map((open) => `${short} ${open}`))
    }
  })

  it('R6: a multiple never holds bars of two days, though its length would', () => {
    const found = candles(every(15, '2024-03-07T20:30', '2024-03-08T08:30'), '15m', '12h')
    expect(clockTimes(found)).toEqual(['3/7 20:30', '3/8 0:00', '3/8 8:30'])
  })

  it('R6: the day of 23 hours and the day of 25 hours are one candle each', () => {
    const spring = candles(every(15, '2024-03-09T00:00', '2024-03-11T23:45'), '15m', '1d')
    expect([...spring.volume]).toEqual([96, 92, 96])
    const autumn = candles(every(15, '2024-11-02T00:00', '2024-11-04T23:45'), '15m', '1d')
    expect([...autumn.volume]).toEqual([96, 100, 96])
  })

  it('R10: in the hour that happens twice elapsed time counts, so candles stay in order', () => {
    const night = candles(every(15, '2024-11-03T00:30', '2024-11-03T03:15'), '15m', '1h')
    // 01:00 to 01:59 is there twice: two candles that both begin at 01:30, one in daylight time.
    expect(clockTimes(night)).toEqual(['11/3 0:30', '11/3 1:30', '11/3 1:30', '11/3 2:30'])
    expect([...night.volume]).toEqual([4, 4, 4, 4])
  })

  it('R6: weeks begin on Monday, months and years on their first day, by the market’s clock', () => {
    const days = every(24 * 60, '2024-12-27T18:30', '2025-01-07T18:30')
    expect(clockTimes(candles(days, '15m', '1w'))).toEqual(['12/27 18:30', '12/30 18:30', '1/6 18:30'])
    expect(clockTimes(candles(days, '15m', '1mo'))).toEqual(['12/27 18:30', '1/1 18:30'])
    expect(clockTimes(candles(days, '15m', '1y'))).toEqual(['12/27 18:30', '1/1 18:30'])
  })

  it('R10: bars of a day carry a date: Monday’s, stamped 00:00 UTC, begins the week', () => {
    const days = every(24 * 60, '2024-03-08T00:00Z', '2024-03-19T00:00Z')
    const weeks = candles(days, '1d', '1w')
    expect(Array.from(weeks.ts, (ts) => new Date(ts).toISOString().slice(0, 10))).toEqual([
      '2024-03-08',
      '2024-03-11',
      '2024-03-18',
    ])
  })

  it('R6: the finest level that fits is chosen; no maxBars, or enough of them, means the bars', () => {
    const columns = columnsAt(every(2, '2024-03-08T08:30', '2024-03-08T14:58'))
    const runs = [{ columns, start: 0, end: columns.ts.length }]
    const ladder = ladderOf(parseTimeframe('2m'), zone)
    const choose = (maxBars?: number): string => chooseLevel(ladder, runs, maxBars).label
    expect(columns.ts.length).toBe(195)
    expect([choose(), choose(195), choose(194), choose(98), choose(97), choose(65)]).toEqual([
      '2m',
      '2m',
      '4m',
      '4m',
      '6m',
      '6m',
    ])
    expect([choose(64), choose(7), choose(6), choose(1)]).toEqual(['10m', '1h', '2h', '12h'])
    expect(chooseLevel(ladder, [], 1).label).toBe('2m')
  })

  it('R10: one candle can hold everything that can be stored', () => {
    const columns = columnsAt([
      '1974-01-01T00:00Z',
      '1999-12-31T00:00Z',
      '2000-01-01T12:00Z',
      '9998-01-01T00:00Z',
    ])
    const level = chooseLevel(ladderOf(parseTimeframe('2m'), zone), [{ columns, start: 0, end: 4 }], 1)
    expect(level.label).toBe('10000y')
    expect(aggregate([{ columns, start: 0, end: 4 }], level).volume).toEqual(Float64Array.of(4))
  })

  it('R6: runs of separate days give what one run of all would', () => {
    const columns = columnsAt(every(15, '2024-03-06T00:00', '2024-03-12T23:45'))
    const whole = [{ columns, start: 3, end: columns.ts.length - 5 }]
    const cuts = [3, 3, 96, 97, 300, columns.ts.length - 5]
    const pieces = cuts.slice(1).map((end, index) => ({ columns, start: cuts[index] ?? 0, end }))
    for (const level of ladderOf(parseTimeframe('15m'), zone))
      expect(aggregate(pieces, level)).toEqual(aggregate(whole, level))
  })
})
