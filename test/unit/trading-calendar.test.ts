import { describe, expect, it } from 'vitest'
import { formatUtcIso, MarketZone } from '../../schemas/contract/market-time.ts'
import {
  calendarOf,
  isTradingDay,
  sessionIn,
  sessionOf,
  tradingDaysBetween,
} from '../../schemas/contract/trading-calendar.ts'

const zone = new MarketZone()

function daysOf(year: number): string[] {
  const first = Date.UTC(year, 0, 1)
  return Array.from({ length: 366 }, (_, index) =>
    new Date(first + index * 86_400_000).toISOString().slice(0, 10),
  ).filter((day) => day.startsWith(String(year)))
}

/** Weekdays without trading, without the year. */
function closedIn(year: number): string {
  return daysOf(year)
    .filter((day) => ![0, 6].includes(new Date(`${day}T00:00:00Z`).getUTCDay()) && !isTradingDay(day))
    .map((day) => day.slice(5))
    .join(' ')
}

function shortIn(year: number): string {
  return daysOf(year)
    .filter(isTradingDay)
    .filter((day) => {
      const { open, close } = sessionOf(day, zone)
      return close - open !== 390 * 60_000
    })
    .map((day) => day.slice(5))
    .join(' ')
}

describe('the calendar of US equities', () => {
  // As the exchange published them.
  it.each([
    [2000, '01-17 02-21 04-21 05-29 07-04 09-04 11-23 12-25', '07-03 11-24'],
    [
      2001,
      '01-01 01-15 02-19 04-13 05-28 07-04 09-03 09-11 09-12 09-13 09-14 11-22 12-25',
      '07-03 11-23 12-24',
    ],
    [2002, '01-01 01-21 02-18 03-29 05-27 07-04 09-02 11-28 12-25', '07-05 09-11 11-29 12-24'],
    [2003, '01-01 01-20 02-17 04-18 05-26 07-04 09-01 11-27 12-25', '07-03 11-28 12-24 12-26'],
    [2004, '01-01 01-19 02-16 04-09 05-31 06-11 07-05 09-06 11-25 12-24', '11-26'],
    [2005, '01-17 02-21 03-25 05-30 07-04 09-05 11-24 12-26', '11-25'],
    [2007, '01-01 01-02 01-15 02-19 04-06 05-28 07-04 09-03 11-22 12-25', '07-03 11-23 12-24'],
    [2011, '01-17 02-21 04-22 05-30 07-04 09-05 11-24 12-26', '11-25'],
    [2012, '01-02 01-16 02-20 04-06 05-28 07-04 09-03 10-29 10-30 11-22 12-25', '07-03 11-23 12-24'],
    [2013, '01-01 01-21 02-18 03-29 05-27 07-04 09-02 11-28 12-25', '07-03 11-29 12-24'],
    [2015, '01-01 01-19 02-16 04-03 05-25 07-03 09-07 11-26 12-25', '11-27 12-24'],
    [2018, '01-01 01-15 02-19 03-30 05-28 07-04 09-03 11-22 12-05 12-25', '07-03 11-23 12-24'],
    [2021, '01-01 01-18 02-15 04-02 05-31 07-05 09-06 11-25 12-24', '11-26'],
    [2022, '01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26', '11-25'],
    [2024, '01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25', '07-03 11-29 12-24'],
    [2025, '01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25', '07-03 11-28 12-24'],
    [2026, '01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25', '11-27 12-24'],
    [2027, '01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24', '11-26'],
    [2028, '01-17 02-21 04-14 05-29 06-19 07-04 09-04 11-23 12-25', '07-03 11-24'],
    [2035, '01-01 01-15 02-19 03-23 05-28 06-19 07-04 09-03 11-22 12-25', '07-03 11-23 12-24'],
  ])('D6: %i: holidays and special closings, and the days that are shorter', (year, closed, short) => {
    expect(closedIn(year)).toBe(closed)
    expect(shortIn(year)).toBe(short)
  })

  it('D6: a year has 248 to 253 trading days from 2000 to 2035', () => {
    for (let year = 2000; year <= 2035; year++) {
      const count = daysOf(year).filter(isTradingDay).length
      expect(count, String(year)).toBeGreaterThanOrEqual(248)
      expect(count, String(year)).toBeLessThanOrEqual(253)
    }
  })

  it('D6: sessions run from 08:30 to 15:00 or 12:00 in Chicago, in its winter and its summer', () => {
    const told = (day: string) => {
      const { open, close } = sessionOf(day, zone)
      return `${formatUtcIso(open).slice(11, 16)} ${formatUtcIso(close).slice(11, 16)}`
    }
    expect(told('2024-03-08')).toBe('14:30 21:00')
    expect(told('2024-03-11')).toBe('13:30 20:00')
    expect(told('2024-07-03')).toBe('13:30 17:00')
    expect(told('2024-11-29')).toBe('14:30 18:00')
    expect(() => sessionOf('2024-03-09', zone)).toThrow(RangeError)
  })

  it('D7: round the clock every UTC day is a session; without a calendar none is', () => {
    const saturday = '2024-03-09'
    expect(sessionIn('us-equities', saturday, zone)).toBeNull()
    expect(sessionIn('none', '2024-03-08', zone)).toBeNull()
    const start = Date.parse(`${saturday}T00:00:00Z`)
    expect(sessionIn('24x7', saturday, zone)).toEqual({
      date: saturday,
      open: start,
      close: start + 86_400_000,
    })
    expect(tradingDaysBetween('us-equities', '2024-03-28', '2024-04-02')).toEqual(['2024-04-01'])
    expect(tradingDaysBetween('24x7', '2024-03-28', '2024-03-31')).toEqual(['2024-03-29', '2024-03-30'])
    expect(tradingDaysBetween('none', '2024-03-28', '2024-03-31')).toEqual([])
  })

  it('D7: a symbol’s own entry wins over patterns, a longer pattern over a shorter, any over the default', () => {
    const calendars = { 'BTC-USD': '24x7', 'B*': 'none', 'BTC*': '24x7', SPY: 'us-equities' } as const
    expect(calendarOf('BTC-USD', { calendars: { ...calendars, 'BTC-USD': 'none' } })).toBe('none')
    expect(calendarOf('BTC-EUR', { calendars })).toBe('24x7')
    expect(calendarOf('BNB', { calendars })).toBe('none')
    expect(calendarOf('QQQ', { calendars })).toBe('us-equities')
    expect(calendarOf('QQQ', { calendars: { '*': '24x7' }, defaultCalendar: 'none' })).toBe('24x7')
    expect(calendarOf('constructor', { calendars })).toBe('us-equities')
    expect(calendarOf('QQQ', { defaultCalendar: '24x7' })).toBe('24x7')
  })
})
