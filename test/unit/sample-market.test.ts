import { describe, expect, it } from 'vitest'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import { isTradingDay, sessionOf, tradingDaysUpTo } from '../../schemas/contract/trading-calendar.ts'
import { sampleDays } from '../../src-main/ingest/sample/days.ts'
import { joined, minuteBars } from '../../src-main/ingest/sample/market.ts'
import { objectEvents } from '../../src-main/ingest/sample/objects.ts'
import { candleValidator, objectEventValidator } from '../../src-main/store/write/validate.ts'

const zone = new MarketZone()
const spy = { symbol: 'SPY', price: 500, dailyVolatility: 0.007, minuteVolume: 160_000 }
const sessionsUpTo = (end: string, count: number) =>
  tradingDaysUpTo(end, count).map((day) => sessionOf(day, zone))
const utc = (ts: number) => new Date(ts).toISOString()

describe('the trading calendar', () => {
  it.each([
    // Holidays as the exchange published them.
    ['2021-12-24', false],
    ['2021-12-31', true],
    ['2022-06-20', false],
    ['2023-01-02', false],
    ['2024-01-15', false],
    ['2024-02-19', false],
    ['2024-03-29', false],
    ['2024-05-27', false],
    ['2024-06-19', false],
    ['2024-07-04', false],
    ['2024-09-02', false],
    ['2024-11-28', false],
    ['2024-12-25', false],
    ['2025-04-18', false],
    ['2026-07-03', false],
    ['2024-03-28', true],
    ['2024-03-30', false],
    ['2024-03-10', false],
  ])('%s trades: %s', (day, trades) => expect(isTradingDay(day)).toBe(trades))

  it('T1: a session is 08:30–15:00 in Chicago on both sides of both daylight-saving changes', () => {
    const span = (day: string) => [utc(sessionOf(day, zone).open), utc(sessionOf(day, zone).close)]
    expect(span('2024-03-08')).toEqual(['2024-03-08T14:30:00.000Z', '2024-03-08T21:00:00.000Z'])
    expect(span('2024-03-11')).toEqual(['2024-03-11T13:30:00.000Z', '2024-03-11T20:00:00.000Z'])
    expect(span('2024-11-01')).toEqual(['2024-11-01T13:30:00.000Z', '2024-11-01T20:00:00.000Z'])
    expect(span('2024-11-04')).toEqual(['2024-11-04T14:30:00.000Z', '2024-11-04T21:00:00.000Z'])
    expect(span('2024-11-29')).toEqual(['2024-11-29T14:30:00.000Z', '2024-11-29T18:00:00.000Z'])
  })
})

describe('the sample market', () => {
  const sessions = sessionsUpTo('2024-03-14', 6)

  it('is the same for the same seed and another for another', () => {
    expect(minuteBars(spy, sessions, 7)).toEqual(minuteBars(spy, sessions, 7))
    expect(minuteBars(spy, sessions, 8)).not.toEqual(minuteBars(spy, sessions, 7))
  })

  it('fills each session with whole bars of each timeframe, and nothing outside', () => {
    const days = sampleDays(tradingDaysUpTo('2024-03-14', 6), 1, zone)
    for (const { date, bars } of days) {
      const { open, close } = sessionOf(date, zone)
      const of = (timeframe: string) =>
        bars.filter((bar) => bar.symbol === 'SPY' && bar.timeframe === timeframe)
      expect([of('2m').length, of('5m').length, of('15m').length]).toEqual([195, 78, 26])
      for (const bar of bars) expect(bar.ts >= open && bar.ts < close, utc(bar.ts)).toBe(true)
    }
    expect(days.flatMap(({ bars }) => bars).every((bar) => bar.high - bar.low < 0.03 * bar.close)).toBe(true)
  })

  it('tells of one market in every timeframe: opens, closes, extremes and volumes agree', () => {
    for (const minutes of minuteBars(spy, sessions, 3)) {
      const fives = joined(minutes, 5)
      expect(joined(fives, 3)).toEqual(joined(minutes, 15))
      for (const length of [2, 5, 15]) {
        const bars = joined(minutes, length)
        expect(bars.reduce((sum, { volume }) => sum + volume, 0)).toBe(
          minutes.reduce((sum, { volume }) => sum + volume, 0),
        )
        expect(Math.max(...bars.map(({ high }) => high))).toBe(Math.max(...minutes.map(({ high }) => high)))
        expect(bars.at(-1)?.close).toBe(minutes.at(-1)?.close)
      }
    }
  })

  it('is busier at the open and the close than at noon, and gaps overnight', () => {
    const days = minuteBars(spy, sessionsUpTo('2024-06-28', 60), 1)
    const mean = (from: number, to: number) =>
      days.reduce((sum, day) => sum + day.slice(from, to).reduce((total, { volume }) => total + volume, 0), 0)
    expect(mean(0, 30)).toBeGreaterThan(1.5 * mean(180, 210))
    expect(mean(360, 390)).toBeGreaterThan(1.2 * mean(180, 210))
    const gaps = days
      .slice(1)
      .map((day, index) => Math.abs((day[0]?.open ?? 0) / (days[index]?.at(-1)?.close ?? 1) - 1))
    expect(gaps.filter((gap) => gap > 0.0005).length).toBeGreaterThan(40)
  })

  it('V4, V7: every bar and event is what the store takes', () => {
    const candles = candleValidator(zone)
    const events = objectEventValidator(zone)
    for (const day of sampleDays(tradingDaysUpTo('2024-03-14', 10), 1, zone)) {
      for (const bar of day.bars) expect(candles.check(bar)).not.toHaveProperty('rejection')
      for (const event of day.events) expect(events.check(event)).not.toHaveProperty('rejection')
    }
  })
})

describe('the objects of the sample', () => {
  const sessions = sessionsUpTo('2024-03-14', 10)
  const seeds = [1, 2, 3, 4, 5]

  it.each(seeds)('seed %i: know nothing of what comes later', (seed) => {
    const minutes = minuteBars(spy, sessions, seed)
    const whole = objectEvents('SPY', sessions, minutes).flat()
    const day = 5
    const cut = 15 * 13
    const known = minutes.map((bars, index) => (index < day ? bars : index === day ? bars.slice(0, cut) : []))
    const until = (sessions[day]?.open ?? 0) + cut * 60_000
    const early = objectEvents('SPY', sessions, known)
      .flat()
      .filter(({ ts }) => ts <= until)
    expect(early.length).toBeGreaterThan(20)
    expect(early).toEqual(whole.filter(({ ts }) => ts <= until))
  })

  it.each(seeds)('seed %i: zones stand on a swing, end with a reason, and their lives make sense', (seed) => {
    const minutes = minuteBars(spy, sessions, seed)
    const events = objectEvents('SPY', sessions, minutes).flat()
    const quarters = minutes.flatMap((bars) => joined(bars, 15))
    const standing = new Set<string>()
    for (const event of events) {
      if (event.type === 'marker') continue
      expect(standing.has(event.object_id), `${event.action} ${event.object_id}`).toBe(
        event.action !== 'create',
      )
      if (event.action === 'create') standing.add(event.object_id)
      if (event.action === 'close') standing.delete(event.object_id)
      expect(event.reason).toBeTruthy()
      if (event.type !== 'zone' || event.action !== 'create') continue
      const swing = quarters.find(({ ts }) => ts === event.left_ts)
      const edge = event.payload !== undefined && 'side' in (event.payload ?? {}) && event.label === 'Supply'
      expect(edge ? swing?.high : swing?.low).toBe(edge ? event.top : event.bottom)
      expect(event.ts).toBeGreaterThan(event.left_ts ?? 0)
      expect(event.top).toBeGreaterThan(event.bottom ?? 0)
    }
    expect(events.map(({ ts }) => ts)).toEqual(events.map(({ ts }) => ts).sort((a, b) => a - b))
    expect(events.map(({ step }) => step)).toEqual(events.map((_, index) => index))
  })

  it('of the default seed show every kind, with zones standing at the end', () => {
    const kinds = new Set<string>()
    const standing = new Set<string>()
    for (const event of objectEvents('SPY', sessions, minuteBars(spy, sessions, 1)).flat()) {
      kinds.add(`${event.type} ${event.action} ${event.status ?? ''}`.trim())
      if (event.type === 'zone') standing[event.action === 'close' ? 'delete' : 'add'](event.object_id)
    }
    for (const kind of [
      'zone create active',
      'zone update touched',
      'zone close broken',
      'level create active',
    ]) {
      expect(kinds).toContain(kind)
    }
    expect([...kinds].some((kind) => kind.startsWith('flag create'))).toBe(true)
    expect([...kinds].some((kind) => kind.startsWith('marker create'))).toBe(true)
    expect(standing.size).toBeGreaterThanOrEqual(3)
  })
})
