import { describe, expect, it } from 'vitest'
import type { StoreSettings } from '../../schemas/generated/requests.ts'
import type { OperationRow } from '../../schemas/generated/rows.ts'
import type { DaySeries } from '../../src-renderer/storage-health/calendar-model.ts'
import {
  filtered,
  joined,
  operationText,
  receiptLines,
  tookText,
} from '../../src-renderer/storage-health/history-model.ts'
import { historyTime } from '../../src-renderer/storage-health/history-time.ts'
import {
  rangeChoices,
  rangeProblem,
  rangeRequest,
  waitingRange,
} from '../../src-renderer/storage-health/range-model.ts'
import {
  changeOf,
  formOf,
  problemsOf,
  scheduleText,
} from '../../src-renderer/storage-health/schedule-model.ts'

describe('schedule and retention', () => {
  it('F45: shows what holds where nothing is set, and asks to change only what a person changed', () => {
    const form = formOf({})
    expect(form).toEqual({
      on: true,
      time: '15:15',
      recoveryDays: '7',
      previousDays: '',
      emaPeriods: '13, 48, 200',
    })
    expect(changeOf(form, {})).toBeNull()
    expect(changeOf({ ...form, on: false }, {})).toEqual({
      set: { afterClose: { on: false, time: '15:15' } },
    })
    expect(changeOf({ ...form, recoveryDays: ' 30 ', emaPeriods: '9 21' }, {})).toEqual({
      set: { recoveryDays: 30, emaPeriods: [9, 21] },
    })
    // The same list in other words is no change.
    expect(changeOf({ ...form, emaPeriods: '200;48 13' }, {})).toBeNull()
    expect(changeOf({ ...form, emaPeriods: '' }, {})).toEqual({ set: { emaPeriods: [] } })
  })

  it('F45: what is put back to its default is taken out of the file, and other settings are never named', () => {
    const settings: StoreSettings = {
      afterClose: { on: false, time: '16:00' },
      recoveryDays: 30,
      previousDays: 90,
      emaPeriods: [9],
      calendars: { 'BTC*': '24x7' },
    }
    const form = formOf(settings)
    expect(changeOf(form, settings)).toBeNull()
    const plain = { ...form, recoveryDays: '7', previousDays: '', emaPeriods: '13,48,200' }
    expect(changeOf(plain, settings)).toEqual({
      set: {},
      reset: ['recoveryDays', 'previousDays', 'emaPeriods'],
    })
    expect(changeOf({ ...plain, time: '15:30' }, settings)).toEqual({
      set: { afterClose: { on: false, time: '15:30' } },
      reset: ['recoveryDays', 'previousDays', 'emaPeriods'],
    })
  })

  it.each([
    ['time', ['', '24:00', '9:30', '15:60', '3pm', '14:59']],
    ['recoveryDays', ['', '-1', '1.5', '36501', 'a week']],
    ['previousDays', ['0', '-1', '36501', '1e3']],
    ['emaPeriods', ['0', '13, 13', '5001', '1.5', '1 2 3 4 5 6 7 8 9', '013, 13', 'x']],
  ] as const)('F45: says what is wrong with %s, and keeps nothing then', (field, texts) => {
    for (const text of texts) {
      const form = { ...formOf({}), [field]: text, on: false }
      expect(Object.keys(problemsOf(form, {})), text).toEqual([field])
      expect(changeOf(form, {}), text).toBeNull()
    }
  })

  it('F45: a time before the close is one for markets that never close', () => {
    const form = { ...formOf({}), time: '14:00' }
    expect(problemsOf(form, {}).time).toContain('15:00')
    expect(problemsOf(form, { defaultCalendar: '24x7' })).toEqual({})
    expect(scheduleText('15:15', {})).toContain('close early (12:00) at 12:15')
    expect(scheduleText('15:00', {})).toContain('at the close (15:00)')
    expect(scheduleText('18:30', {})).toContain('at 15:30')
    expect(scheduleText('01:00', { defaultCalendar: '24x7' })).toContain('Each day')
  })
})

function series(given: Partial<DaySeries> & { readonly waiting?: readonly string[] }): DaySeries {
  const { waiting = [], ...rest } = given
  const days = ['2024-03-07', '2024-03-08', '2024-03-11'].map((day) => {
    const partsWaiting = waiting.includes(day) ? 3 : 0
    return [day, { day, dayfile: null, partsWaiting, partsBytes: 0, problem: null }] as const
  })
  return {
    key: '2m',
    label: '2m',
    table: 'candles',
    timeframe: '2m',
    days: new Map(days) as unknown as DaySeries['days'],
    missing: new Set(),
    first: '2024-03-07',
    last: '2024-03-11',
    maxRows: 1,
    ...rest,
  }
}

describe('a range of days', () => {
  it('F47: begins with what waits, and asks for exactly the days and tables that are named', () => {
    const all = [
      series({ waiting: ['2024-03-08', '2024-03-11'] }),
      series({ key: 'object_events', label: 'Objects', table: 'object_events', timeframe: null }),
      series({
        key: 'decisions',
        label: 'Decisions',
        table: 'decisions',
        timeframe: null,
        waiting: ['2024-03-07'],
      }),
    ]
    expect(waitingRange(all)).toEqual({ from: '2024-03-08', to: '2024-03-11' })
    expect(waitingRange([series({})])).toEqual({ from: '2024-03-07', to: '2024-03-11' })
    expect(waitingRange([])).toEqual({ from: '', to: '' })
    const choices = rangeChoices(all)
    expect(choices.map(({ value }) => value)).toEqual(['all', '2m', 'object_events'])
    const form = { from: '2024-03-08', to: '2024-03-11', what: 'all', keepParts: false }
    expect(rangeRequest(form, choices)).toEqual({ from: '2024-03-08', to: '2024-03-11' })
    expect(rangeRequest({ ...form, what: '2m', keepParts: true }, choices)).toEqual({
      table: 'candles',
      timeframe: '2m',
      from: '2024-03-08',
      to: '2024-03-11',
      keepParts: true,
    })
    expect(rangeProblem(form)).toBeNull()
    expect(rangeProblem({ ...form, from: '2024-03-12' })).toContain('after the last')
    expect(rangeProblem({ ...form, to: '2024-02-30' })).toContain('last day')
    expect(rangeProblem({ ...form, from: '' })).toContain('first day')
  })
})

function operation(given: Partial<OperationRow>): OperationRow {
  return {
    operation_id: 'a1',
    ts: Date.UTC(2024, 2, 8, 21, 15),
    ts_iso: '2024-03-08T21:15:00.000+00:00',
    started_ts: Date.UTC(2024, 2, 8, 21, 14, 58),
    kind: 'compact',
    origin: 'manual',
    program: 'app',
    state: 'done',
    summary: '2 files',
    session: null,
    error_code: null,
    error_message: null,
    receipt: null,
    ...given,
  }
}

describe('the history of a store', () => {
  it('F46: is filtered by what was done and how it ended; a failure says why in its line', () => {
    const failed = operation({ kind: 'purge', state: 'failed', error_code: 'IO', error_message: 'no disk' })
    const all = [operation({}), failed, operation({ state: 'cancelled' })]
    expect(filtered(all, { kind: 'all', state: 'all' })).toHaveLength(3)
    expect(filtered(all, { kind: 'compact', state: 'all' })).toHaveLength(2)
    expect(filtered(all, { kind: 'compact', state: 'cancelled' })).toHaveLength(1)
    expect(filtered(all, { kind: 'all', state: 'failed' })).toEqual([failed])
    expect(operationText(failed)).toBe('IO: no disk')
    expect(operationText(operation({}))).toBe('2 files')
    expect(
      [2_000, 45_000, 185_000, -3_600_000].map((took) =>
        tookText(operation({ started_ts: operation({}).ts - took })),
      ),
    ).toEqual(['2.0 s', '45 s', '3 min 5 s', '0.0 s'])
  })

  it('F46: older pages join the newest without a row twice, in the order of their ends', () => {
    const rows = [5, 4, 4, 3, 2].map((ts, place) => operation({ ts, operation_id: `o${9 - place}` }))
    const [a, b, c, d, e] = rows
    if (!a || !b || !c || !d || !e) throw new Error('five rows')
    expect(joined([a, b], [])).toEqual([a, b])
    expect(joined([a, b], [b, c, d])).toEqual([a, b, c, d])
    // What came meanwhile pushes a row off the newest page that stands in no other.
    expect(joined([a, b], joined([b, c], [d, e]))).toEqual(rows)
    expect(joined([d, e], [c, a, b])).toEqual(rows)
  })

  it('F46: tells times by the market’s clock, and which of two in the hour that comes twice', () => {
    const zone = 'America/Chicago'
    expect(historyTime(Date.UTC(2024, 2, 8, 21, 15, 4), zone)).toBe('2024-03-08 15:15:04')
    expect(historyTime(Date.UTC(2024, 10, 3, 6, 30), zone)).toBe('2024-11-03 01:30:00 CDT')
    expect(historyTime(Date.UTC(2024, 10, 3, 7, 30), zone)).toBe('2024-11-03 01:30:00 CST')
  })

  it('F46: a receipt is told a line an entry, whatever it holds', () => {
    const receipt = {
      session: '2024-03-08',
      days: [
        { table: 'candles', timeframe: '2m', day: '2024-03-08', parts: 1, rows: 390, skipped: null },
        {
          table: 'candles',
          timeframe: '5m',
          day: '2024-03-08',
          skipped: 'failed',
          error: { code: 'IO', message: 'no' },
        },
      ],
      emas: ['emas/2m/2024-03-08.parquet'],
      purge: { files: 2, bytes: 1234, removed: [{ path: 'a', bytes: 1, why: 'old' }], kept: [] },
      left: [{ timeframe: null, day: '2024-03', why: 'a bar is being written' }],
      note: null,
    }
    expect(receiptLines(receipt).map(({ what, text }) => `${what}: ${text}`)).toEqual([
      'session: 2024-03-08',
      '2m 2024-03-08: 1 part, 390 rows',
      '5m 2024-03-08: IO: no',
      'emas: emas/2m/2024-03-08.parquet',
      'files: 2',
      'bytes: 1,234',
      'a: old',
      '2024-03 left: a bar is being written',
    ])
    expect(receiptLines(null)).toEqual([])
    expect(receiptLines({ odd: [[1], { a: 1 }], flag: false })).toHaveLength(3)
  })
})
