import { describe, expect, it } from 'vitest'
import {
  formatUtcIso,
  MarketZone,
  parseInstant,
  parseUtcDay,
  utcDayOf,
  utcMonthOf,
} from '../../schemas/contract/market-time.ts'
import { parseTimeframe, timeframeMillis } from '../../schemas/contract/timeframe.ts'

const chicago = new MarketZone()
const iso = (text: string): string => new Date(parseInstant(text, chicago)).toISOString()

describe('parseInstant', () => {
  it.each([
    ['2024-03-08T08:30:00', '2024-03-08T14:30:00.000Z'],
    ['2024-03-11T08:30:00', '2024-03-11T13:30:00.000Z'],
    ['2024-03-08T14:30:00Z', '2024-03-08T14:30:00.000Z'],
    ['2024-03-08T14:30:00+00:00', '2024-03-08T14:30:00.000Z'],
    ['2024-03-08 08:30:00-06:00', '2024-03-08T14:30:00.000Z'],
    ['2024-03-08T08:30:00.1239999-0600', '2024-03-08T14:30:00.123Z'],
    ['2024-03-08T20:00+05:30', '2024-03-08T14:30:00.000Z'],
    ['2024-03-08', '2024-03-08T06:00:00.000Z'],
  ])('T2: %s is %s', (text, expected) => {
    expect(iso(text)).toBe(expected)
  })

  it('T2: the hour that happens twice means its first occurrence', () => {
    expect(iso('2024-11-03T00:59:59')).toBe('2024-11-03T05:59:59.000Z')
    expect(iso('2024-11-03T01:00:00')).toBe('2024-11-03T06:00:00.000Z')
    expect(iso('2024-11-03T01:59:59')).toBe('2024-11-03T06:59:59.000Z')
    expect(iso('2024-11-03T02:00:00')).toBe('2024-11-03T08:00:00.000Z')
  })

  it('T2: the hour that does not exist moves forward', () => {
    expect(iso('2024-03-10T01:59:59')).toBe('2024-03-10T07:59:59.000Z')
    expect(iso('2024-03-10T02:00:00')).toBe('2024-03-10T08:00:00.000Z')
    expect(iso('2024-03-10T02:30:00')).toBe('2024-03-10T08:30:00.000Z')
    expect(iso('2024-03-10T03:00:00')).toBe('2024-03-10T08:00:00.000Z')
  })

  it('T3: a date as an upper bound means its last millisecond, also on a day of 23 or 25 hours', () => {
    const end = (text: string): string => new Date(parseInstant(text, chicago, 'end')).toISOString()
    expect(end('2024-03-10')).toBe('2024-03-11T04:59:59.999Z')
    expect(end('2024-11-03')).toBe('2024-11-04T05:59:59.999Z')
    expect(end('2024-11-03T01:00:00')).toBe('2024-11-03T06:00:00.000Z')
  })

  it.each([
    '',
    '2024-02-30T00:00:00',
    '2024-13-01',
    '2024-01-01T24:00:00',
    '2024-01-01T00:60:00',
    'yesterday',
    '1709908200000',
    '2024-01-01T00:00:00+19:00',
    '2024-1-1',
  ])('V2: refuses %j as BAD_REQUEST', (text) => {
    expect(() => parseInstant(text, chicago)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
  })
})

describe('MarketZone', () => {
  it('T2: agrees with Intl at every half hour of two years, in three zones', () => {
    for (const name of ['America/Chicago', 'Australia/Lord_Howe', 'Asia/Kathmandu']) {
      const zone = new MarketZone(name)
      const format = new Intl.DateTimeFormat('sv-SE', {
        timeZone: name,
        dateStyle: 'short',
        timeStyle: 'medium',
      })
      for (let instant = Date.UTC(2023, 11, 31); instant < Date.UTC(2025, 11, 31); instant += 1_800_000) {
        const { year, month, day, hour, minute, second } = zone.wallClock(instant)
        const two = (value: number): string => String(value).padStart(2, '0')
        const text = `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`
        if (text !== format.format(instant))
          expect(`${name} ${text}`).toBe(`${name} ${format.format(instant)}`)
      }
    }
  })

  it('T2: an instant read from its own wall clock is itself, or the first of the two it could be', () => {
    for (let instant = Date.UTC(2024, 0, 1); instant < Date.UTC(2025, 0, 1); instant += 900_000) {
      const wall = instant + chicago.offsetMinutes(instant) * 60_000
      const back = chicago.instantOfWallClock(wall)
      const twice = wall >= Date.UTC(2024, 10, 3, 1) && wall < Date.UTC(2024, 10, 3, 2)
      expect([instant, twice ? instant - 3_600_000 : instant]).toContain(back)
      if (twice) expect(new Date(back).getUTCHours()).toBe(6)
    }
  })

  it('names the zone by the season', () => {
    expect(chicago.abbreviation(Date.UTC(2024, 0, 1))).toBe('CST')
    expect(chicago.abbreviation(Date.UTC(2024, 6, 1))).toBe('CDT')
  })

  it('refuses a zone that does not exist', () => {
    expect(() => new MarketZone('America/Chicargo')).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
  })
})

describe('units of time', () => {
  it('T1: ts_iso is UTC, fixed width, and sorts as time does', () => {
    expect(formatUtcIso(Date.UTC(2025, 9, 22, 13, 30))).toBe('2025-10-22T13:30:00.000+00:00')
    const instants = [0, 1, 999, 1000, 86_400_000, Date.UTC(2024, 10, 3, 6, 59), Date.UTC(9999, 11, 31)]
    const texts = instants.map(formatUtcIso)
    expect([...texts].sort()).toEqual(texts)
  })

  it('the day and month of an instant are those of UTC', () => {
    expect(utcDayOf(Date.UTC(2024, 2, 8, 23, 59, 59, 999))).toBe('2024-03-08')
    expect(utcMonthOf(Date.UTC(2024, 2, 31, 23))).toBe('2024-03')
    expect(() => parseUtcDay('2024-02-30')).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
    expect(parseUtcDay('2024-02-29')).toBe('2024-02-29')
  })

  it('V6: timeframes are a count and a unit, in lower case', () => {
    expect(parseTimeframe('15M')).toBe('15m')
    expect(timeframeMillis(parseTimeframe('2h'))).toBe(7_200_000)
    for (const bad of ['0m', 'm', '15', '1w', '1.5m', '../2m', '10000m']) {
      expect(() => parseTimeframe(bad)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
    }
  })
})
