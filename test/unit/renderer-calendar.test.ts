import { describe, expect, it } from 'vitest'
import type { DayState, StorageOverview, TableState } from '../../schemas/contract/health.ts'
import {
  calendarRows,
  daySeries,
  dayStatus,
  fillStep,
  monthLength,
  shiftDay,
  totalsOf,
} from '../../src-renderer/storage-health/calendar-model.ts'
import { type DayPosition, moveFrom } from '../../src-renderer/storage-health/calendar-moves.ts'
import { dayText } from '../../src-renderer/storage-health/status-text.ts'

function day(name: string, change: Partial<DayState> = {}): DayState {
  const dayfile = { file: `data/2m/${name}.parquet`, rows: 195, bytes: 8_000, sha256: null }
  return { day: name, dayfile, partsWaiting: 0, partBytes: 0, problem: null, ...change }
}

function overview(...tables: readonly TableState[]): StorageOverview {
  return { tables, recovery: { files: 0, bytes: 0 }, quarantine: { files: 0, bytes: 0 }, snapshot: null }
}

const candles = (timeframe: string, ...days: readonly DayState[]): TableState => ({
  table: 'candles',
  timeframe,
  days,
  missing: ['2024-03-08'],
})
const events = (...days: readonly DayState[]): TableState => ({
  table: 'object_events',
  timeframe: null,
  days,
  missing: [],
})

describe('calendar of stored days', () => {
  it('U6: series stand shorter bars first, object events last; one without days is left out', () => {
    const series = daySeries(
      overview(
        events(day('2024-03-08')),
        candles('1h', day('2024-03-08')),
        candles('15m', day('2024-03-08')),
        candles('5m'),
        candles('2m', day('2024-03-08')),
      ),
    )
    expect(series.map((one) => one.key)).toEqual(['2m', '15m', '1h', 'object_events'])
  })

  it('U18: a ledger’s tables follow in one order, are stored and not compacted, and wait by day files', () => {
    const ledger = (table: TableState['table'], ...days: readonly DayState[]): TableState => ({
      table,
      timeframe: null,
      days,
      missing: [],
    })
    const dayfile = { file: 'decisions/decisions_202403.parquet', rows: 195, bytes: 8_000, sha256: null }
    const beside = day('2024-03-08', { dayfile, partsWaiting: 2 })
    const series = daySeries(
      overview(
        ledger('stats', day('2024-03-08')),
        ledger('decisions', day('2024-03-07'), beside),
        ledger('audits', day('2024-03-08')),
        events(day('2024-03-08')),
        candles('2m', day('2024-03-08')),
      ),
    )
    expect(series.map((one) => one.label)).toEqual(['2m', 'Objects', 'Decisions', 'Audits', 'Stats'])
    const decisions = series.find((one) => one.table === 'decisions')
    if (decisions === undefined) throw new Error('no series')
    expect(dayText(decisions, '2024-03-07')).toBe('Decisions 2024-03-07: Stored, 195 rows')
    expect(dayText(decisions, '2024-03-08')).toContain('with a day file beside it, 195 rows, 2 day files')
    // How many rows a day file beside its month's has isn't counted anywhere.
    const [line] = calendarRows([decisions])
    expect(line?.totals).toMatchObject({ rows: 390, partsWaiting: 2, daysWaiting: 1 })
  })

  it('U6: every state of a day is told apart', () => {
    const [series] = daySeries(
      overview(
        candles(
          '2m',
          day('2024-03-04'),
          day('2024-03-05', { dayfile: null, partsWaiting: 7 }),
          day('2024-03-06', { partsWaiting: 2 }),
          day('2024-03-07', { partsWaiting: 2, problem: 'no Parquet' }),
          day('2024-03-11'),
        ),
      ),
    )
    const states = ['03', '04', '05', '06', '07', '08', '09', '10', '11', '12'].map((number) =>
      series === undefined ? '' : dayStatus(series, `2024-03-${number}`),
    )
    // The 8th is named as missing; the weekend is not, nor what lies outside.
    expect(states).toEqual([
      'empty',
      'compacted',
      'waiting',
      'both',
      'problem',
      'gap',
      'empty',
      'empty',
      'compacted',
      'empty',
    ])
  })

  it('U6: a fuller day is a fuller cell, and parts beside a dayfile do not make the other days paler', () => {
    const rows = (count: number, parts = 0) => ({
      dayfile: { file: 'f', rows: count, bytes: 1, sha256: null },
      partsWaiting: parts,
    })
    const [series] = daySeries(
      overview(
        candles(
          '2m',
          day('2024-03-04', rows(200, 900)),
          day('2024-03-05', rows(20)),
          day('2024-03-06', rows(80)),
          day('2024-03-07', rows(120)),
        ),
      ),
    )
    const steps = ['04', '05', '06', '07'].map((number) =>
      series === undefined ? 0 : fillStep(series, `2024-03-${number}`),
    )
    expect(steps).toEqual([4, 1, 2, 3])
  })

  it('U6: lines run from the newest month to the oldest, months without data in between included', () => {
    const series = daySeries(
      overview(candles('2m', day('2023-12-29'), day('2024-03-01')), events(day('2024-02-01'))),
    )
    const rows = calendarRows(series)
    expect(rows.map((row) => `${row.key}${row.firstOfMonth ? ' *' : ''}`)).toEqual([
      '2024-03 2m *',
      '2024-02 2m *',
      '2024-02 object_events',
      '2024-01 2m *',
      '2023-12 2m *',
    ])
    expect(rows.map((row) => row.length)).toEqual([31, 29, 29, 31, 31])
    expect(rows.map((row) => row.totals.days)).toEqual([1, 0, 1, 0, 1])
    expect(calendarRows([])).toEqual([])
  })

  it('U6: totals sum rows of dayfiles and parts, bytes of both, parts and days that wait, and problems', () => {
    const days = [
      day('2024-03-04'),
      day('2024-03-05', { dayfile: null, partsWaiting: 7, partBytes: 700 }),
      day('2024-03-06', { partsWaiting: 2, partBytes: 200, problem: 'torn' }),
    ]
    expect(totalsOf(days)).toEqual({
      days: 3,
      rows: 399,
      bytes: 16_900,
      partsWaiting: 9,
      daysWaiting: 2,
      problems: 1,
    })
  })

  it('days and months follow the calendar, leap days included', () => {
    expect(shiftDay('2024-03-01', -1)).toBe('2024-02-29')
    expect(shiftDay('2023-12-31', 1)).toBe('2024-01-01')
    expect(['2023-02', '2024-02', '2024-04', '2024-12'].map(monthLength)).toEqual([28, 29, 30, 31])
  })
})

describe('moving through the calendar', () => {
  const rows = calendarRows(
    daySeries(
      overview(
        candles('2m', day('2024-01-31'), day('2024-02-05'), day('2024-02-20'), day('2024-03-31')),
        candles('15m', day('2024-02-05'), day('2024-03-29')),
      ),
    ),
  )
  const at = (series: string, name: string): DayPosition => ({ series, day: name })
  const move = (from: DayPosition, key: string, ctrl = false) => moveFrom(rows, from, key, ctrl)

  it('U7: left and right go by days, through months, and stop at the ends', () => {
    expect(move(at('2m', '2024-03-01'), 'ArrowLeft')).toEqual(at('2m', '2024-02-29'))
    expect(move(at('2m', '2024-02-29'), 'ArrowRight')).toEqual(at('2m', '2024-03-01'))
    expect(move(at('2m', '2024-03-31'), 'ArrowRight')).toBeNull()
    expect(move(at('15m', '2024-02-01'), 'ArrowLeft')).toBeNull()
  })

  it('U7: up and down go by lines and keep the day of the month as far as the month has it', () => {
    expect(move(at('2m', '2024-03-31'), 'ArrowDown')).toEqual(at('15m', '2024-03-31'))
    expect(move(at('15m', '2024-03-31'), 'ArrowDown')).toEqual(at('2m', '2024-02-29'))
    expect(move(at('2m', '2024-03-08'), 'ArrowUp')).toBeNull()
  })

  it('U7: PageUp and PageDown stay in the series', () => {
    expect(move(at('2m', '2024-03-31'), 'PageDown')).toEqual(at('2m', '2024-02-29'))
    expect(move(at('2m', '2024-01-15'), 'PageUp')).toEqual(at('2m', '2024-02-15'))
    expect(move(at('15m', '2024-02-15'), 'PageDown')).toBeNull()
  })

  it('U7: Home and End find the stored days of the month, with Ctrl the ends of the calendar', () => {
    expect(move(at('2m', '2024-02-10'), 'Home')).toEqual(at('2m', '2024-02-05'))
    expect(move(at('2m', '2024-02-10'), 'End')).toEqual(at('2m', '2024-02-20'))
    expect(move(at('2m', '2024-02-10'), 'End', true)).toEqual(at('2m', '2024-01-10'))
    expect(move(at('2m', '2024-01-10'), 'Home', true)).toEqual(at('2m', '2024-03-10'))
    expect(move(at('2m', '2024-02-10'), 'x')).toBeNull()
  })
})
