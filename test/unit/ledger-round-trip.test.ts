import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StorePath } from '../../schemas/contract/units.ts'
import type { DecisionRow } from '../../schemas/generated/rows.ts'
import { LEDGER, type LedgerTable } from '../../schemas/tables/index.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { appendLedger } from '../../src-main/store/ledger/append.ts'
import { readLedgerRows } from '../../src-main/store/ledger/read-rows.ts'
import { independentRows } from '../support/golden.ts'
import { audit, decision, policy, stat } from '../support/ledger-store.ts'
import { type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

const DAY = '2024-03-08'
const AT = `${DAY}T14:30:00.000+00:00`
const FILES: Readonly<Record<LedgerTable, string>> = {
  decisions: 'decisions/decisions_20240308.parquet',
  audits: 'audits/audits_20240308.parquet',
  stats: 'stats/stats_20240308.parquet',
  policies: 'policies/policies.parquet',
}

/** One letter to the eye, two texts. */
const ACCENTS = JSON.parse('{"e\\u0301":2,"\\u00e9":3}') as Record<string, number>

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore({ env: { ...nodeEnv, now: () => Date.parse(AT) } })
})
afterEach(() => store.close())

const outcomes = async (table: LedgerTable, rows: readonly unknown[]): Promise<string[]> =>
  (await appendLedger(store.context, table, rows)).map((each) =>
    'reason' in each ? `${each.outcome} ${each.field}: ${each.reason}` : each.outcome,
  )

/** As DuckDB reads it back for a merge, and as an independent reader does. */
async function readBack(table: LedgerTable): Promise<{ own: unknown[]; other: Record<string, unknown>[] }> {
  const { files, problems } = await readLedgerRows(store.context, LEDGER[table], [FILES[table] as StorePath])
  expect(problems).toEqual([])
  const rows = files[0]?.rows ?? []
  expect(rows.map(({ breach }) => breach)).toEqual(rows.map(() => null))
  return {
    own: rows.map(({ row }) => row),
    other: await independentRows(path.join(store.root, FILES[table])),
  }
}

/** Numbers by their bits: 0 and −0 are not the same. */
function exact(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (Object.is(item, -0) ? 'minus zero' : item))
}

async function expectExact(table: LedgerTable, rows: readonly object[]): Promise<void> {
  expect(await outcomes(table, rows)).toEqual(rows.map(() => 'accepted'))
  const { own, other } = await readBack(table)
  const columns = LEDGER[table].columns.map(({ name }) => name)
  const plain = (row: object): unknown =>
    columns.map((name) => sorted((row as Record<string, unknown>)[name] ?? null))
  expect(own.map((row) => exact(plain(row as object)))).toEqual(rows.map((row) => exact(plain(row))))
  // The other reader builds maps as plain objects, in which this key is no entry.
  const entry = '["__proto__",1],'
  expect(other.map((row) => exact(plain(row)))).toEqual(
    rows.map((row) => exact(plain(row)).replace(entry, '')),
  )
}

/** Keys are stored sorted. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  const keys = Object.keys(value).sort()
  return keys.map((key) => [key, sorted((value as Record<string, unknown>)[key])])
}

const features = (id: string, map: unknown, given: Partial<DecisionRow> = {}): DecisionRow =>
  decision(id, AT, { key_features: map as DecisionRow['key_features'], ...given })

describe('rows of the ledger, written and read back', () => {
  it('S2, S3, E1: every edge of a decision comes back exactly, by two readers', async () => {
    const wide = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, index) => [
        `feature_${'of_many_'.repeat(25)}${String(index).padStart(6, '0')}`,
        index / 7,
      ]),
    )
    expect(JSON.stringify(wide).length).toBeGreaterThan(2 ** 20)
    await expectExact('decisions', [
      features('a unicode', {
        größe: 1,
        ...ACCENTS,
        日本: 'テスト',
        '😀': '\u{1F468}\u200d\u{1F469}',
        'quo"te\\': '\n\t\u0000\u2028',
      }),
      features(
        'b empty',
        {},
        { provenance: {}, effective_weights: {}, policy_components: {}, macro_regimes: [] },
      ),
      features(
        'c missing',
        { none: null },
        { provenance: null, effective_weights: null, policy_components: null },
      ),
      features('d mixed', { text: '1.5', number: 1.5, yes: true, no: false, none: null, empty: '' }),
      features('e doubles', {
        tenth: 0.1,
        third: 1 / 3,
        tiny: 5e-324,
        most: Number.MAX_VALUE,
        safe: Number.MAX_SAFE_INTEGER,
        least: Number.MIN_SAFE_INTEGER,
        huge: 1e21,
      }),
      features('f keys', JSON.parse('{"__proto__": 1, "constructor": 2, "": 3, "a.b": 4, "1": 5}')),
      features(
        'g list',
        { x: 1 },
        { macro_regimes: Array.from({ length: 50 }, (_, index) => `regime "${index}"`) },
      ),
      features('h wide', wide),
      features('i text', { x: 1 }, { session_regime: '', action: '', symbol: 'BRK.B', timeframe: 'M5' }),
      features(
        'j nested',
        { x: 1 },
        {
          provenance: { list: [1, 'a', null, { b: [] }], deep: { er: { est: 0.1 } } },
          policy_components: { base_weights: { a: 0.5 }, trust: {}, regime_multipliers: { NY: { a: 2 } } },
          effective_weights: { a: 0.1, b: -1e-300 },
          outcome_pnl: -0.1,
          outcome_hit: false,
          outcome_max_drawdown: 0,
          outcome_holding_period_bars: 9007199254740991,
          position_size: 1e-9,
        },
      ),
    ])
  })

  it('S2, E1: audits, stats and policies come back exactly, scalars of any kind, absent parts of a key', async () => {
    const scalars = [0, -1.5, 'text', '', true, false, null, '2024', '{"not":"parsed"}']
    await expectExact(
      'audits',
      scalars.map((value, index) =>
        audit(`a${index}`, AT, { raw_value: value, normalized_value: scalars.at(-index) ?? null }),
      ),
    )
    await expectExact('stats', [
      stat('rsi_14', AT, { regime: null, sharpe: null, metadata: {} }),
      stat('rsi_14', AT, { regime: '', hit_rate: 0, metadata: null }),
      stat('rsi_14', AT, { regime: 'NY', window_start: null, window_end: AT }),
      stat('rsi_14', AT, { regime: 'NY', window_start: AT, window_end: AT, metadata: { n: 5 } }),
    ])
    await expectExact('policies', [
      policy('v1', AT, { base_weights: {}, trust: {}, regime_multipliers: {}, metadata: null }),
      policy('v2', AT, {
        regime_multipliers: { NY: { a: 1.5, b: 0.1 }, ASIA: {} },
        metadata: { source: 'hand', notes: '' },
      }),
    ])
  })

  it('V3: what no column can hold exactly is refused by its field, −0 is stored as 0', async () => {
    const refused = [
      features('nan', { x: Number.NaN }),
      features('infinite', { x: 1 }, { evaluation_score: Number.POSITIVE_INFINITY }),
      features('unsafe', { x: 9007199254740992 }),
      features('unsafe', { x: 1 }, { provenance: { deep: [{ n: 9007199254740992 }] } }),
      features('text', { x: 1 }, { evaluation_score: '1.5' as never }),
      features('half', { x: '\ud83d' }),
      decision('nested', AT, { key_features: { x: { y: 1 } } as never }),
    ]
    const fields = [
      'key_features',
      'evaluation_score',
      'key_features',
      'provenance',
      'evaluation_score',
      'key_features',
      'key_features',
    ]
    expect((await outcomes('decisions', refused)).map((text) => text.split(':')[0])).toEqual(
      fields.map((field) => expect.stringMatching(new RegExp(`^rejected ${field}`)) as string),
    )
    const zero = features('zero', { x: -0 }, { evaluation_score: -0, effective_weights: { x: -0 } })
    expect(await outcomes('decisions', [zero])).toEqual(['accepted'])
    const [row] = (await readBack('decisions')).own as DecisionRow[]
    expect(exact([row?.key_features, row?.evaluation_score, row?.effective_weights])).toBe(
      '[{"x":0},0,{"x":0}]',
    )
    expect(await outcomes('decisions', [zero])).toEqual(['duplicate'])
  })
})
