import { describe, expect, it } from 'vitest'
import type { DecisionMarker } from '../../schemas/contract/ledger.ts'
import { isHit } from '../../schemas/contract/ledger.ts'
import { placeDecisions, sideOfAction } from '../../src-renderer/chart/decision-places.ts'
import { columnsAsked, entryKey, refOf } from '../../src-renderer/decisions/decision-columns.tsx'
import {
  formatClockTime,
  formatNumber,
  formatScore,
  formatSigned,
} from '../../src-renderer/decisions/decision-text.ts'
import {
  isFiltering,
  joinTimeframes,
  readFilter,
  withChange,
} from '../../src-renderer/decisions/view-filter.ts'
import { FIRST_COLUMNS, readState } from '../../src-renderer/decisions/view-state.ts'
import { barsAt } from '../support/fake-viewport.ts'

describe('the state of the Decisions view', () => {
  it('N3: filter, sort, columns, widths and selection come back as they were kept', () => {
    const kept = {
      filter: {
        from: 1_700_000_000_000,
        symbols: ['SPY'],
        outcome: 'hit',
        text: 'run',
        features: [{ name: 'rsi_14', op: '>', value: 70 }],
        tradingDays: ['2024-03-08'],
        noMacroRegime: true,
      },
      sort: { column: 'feature:rsi_14', descending: true },
      columns: ['timestamp_utc', 'feature:rsi_14'],
      widths: { timestamp_utc: 200 },
      inspectorOpen: false,
      inspectorSize: 31.5,
      selected: { runId: 'r', decisionId: 'd', ts: 1_700_000_000_000 },
    }
    expect(readState(JSON.stringify(kept))).toEqual(kept)
  })

  it('N3: what is kept unsoundly is left out, and never a filter that the engine would refuse', () => {
    const state = readState(
      JSON.stringify({
        filter: {
          from: 'yesterday',
          symbols: 'SPY',
          actions: [7],
          outcome: 'maybe',
          features: [{ name: 'x', op: '~', value: 1 }, { name: 'y', op: '<', value: 'a' }, 3],
          extra: true,
          runIds: Array.from({ length: 300 }, (_, at) => `run-${at}`),
        },
        sort: 7,
        columns: [],
        widths: { a: -5, b: 'wide' },
        inspectorSize: 4000,
        selected: { runId: 'r' },
      }),
    )
    expect(state.filter).toEqual({ runIds: expect.any(Array) })
    expect(state.filter.runIds?.length).toBe(256)
    expect(state.sort).toBeNull()
    expect(state.columns).toBe(FIRST_COLUMNS)
    expect(state.widths).toEqual({})
    expect(state.inspectorSize).toBeNull()
    expect(state.selected).toBeNull()
    for (const text of [undefined, '', '{', '[]', 'null', '"a"']) expect(readState(text).filter).toEqual({})
  })

  it('N3: an emptied part of the filter is gone from it', () => {
    const filter = withChange({ symbols: ['SPY'], text: 'a' }, { symbols: [], text: '', outcome: undefined })
    expect(filter).toEqual({})
    expect(isFiltering(filter)).toBe(false)
    expect(withChange({}, { hasOutcome: false })).toEqual({ hasOutcome: false })
    expect(readFilter({ hasOutcome: false })).toEqual({ hasOutcome: false })
  })

  it('N3: timeframes that join are one choice, counted together', () => {
    const joined = joinTimeframes([
      { value: 'M5', count: 3 },
      { value: '5m', count: 2 },
      { value: 'tick', count: 1 },
    ])
    expect(joined).toEqual([
      { value: '5m', count: 5 },
      { value: 'tick', count: 1 },
    ])
  })
})

describe('rows of decisions', () => {
  const entry = (row: object) => ({ row, file: 'decisions/x.parquet', place: 4, breach: null })

  it('N4: only the columns in sight are asked for, features by their map, a hit with its PnL', () => {
    expect(columnsAsked(['timestamp_utc', 'feature:rsi_14', 'feature:adx', 'outcome_hit', 'gone'])).toEqual([
      'timestamp_utc',
      'key_features',
      'outcome_hit',
      'outcome_pnl',
    ])
  })

  it('N4: a hit is what was recorded, else a PnL above 0; open without either', () => {
    expect(isHit({ outcome_hit: false, outcome_pnl: 5 })).toBe(false)
    expect(isHit({ outcome_hit: null, outcome_pnl: 5 })).toBe(true)
    expect(isHit({ outcome_hit: null, outcome_pnl: 0 })).toBe(false)
    expect(isHit({ outcome_hit: null, outcome_pnl: null })).toBeNull()
  })

  it('N4: a row without id or time is told apart by its place and can’t be inspected', () => {
    const broken = entry({ run_id: 'r', decision_id: null, timestamp_utc: '2024-03-08T14:30:00.000+00:00' })
    expect(refOf(broken)).toBeNull()
    expect(entryKey(broken)).toBe('decisions/x.parquet#4')
    expect(refOf(entry({ run_id: 'r', decision_id: 'd', timestamp_utc: null }))).toBeNull()
    const sound = entry({ run_id: 'r', decision_id: 'd', timestamp_utc: '2024-03-08T14:30:00.000+00:00' })
    expect(refOf(sound)).toEqual({ runId: 'r', decisionId: 'd', ts: Date.parse('2024-03-08T14:30Z') })
  })

  it('N4: times by the market’s clock, the hour that happens twice with its name', () => {
    expect(formatClockTime(Date.parse('2024-03-08T14:30:00Z'))).toBe('2024-03-08 08:30')
    expect(formatClockTime(Date.parse('2024-03-08T14:30:05Z'))).toBe('2024-03-08 08:30:05')
    expect(formatClockTime(Date.parse('2024-11-03T06:30:00Z'))).toBe('2024-11-03 01:30 CDT')
    expect(formatClockTime(Date.parse('2024-11-03T07:30:00Z'))).toBe('2024-11-03 01:30 CST')
  })

  it('N4: figures say enough to be told apart', () => {
    expect(formatNumber(1234.5678)).toBe('1,234.57')
    expect(formatNumber(-0.0123456789)).toBe('−0.0123457')
    expect(formatNumber(1.5e-9)).toBe('1.50e−9')
    expect(formatScore(-0.652)).toBe('−0.6520')
    expect(formatSigned(0.0042)).toBe('+0.0042')
    expect(formatSigned(-1.255)).toMatch(/^−1\.2[56]$/)
    expect(formatSigned(0)).toBe('+0.00')
  })
})

describe('decisions among bars', () => {
  const marker = (ts: number, action = 'long'): DecisionMarker => ({
    runId: 'r',
    decisionId: `d${ts}`,
    ts,
    symbol: 'SPY',
    timeframe: '5m',
    action,
    score: 0.5,
    policyVersion: 'v1',
    hit: null,
    pnl: null,
  })

  it('N6: each stands at the bar that contains it, in a gap between two bars, beyond either end nowhere', () => {
    const bars = barsAt([0, 10, 20, 50, 60])
    const placed = placeDecisions(
      [-1, 0, 9, 20, 35, 50, 69, 70].map((ts) => marker(ts)),
      bars,
      10,
    )
    expect(placed.map(({ marker: { ts }, place }) => [ts, place])).toEqual([
      [0, 0],
      [9, 0],
      [20, 2],
      [35, 2.5],
      [50, 3],
      [69, 4],
    ])
  })

  it('N6: those of one bar and side are stacked, a long one at the low and any other at the high', () => {
    const bars = barsAt([0, 10])
    const placed = placeDecisions([marker(1), marker(2), marker(3, 'SHORT'), marker(4, 'hold')], bars, 10)
    expect(placed.map(({ stack }) => stack)).toEqual([0, 1, 0, 1])
    expect(placed[0]?.price).toBe(bars.low[0])
    expect(placed[2]?.price).toBe(bars.high[0])
    expect(['ENTER_LONG', 'buy', 'SELL', 'short', 'hold', ''].map(sideOfAction)).toEqual([
      'demand',
      'demand',
      'supply',
      'supply',
      'neutral',
      'neutral',
    ])
  })
})
