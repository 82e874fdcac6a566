import { describe, expect, it } from 'vitest'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import type { LedgerTable } from '../../schemas/tables/index.ts'
import { ledgerDocuments } from '../../src-main/store/ledger/documents.ts'
import type { Row } from '../../src-main/store/write/part-writer.ts'
import type { Rejection } from '../../src-main/store/write/validate.ts'
import { GOOD_DOCUMENTS } from '../support/ledger-documents.ts'
import { audit, decision, policy, stat } from '../support/ledger-store.ts'

const zone = new MarketZone()

function rowsOf(table: LedgerTable, document: unknown, source?: string): readonly Row[] {
  const checked = ledgerDocuments(table, zone, source).check(document)
  if ('rejection' in checked) throw new Error(`${checked.rejection.field}: ${checked.rejection.reason}`)
  return checked.row
}

function rejectionOf(table: LedgerTable, document: unknown): Rejection | null {
  const checked = ledgerDocuments(table, zone).check(document)
  return 'rejection' in checked ? checked.rejection : null
}

const time = '2024-03-08T14:30'
const row = { ...decision('d1', time) }
const good = (name: string): Readonly<Record<string, unknown>> => {
  const found = GOOD_DOCUMENTS.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no ${name}`)
  return found.document
}
const log = good('decision-log')
const stats = good('stats-both-forms')

describe('rows in a table’s own form', () => {
  it('V14: a nullable column that is absent is null, and empty is kept apart from null', () => {
    const { outcome_pnl: _1, provenance: _2, effective_weights: _3, position_size: _4, ...short } = row
    expect(rowsOf('decisions', short)).toEqual([
      { ...row, outcome_pnl: null, provenance: null, effective_weights: null, position_size: null },
    ])
    const empty = {
      provenance: {},
      effective_weights: {},
      session_regime: '',
      macro_regimes: [],
      key_features: {},
    }
    expect(rowsOf('decisions', { ...row, ...empty })).toEqual([{ ...row, ...empty }])
    expect(rowsOf('audits', audit('a', time, { feature_name: '', metadata: {} }))).toEqual([
      audit('a', time, { feature_name: '', metadata: {} }),
    ])
    expect(rowsOf('stats', stat('f', time, { regime: '' }))).toEqual([stat('f', time, { regime: '' })])
    expect(rejectionOf('decisions', { ...row, macro_regimes: null })?.reason).toBe(
      'macro_regimes must be array, got null',
    )
  })

  it('V14: a map may be the JSON text of one; single values stay text', () => {
    const text = { ...row, key_features: '{"b":1,"a":"x"}', policy_components: '{}', provenance: 'null' }
    expect(rowsOf('decisions', text)).toEqual([
      { ...row, key_features: { a: 'x', b: 1 }, policy_components: {}, provenance: null },
    ])
    expect(
      rowsOf('audits', audit('a', time, { raw_value: '{"a":1}', normalized_value: '7' }))[0],
    ).toMatchObject({
      raw_value: '{"a":1}',
      normalized_value: '7',
    })
    for (const [given, reason] of [
      ['{"a":', 'key_features is text but not JSON: "{\\"a\\":"'],
      ['{"a":9007199254740993}', /^key_features\.a is a whole number beyond ±9007199254740991/],
      ['{"a":1e400}', 'key_features.a is Infinity, not a finite number'],
      [`${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'key_features nests deeper than 64 levels'],
      ['[1]', 'key_features must be object, got [1]'],
    ] as const) {
      const told = rejectionOf('decisions', { ...row, key_features: given })
      expect(told?.field).toBe('key_features')
      if (typeof reason === 'string') expect(told?.reason).toBe(reason)
      else expect(told?.reason).toMatch(reason)
    }
  })

  it('V12: names that every object has are names, −0 is 0, a megabyte of features is taken', () => {
    const features = JSON.parse('{"__proto__":1,"constructor":null,"toString":"x","n":-0}') as Record<
      string,
      number
    >
    const [stored] = rowsOf('decisions', { ...row, key_features: features })
    expect(Object.entries(stored?.key_features ?? {})).toEqual([
      ['__proto__', 1],
      ['constructor', null],
      ['toString', 'x'],
      ['n', 0],
    ])
    const many = Object.fromEntries(Array.from({ length: 40_000 }, (_, at) => [`feature_${at}`, at / 7]))
    expect(JSON.stringify(many).length).toBeGreaterThan(1_000_000)
    expect(rowsOf('decisions', { ...row, key_features: many })[0]?.key_features).toEqual(many)
    expect(rowsOf('decisions', { ...row, macro_regimes: Array.from({ length: 50 }, String) })).toHaveLength(1)
  })

  it('V12: what a file can’t hold exactly is named by the way to it', () => {
    const bad: readonly (readonly [LedgerTable, object, string, string | RegExp])[] = [
      [
        'decisions',
        { ...row, key_features: { n: 2 ** 53 } },
        'key_features',
        /^key_features\.n is a whole number/,
      ],
      [
        'decisions',
        { ...row, provenance: { a: [0, -(2 ** 54)] } },
        'provenance',
        /^provenance\.a\.1 is a whole/,
      ],
      [
        'decisions',
        { ...row, outcome_pnl: Number.NaN },
        'outcome_pnl',
        'outcome_pnl is NaN, not a finite number',
      ],
      ['policies', policy('v', time, { trust: { x: 1e20 } }), 'trust', /^trust\.x is a whole number/],
      [
        'audits',
        audit('a', time, { raw_value: '\ud800' }),
        'raw_value',
        /^raw_value has half of a surrogate pair/,
      ],
      ['stats', stat('f', time, { metadata: { '\udc00': 1 } }), 'metadata', /^metadata has a name with half/],
    ]
    for (const [table, document, field, reason] of bad) {
      const told = rejectionOf(table, document)
      expect(told?.field).toBe(field)
      if (typeof reason === 'string') expect(told?.reason).toBe(reason)
      else expect(told?.reason).toMatch(reason)
    }
    // Beyond 1e21 a number is written with an exponent: nobody means an exact count by it.
    expect(rowsOf('decisions', { ...row, outcome_pnl: 1e21 })[0]?.outcome_pnl).toBe(1e21)
  })

  it('V13: times with and without offset, a date alone, and times that are none', () => {
    const at = (given: string): unknown =>
      rowsOf('decisions', { ...row, timestamp_utc: given })[0]?.timestamp_utc
    expect(at('2024-03-08T08:30:00')).toBe('2024-03-08T14:30:00.000+00:00')
    expect(at('2024-03-08 15:30:00,1239+01')).toBe('2024-03-08T14:30:00.123+00:00')
    expect(at('2024-11-03T01:30:00')).toBe('2024-11-03T06:30:00.000+00:00')
    expect(at('2024-03-10T02:30:00')).toBe('2024-03-10T08:30:00.000+00:00')
    const window = stat('f', time, { window_start: '2024-03-08', window_end: '2024-03-08' })
    expect(rowsOf('stats', window)[0]).toMatchObject({
      window_start: '2024-03-08T06:00:00.000+00:00',
      window_end: '2024-03-09T05:59:59.999+00:00',
    })
    expect(rejectionOf('decisions', { ...row, timestamp_utc: 1_709_908_200_000 })).toEqual({
      field: 'timestamp_utc',
      reason: 'timestamp_utc must be ISO 8601 text, got 1709908200000',
    })
    expect(rejectionOf('stats', { ...window, window_end: '0000-01-01' })?.field).toBe('window_end')
    expect(rejectionOf('stats', { ...window, window_end: '1969-01-01' })?.reason).toBe(
      'window_end "1969-01-01" is not between 1973-03-03 and 9999-12-31',
    )
  })

  it('V8: a value that is too long, empty or of the wrong kind', () => {
    const reasons = [
      { run_id: '' },
      { run_id: 'x'.repeat(257) },
      { symbol: '../x' },
      { evaluation_score: '0.5' },
      { outcome_holding_period_bars: 1.5 },
      { effective_weights: { a: null } },
      { key_features: { a: [1] } },
    ].map((change) => rejectionOf('decisions', { ...row, ...change })?.reason)
    expect(reasons).toEqual([
      'run_id must have at least 1 characters, got ""',
      expect.stringMatching(/^run_id must have at most 256 characters, got "xxx/),
      'symbol is not written as expected, got "../x"',
      'evaluation_score must be number, got "0.5"',
      'outcome_holding_period_bars must be integer or null, got 1.5',
      'effective_weights.a must be number, got null',
      'key_features.a must be number or string or boolean or null, got [1]',
    ])
  })
})

describe('log documents', () => {
  it('V11: a rejection speaks of the form that the line is most like', () => {
    const { provenance: _, ...unproven } = log
    const reasons = [
      ['decisions', { ...log, extra: 1 }],
      ['decisions', { ...row, extra: 1 }],
      ['decisions', { ...log, key_features: {} }],
      ['decisions', unproven],
      ['audits', { ...audit('a', time), extra: 1 }],
      ['audits', { ...good('audit-with-issues'), extra: 1 }],
      ['policies', { ...good('policy'), extra: 1 }],
      ['policies', { ...policy('v', time), extra: 1 }],
      ['stats', { ...stats, extra: 1 }],
      ['stats', { ...stat('f', time), extra: 1 }],
    ] as const
    expect(reasons.map(([table, document]) => rejectionOf(table, document)?.reason)).toEqual([
      'extra is not a field of a decision log line',
      'extra is not a field of a row of decisions',
      'key_features is not a field of a decision log line',
      'provenance is missing',
      'extra is not a field of a row of audits',
      'extra is not a field of an audit document',
      'extra is not a field of a policy document',
      'extra is not a field of a row of policies',
      'extra is not a field of a stats document',
      'extra is not a field of a row of stats',
    ])
  })

  it('V11: fixed parts take no unknown field and want what they need', () => {
    const provenance = { policy_version: 'v1', engine_version: 'e' }
    expect(rejectionOf('decisions', { ...log, provenance: { policy_version: 'v1' } })).toEqual({
      field: 'provenance',
      reason: 'provenance.engine_version is missing',
    })
    expect(rejectionOf('decisions', { ...log, provenance: { ...provenance, x: 1 } })).toEqual({
      field: 'provenance',
      reason: 'provenance.x is not a field',
    })
    expect(rejectionOf('decisions', { ...log, outcome: { pnl: 1, won: true } })?.reason).toBe(
      'outcome.won is not a field',
    )
    expect(
      rejectionOf('audits', { timestamp_utc: time, issues: [{ feature: 'a', issue: 'odd' }] })?.reason,
    ).toMatch(/^issues\.0\.issue must be one of missing_alias, .*, got "odd"$/)
  })

  it('V11: a clean audit is a row when its id has a number and it has no field of a document alone', () => {
    const clean = { run_id: 'r', timestamp_utc: '2024-03-08T14:30Z', macro_regimes: [], issues: [] }
    const idOf = (document: object): unknown => rowsOf('audits', document)[0]?.audit_id
    expect(idOf({ ...clean, audit_id: 'a' })).toBe('a#1')
    expect(idOf({ ...clean, audit_id: 'a#1' })).toBe('a#1')
    expect(idOf({ ...clean, audit_id: 'a#1', version: 2 })).toBe('a#1#1')
    expect(idOf({ ...clean, audit_id: 'a', feature_name: null })).toBe('a')
  })

  it('V16: an audit without id is named for its file, else for what it says; too long an id is refused', () => {
    const clean = { timestamp_utc: '2024-03-08T14:30Z', issues: [] }
    expect(rowsOf('audits', clean, 'audit_7')[0]).toMatchObject({ run_id: 'audit_7', audit_id: 'audit_7#1' })
    const [one] = rowsOf('audits', clean)
    const [other] = rowsOf('audits', { ...clean, version: 2 })
    expect(one?.audit_id).toMatch(/^[0-9a-f]{32}#1$/)
    expect(one?.audit_id).not.toBe(other?.audit_id)
    expect(rowsOf('audits', { issues: [], timestamp_utc: '2024-03-08T14:30Z' })[0]?.audit_id).toBe(
      one?.audit_id,
    )
    expect(rowsOf('audits', { ...clean, run_id: 'r' }, 'f')[0]).toMatchObject({
      run_id: 'r',
      audit_id: 'f#1',
    })
    expect(rejectionOf('audits', { ...clean, audit_id: 'x'.repeat(255) })?.field).toBe('audit_id')
  })

  it('V17: a stats document needs one of its forms, and importance has its place in metadata', () => {
    const { feature_performance_by_regime: _1, feature_importance, feature_stability: _2, ...bare } = stats
    expect(rejectionOf('stats', bare)).toEqual({
      field: 'feature_performance_by_regime',
      reason: 'feature_performance_by_regime is missing',
    })
    expect(rowsOf('stats', { ...bare, feature_importance })).toHaveLength(2)
    expect(rejectionOf('stats', { ...bare, feature_performance_by_regime: { f: {} } })?.field).toBe(
      'feature_performance_by_regime',
    )
    const hidden = { ...bare, feature_importance, metadata: { feature_importance: 1 } }
    expect(rejectionOf('stats', hidden)?.field).toBe('metadata')
    const bad = { f: { NY: { window_start: 'monday' } } }
    expect(rejectionOf('stats', { ...bare, feature_performance_by_regime: bad })?.reason).toMatch(
      /^feature_performance_by_regime\.f\.NY\.window_start: "monday" is not a time/,
    )
  })
})
