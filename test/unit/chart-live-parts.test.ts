import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LiveHealth, SeriesFeed } from '../../schemas/contract/live.ts'
import { BarClock, countdownText } from '../../src-renderer/chart/bar-clock.ts'
import { emasOf } from '../../src-renderer/chart/ema-columns.ts'
import { changedRows } from '../../src-renderer/chart/ema-lines.ts'
import { type FeedState, IDLE } from '../../src-renderer/chart/feed-state.ts'
import { keptRange, rangeToKeep } from '../../src-renderer/chart/kept-range.ts'
import { amongNew } from '../../src-renderer/chart/live-rows.ts'
import { NewerBars } from '../../src-renderer/chart/newer-bars.ts'
import { liveStore } from '../../src-renderer/state/live.ts'
import { barsAt } from '../support/fake-viewport.ts'

const NOW = Date.parse('2024-03-20T15:31:37.250Z')

function health(part: Partial<SeriesFeed>, folder: LiveHealth['folder'] = { state: 'there' }): LiveHealth {
  const feed: SeriesFeed = {
    symbol: 'SPY',
    timeframe: '2m',
    state: 'live',
    lastTs: NOW - 120_000,
    since: NOW,
    nextCloseAt: Date.parse('2024-03-20T15:32:00Z'),
    ...part,
  }
  const rest = { clock: { state: 'right' }, watching: { mode: 'events' }, unreadable: [] } as const
  return { feeds: [feed], folder, ...rest, lookedAt: NOW }
}

function tell(told: LiveHealth | null): void {
  liveStore.setState({ health: told, heardAt: performance.now() })
}

describe('the countdown', () => {
  const shown: FeedState = { ...IDLE, symbol: 'SPY', timeframe: '2m' }
  const ticks: string[] = []
  const frozen: boolean[] = []
  let series = shown
  let clock: BarClock
  beforeEach(() => {
    vi.useFakeTimers()
    tell(null)
    ticks.length = 0
    frozen.length = 0
    series = shown
    const events = { onTick: (text: string) => ticks.push(text), onFrozen: (is: boolean) => frozen.push(is) }
    clock = new BarClock(() => series, events)
  })
  afterEach(() => {
    clock.end()
    vi.useRealTimers()
  })

  it('F66: ticks once a second by the engine’s clock, ends at nothing, and goes on with the next bar', () => {
    tell(health({}))
    vi.advanceTimersByTime(25_000)
    expect(ticks).toEqual(Array.from({ length: 24 }, (_, i) => `0:${String(23 - i).padStart(2, '0')}`))
    tell(health({ nextCloseAt: NOW + 120_000 }))
    expect(ticks.at(-1)).toBe('2:00')
    vi.advanceTimersByTime(1_000)
    expect(ticks.at(-1)).toBe('1:59')
    expect(frozen).toEqual([])
  })

  it('F66: is silent out of hours, without a calendar, on coarse candles and for a series nobody judges', () => {
    tell(health({ state: 'closed', nextCloseAt: null }))
    tell(health({ state: 'unknown' }))
    tell(health({ symbol: 'QQQ' }))
    series = { ...shown, barsPerCandle: 15 }
    tell(health({}))
    vi.advanceTimersByTime(5_000)
    expect(ticks).toEqual([])
    expect(frozen).toEqual([])
  })

  it('F66: what doesn’t come freezes the chart, and its bar makes it live again', () => {
    tell(health({}))
    tell(health({ state: 'stale' }))
    expect([ticks.at(-1), frozen]).toEqual(['', [true]])
    tell(health({}))
    expect([ticks.at(-1), frozen]).toEqual(['0:23', [true, false]])
    tell(health({}, { state: 'gone', since: NOW, error: { code: 'IO', message: 'gone' } }))
    tell(health({ state: 'ahead' }))
    expect([ticks.at(-1), frozen]).toEqual(['', [true, false, true]])
    tell(null)
    expect(frozen.at(-1)).toBe(false)
  })

  it('F66: keeps its time when nothing is told for hours', () => {
    tell(health({ nextCloseAt: NOW + 3 * 3_600_000 }))
    expect(ticks.at(-1)).toBe('3:00:00')
    vi.advanceTimersByTime(2 * 3_600_000)
    expect(ticks.at(-1)).toBe('1:00:00')
  })

  it('F66: reads as a clock', () => {
    const texts = [-5, 0, 1, 999, 1_000, 59_001, 60_000, 3_599_000, 3_599_001, 36_061_000].map(countdownText)
    const wanted = ['0:00', '0:00', '0:01', '0:01', '0:01', '1:00', '1:00', '59:59', '1:00:00', '10:01:01']
    expect(texts).toEqual(wanted)
  })
})

describe('averages beside bars', () => {
  const column = (period: number, ...values: number[]) => ({ period, values: Float64Array.from(values) })

  it('F65: stand beside their bars whatever became of these: the newer one counts, none is a gap', () => {
    const older = { ts: Float64Array.of(1, 2, 3), emas: [column(13, 10, 20, 30), column(48, 1, 2, 3)] }
    const newer = { ts: Float64Array.of(3, 5), emas: [column(13, 31, 50)] }
    const merged = emasOf(Float64Array.of(0, 2, 3, 4, 5), older, newer)
    expect(merged.map(({ period, values }) => [period, ...values])).toEqual([
      [13, Number.NaN, 20, 31, Number.NaN, 50],
      [48, Number.NaN, 2, 3, Number.NaN, Number.NaN],
    ])
  })

  it('F65: only rows that differ are written, all of them when bars were put in or taken out', () => {
    const [ts, old] = [Float64Array.of(1, 2, 3), Float64Array.of(5, Number.NaN, 7)]
    expect(changedRows(ts, old, Float64Array.of(1, 2, 3, 4), Float64Array.of(5, Number.NaN, 8, 9))).toEqual([
      2, 3,
    ])
    expect(changedRows(ts, old, Float64Array.of(1, 3), Float64Array.of(5, 7))).toBeNull()
    expect(changedRows(ts, old, Float64Array.of(0, 1, 2, 3), Float64Array.of(5, 5, 5, 5))).toBeNull()
    expect(changedRows(new Float64Array(), new Float64Array(), ts, old)).toBeNull()
  })
})

it('F62: newer bars are counted once each, from the last one that was in sight', () => {
  const bars = new NewerBars()
  bars.start(100)
  bars.came([90, 100, 110, 110, 120])
  expect([bars.count, bars.latest]).toEqual([2, 120])
  bars.gone([110])
  expect(bars.count).toBe(1)
  bars.saw(120)
  bars.came([120])
  expect(bars.count).toBe(0)
  bars.came([130])
  bars.recount(Float64Array.of(100, 120, 130, 140))
  expect([bars.count, bars.latest]).toEqual([2, 140])
})

it('K12: a kept view opens where it was, and at the end where the last bar was in sight and others came', () => {
  const series = { symbol: 'SPY', timeframe: '2m', firstTs: 1_000, lastTs: 9_000 }
  const bars = barsAt([1_000, 5_000, 9_000])
  const state = { ...IDLE, bars, atEnd: true }
  const bounds = { from: 1_000, to: 9_000 }
  const atEnd = rangeToKeep({ from: 4_000.2, to: 9_500.7 }, state, bounds)
  expect(atEnd).toEqual({ rangeFrom: 4_000, rangeTo: 9_501, rangeEnd: 9_000 })
  expect(keptRange(atEnd, series)).toEqual({ from: 4_000, to: 9_501 })
  expect(keptRange(atEnd, { ...series, lastTs: 9_120 })).toBeNull()
  const back = rangeToKeep({ from: 2_000, to: 6_000 }, state, bounds)
  expect(keptRange(back, { ...series, lastTs: 99_000 })).toEqual({ from: 2_000, to: 6_000 })
  expect(rangeToKeep({ from: 2_000, to: 9_500 }, { ...state, atEnd: false }, bounds).rangeEnd).toBe(0)
  // A candle of several bars: the last of them counts.
  expect(rangeToKeep({ from: 0, to: 9_500 }, state, { from: 1_000, to: 9_400 }).rangeEnd).toBe(9_400)
  expect(keptRange({}, series)).toBeNull()
  expect(keptRange({ rangeFrom: 20_000, rangeTo: 30_000 }, series)).toBeNull()
  expect(keptRange({ rangeFrom: 0, rangeTo: 500 }, series)).toBeNull()
})

describe('a move that waits for the next frame', () => {
  const old = [10, 20, 30]

  it('F62: goes with the last bar where it shows that, and with what comes in front, and else stays', () => {
    expect(amongNew({ from: -5, to: 4 }, old, [10, 20, 30, 40, 50])).toEqual({ from: -3, to: 6 })
    expect(amongNew({ from: -5, to: 1 }, old, [10, 20, 30, 40, 50])).toEqual({ from: -5, to: 1 })
    expect(amongNew({ from: 0, to: 1 }, old, [0, 5, 10, 20, 30])).toEqual({ from: 2, to: 3 })
    expect(amongNew({ from: 0, to: 2 }, old, [5, 10, 20, 30, 40])).toEqual({ from: 2, to: 4 })
    expect(amongNew({ from: 0, to: 2 }, [], [5, 10])).toEqual({ from: 0, to: 2 })
  })
})
