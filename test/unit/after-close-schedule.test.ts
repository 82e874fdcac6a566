import { describe, expect, it } from 'vitest'
import { dueAfter, lastRun, missedRuns, nextRun, scheduleOf } from '../../schemas/contract/close-schedule.ts'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import type { StoreSettings } from '../../schemas/generated/requests.ts'
import { judgeDay, type WaitingDay } from '../../src-main/store/after-close/due-days.ts'

const zone = new MarketZone()
const usual = scheduleOf({})

/** The runs that come due from one instant to another, as `session at`. */
function runsBetween(from: string, to: string, settings: StoreSettings = {}): string[] {
  const schedule = scheduleOf(settings)
  const runs: string[] = []
  for (let now = Date.parse(from); ; ) {
    const run = nextRun(now, schedule, zone)
    if (run.at > Date.parse(to)) return runs
    // From just before and at the very instant it is the same run, and the one before, then itself.
    expect(nextRun(run.at - 1, schedule, zone)).toEqual(run)
    expect(lastRun(run.at, schedule, zone)).toEqual(run)
    expect(lastRun(run.at - 1, schedule, zone).session < run.session).toBe(true)
    runs.push(`${run.session} ${new Date(run.at).toISOString().slice(0, 16)}`)
    now = run.at
  }
}

describe('when a run is due', () => {
  it('F20: at 15:15 in Chicago on trading days, over the change to summer time', () => {
    expect(runsBetween('2024-03-07T00:00Z', '2024-03-13T00:00Z')).toEqual([
      '2024-03-07 2024-03-07T21:15',
      '2024-03-08 2024-03-08T21:15',
      // The clock changed on Sunday the 10th.
      '2024-03-11 2024-03-11T20:15',
      '2024-03-12 2024-03-12T20:15',
    ])
  })

  it('F20: and over the change back, whatever weekday one asks on', () => {
    expect(runsBetween('2024-10-31T21:00Z', '2024-11-05T23:00Z')).toEqual([
      '2024-11-01 2024-11-01T20:15',
      '2024-11-04 2024-11-04T21:15',
      '2024-11-05 2024-11-05T21:15',
    ])
    expect(lastRun(Date.parse('2024-11-03T07:30Z'), usual, zone).session).toBe('2024-11-01')
  })

  it('F20: as long after an early close as after others; on holidays and weekends never', () => {
    // Thanksgiving is the 28th; the day after ends at noon.
    expect(runsBetween('2024-11-27T00:00Z', '2024-12-02T23:00Z')).toEqual([
      '2024-11-27 2024-11-27T21:15',
      '2024-11-29 2024-11-29T18:15',
      '2024-12-02 2024-12-02T21:15',
    ])
    expect(
      runsBetween('2024-12-24T00:00Z', '2024-12-26T23:00Z', { afterClose: { on: true, time: '16:00' } }),
    ).toEqual(['2024-12-24 2024-12-24T19:00', '2024-12-26 2024-12-26T22:00'])
    expect(() => dueAfter('2024-11-28', usual, zone)).toThrow(RangeError)
  })

  it('F20: round the clock every date counts', () => {
    expect(
      runsBetween('2024-03-09T12:00Z', '2024-03-11T23:00Z', {
        defaultCalendar: '24x7',
        afterClose: { on: true, time: '02:30' },
      }),
    ).toEqual([
      // 02:30 doesn't exist on the 10th: the clock goes from 02:00 to 03:00.
      '2024-03-10 2024-03-10T08:30',
      '2024-03-11 2024-03-11T07:30',
    ])
  })

  it('F21: a time before the close is refused', () => {
    const early = { afterClose: { on: true, time: '14:59' } }
    expect(() => scheduleOf(early)).toThrow(expect.objectContaining({ code: 'BAD_SETTINGS' }))
    expect(() => scheduleOf(early)).toThrow(/14:59.*15:00 or later/)
    expect(scheduleOf({ afterClose: { on: true, time: '15:00' } }).delay).toBe(0)
    expect(scheduleOf({ ...early, defaultCalendar: '24x7' }).time).toBe('14:59')
  })

  it('F20: in a whole decade each trading day has one run, and each run one trading day', () => {
    const runs = runsBetween('2015-01-01T00:00Z', '2024-12-31T23:59Z')
    expect(new Set(runs.map((run) => run.slice(0, 10))).size).toBe(runs.length)
    for (const run of runs) expect(['18:15', '17:15', '20:15', '21:15']).toContain(run.slice(-5))
    console.log(
      `schedule: ${runs.length} runs of ten years, ${runs.filter((run) => /1[78]:15$/.test(run)).length} early`,
    )
    expect(runs.length).toBe(2516)
  })

  it('F24: what was missed since the last run, holidays and weekends left out', () => {
    const missed = (lastDone: string | null, now: string): string[] =>
      missedRuns(lastDone, Date.parse(now), usual, zone).map(({ session }) => session)
    // A start on Saturday, on Thanksgiving, and before the first run of the week.
    expect(missed('2024-11-26', '2024-11-30T15:00Z')).toEqual(['2024-11-27', '2024-11-29'])
    expect(missed('2024-11-27', '2024-11-28T22:00Z')).toEqual([])
    expect(missed('2024-11-22', '2024-11-25T21:14Z')).toEqual([])
    expect(missed('2024-11-22', '2024-11-25T21:15Z')).toEqual(['2024-11-25'])
    expect(missed(null, '2024-12-01T12:00Z')).toEqual(['2024-11-29'])
    // A clock that was set back misses nothing.
    expect(missed('2024-11-25', '2024-11-20T12:00Z')).toEqual([])
  })
})

describe('whether a day is due', () => {
  const resting: WaitingDay = {
    day: '2024-03-08',
    symbols: ['SPY'],
    lastWrite: null,
    isInTurn: false,
    unreadable: null,
  }
  const verdictAt = (now: string, given: Partial<WaitingDay> = {}, insists = false) => {
    const settings: StoreSettings = { calendars: { 'BTC*': '24x7', ES: 'none' } }
    return judgeDay(
      { ...resting, ...given },
      { now: Date.parse(now), schedule: usual, settings, zone, insists },
    )
  }

  it('F22: once all its symbols have closed by their own calendars, and the delay is over', () => {
    expect(verdictAt('2024-03-08T21:14:59Z')).toEqual({
      due: false,
      later: true,
      why: 'SPY trades until 15:00 CST; due from 15:15 CST on',
    })
    expect(verdictAt('2024-03-08T21:15:00Z')).toEqual({ due: true })
    for (const symbol of ['BTC-USD', 'ES']) {
      expect(verdictAt('2024-03-09T00:14:59Z', { symbols: ['SPY', symbol] })).toEqual({
        due: false,
        later: true,
        why: `${symbol} trades until 18:00 CST; due from 18:15 CST on`,
      })
      expect(verdictAt('2024-03-09T00:15:00Z', { symbols: [symbol, 'SPY'] })).toEqual({ due: true })
    }
    // An early close, and bars on a day without a session.
    expect(verdictAt('2024-11-29T18:15:00Z', { day: '2024-11-29' })).toEqual({ due: true })
    expect(verdictAt('2024-11-29T00:14:00Z', { day: '2024-11-28' })).toMatchObject({
      due: false,
      later: true,
    })
    expect(verdictAt('2024-11-29T00:15:00Z', { day: '2024-11-28' })).toEqual({ due: true })
  })

  it('F23: while something is being written into it it is put off, within the hour', () => {
    const now = Date.parse('2024-03-08T21:20:00Z')
    const at = new Date(now).toISOString()
    for (const [given, why] of [
      [{ lastWrite: now - 19_000 }, 'a file was written 19 s ago'],
      [{ lastWrite: now + 3_000 }, 'a file was written 3 s ago'],
      [{ isInTurn: true }, 'a row is being written'],
      [{ unreadable: 'data/2m/x.parquet' }, "data/2m/x.parquet can't be read and may be half written"],
    ] as const) {
      expect(verdictAt(at, given)).toEqual({
        due: false,
        later: false,
        why: `${why}; tried again within the hour`,
      })
      expect(verdictAt(at, given, true)).toEqual({ due: true })
    }
    expect(verdictAt(at, { lastWrite: now - 20_000 })).toEqual({ due: true })
    // A day that isn't over is nothing to insist on.
    expect(verdictAt('2024-03-08T20:00:00Z', { isInTurn: true }, true)).toMatchObject({
      due: false,
      later: true,
    })
  })
})
