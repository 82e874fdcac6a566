import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LedgerEntry, LedgerPage } from '../../schemas/contract/ledger.ts'
import type { StorePath } from '../../schemas/contract/units.ts'
import type { LedgerFilter, LedgerQuery } from '../../schemas/generated/requests.ts'
import { DECISIONS } from '../../schemas/tables/index.ts'
import { readLedgerRows } from '../../src-main/store/ledger/read-rows.ts'
import { queryLedger } from '../../src-main/store/query/query.ts'
import type { LedgerSources } from '../../src-main/store/query/sources.ts'
import { decision, ledgerDay, plainSeries } from '../support/ledger-store.ts'
import { foreignFile, type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

/**
 * A directory of decisions as pandas and pyarrow write them: every day another form of the same columns (SPEC Q2).
 */
let store: TemporaryStore
let sources: LedgerSources

/** Columns that a day's file has besides those that the day is about. */
const PLAIN: Readonly<Record<string, string>> = {
  run_id: "'r1'",
  decision_id: "'d' || i",
  timestamp_utc:
    "strftime(TIMESTAMP '2024-03-DAY 14:00:00' + i * INTERVAL 5 MINUTE, '%Y-%m-%dT%H:%M:%S.%g+00:00')",
  symbol: "'SPY'",
  timeframe: "'5m'",
  session_regime: "'NY'",
  macro_regimes: "['risk_on', 'trend']",
  key_features: "{'rsi_14': 60.5 + i, 'side': 'up'}",
  evaluation_score: '0.25',
  action: "'long'",
  outcome_pnl: '1.5 + i',
  outcome_hit: 'true',
  outcome_max_drawdown: '0.5',
  outcome_holding_period_bars: '4',
  policy_version: "'v1'",
  engine_version: "'e1'",
  provenance: "{'source': 'pandas'}",
  position_size: '1.0',
  effective_weights: "{'rsi_14': 0.5::DOUBLE}",
  policy_components: "{'base_weights': {'rsi_14': 1.5::DOUBLE}}",
}

/** @param given columns of the day in SQL over `i` (0–2); null leaves one out */
async function pandasDay(day: string, given: Readonly<Record<string, string | null>>): Promise<void> {
  const columns = Object.entries({ ...PLAIN, ...given }).flatMap(([name, sql]) =>
    sql === null ? [] : [`${sql.replaceAll('DAY', day)} AS ${name}`],
  )
  const file = `decisions/decisions_202403${day}.parquet`
  await foreignFile(store.root, file, `SELECT ${columns.join(', ')} FROM range(3) t(i)`)
}

beforeAll(async () => {
  store = await temporaryStore()
  sources = {
    context: store.context,
    viewport: () => Promise.reject(new Error('no candles are asked for here')),
  }
  await pandasDay('01', {})
  await pandasDay('02', {
    key_features: "{'adx': CASE WHEN i = 1 THEN NULL ELSE 20 + i END, 'rsi_14': 'n/a', 'deep': NULL::DOUBLE}",
    macro_regimes: 'NULL::INTEGER',
    effective_weights: 'NULL::INTEGER',
    outcome_pnl: 'NULL::INTEGER',
    outcome_holding_period_bars: 'CASE WHEN i > 0 THEN i * 1.0 END::DOUBLE',
    provenance: null,
  })
  await pandasDay('03', {
    key_features: `'{"rsi_14": 70.25, "flag": true, "none": null, "text": "70"}'`,
    macro_regimes: `'["risk_off"]'`,
    effective_weights: `'{"rsi_14": 0.125}'`,
    policy_components: `'{"trust": {"a": 1}}'`,
    outcome_hit: 'CASE WHEN i = 0 THEN 1.0 WHEN i = 1 THEN 0.0 END',
  })
  await pandasDay('04', {
    key_features: "MAP{'rsi_14': 33.5::DOUBLE, 'vol': 1e300::DOUBLE}",
    effective_weights: "MAP{'x': 0.1::FLOAT}",
    timestamp_utc: "TIMESTAMP '2024-03-04 14:00:00.123' + i * INTERVAL 5 MINUTE",
  })
  await pandasDay('05', {
    timestamp_utc: "TIMESTAMPTZ '2024-03-05 09:00:00-05' + i * INTERVAL 5 MINUTE",
  })
  await pandasDay('06', {
    timestamp_utc: "epoch_ms(TIMESTAMP '2024-03-06 14:00:00') + i * 300000",
  })
  await pandasDay('07', {
    timestamp_utc: `CASE i WHEN 0 THEN '2024-03-07T14:00:00+00:00' WHEN 1 THEN '2024-03-07 08:05:00.5-06:00'
      ELSE '2024-03-07T08:10:00' END`,
  })
  await pandasDay('08', {
    run_id: "CASE WHEN i = 0 THEN NULL ELSE 'r1' END",
    outcome_pnl: "CASE i WHEN 1 THEN 'nan'::DOUBLE WHEN 2 THEN 'inf'::DOUBLE ELSE 1 END",
    outcome_holding_period_bars: '9007199254740992 + i',
    symbol: "CASE WHEN i = 2 THEN '../../x' ELSE 'SPY' END",
  })
  await pandasDay('09', { key_features: "{'rsi_14': CASE WHEN i = 1 THEN 'nan'::DOUBLE ELSE 50 END}" })
  await pandasDay('10', {
    action: null,
    timestamp_utc:
      "CASE i WHEN 0 THEN '2024-02-30T10:00:00' WHEN 1 THEN 'soon' ELSE '2024-03-10T03:30:00' END",
  })
  await pandasDay('11', { decision_id: "'same'" })
  await pandasDay('16', {
    key_features: `CASE i WHEN 0 THEN '{"a": NaN, "s": "NaN \\" -Infinity", "b": -Infinity, "c": 1}'
      WHEN 1 THEN '{"a": 9007199254740993, "b": 1e400, "c": 2}' ELSE '{"a": 1, "a": 2}' END`,
    provenance: `'{"deep": {"x": [1, NaN]}, "information": "info"}'`,
  })
  const at = (name: string): string => path.join(store.root, 'decisions', name)
  await writeFile(at('decisions_20240312.parquet'), '')
  await writeFile(at('decisions_20240313.parquet'), 'PAR1 torn')
  await foreignFile(store.root, 'decisions/decisions_20240314.parquet', 'SELECT 1 AS a')
  await ledgerDay(store.context, plainSeries('decisions'), '2024-03-15', [
    decision('own', '2024-03-15T14:00'),
  ])
})
afterAll(() => store.close())

async function day(number: string, given: Partial<LedgerQuery> = {}): Promise<LedgerPage> {
  const from = Date.parse(`2024-03-${number}T00:00Z`)
  const filter: LedgerFilter = { from, to: from + 86_399_999 }
  const sort = { column: 'timestamp_utc', descending: false }
  return queryLedger(sources, { table: 'decisions', filter, offset: 0, limit: 100, sort, ...given })
}

function values({ entries }: { entries: readonly LedgerEntry[] }, column: string): unknown[] {
  return entries.map(({ row }) => row[column])
}

describe('files of other programs', () => {
  it('Q2: STRUCT maps; what is null in them is absent', async () => {
    const first = await day('01')
    expect(first.problems).toEqual([])
    expect(first.entries[1]?.row).toEqual({
      run_id: 'r1',
      decision_id: 'd1',
      timestamp_utc: '2024-03-01T14:05:00.000+00:00',
      symbol: 'SPY',
      timeframe: '5m',
      session_regime: 'NY',
      macro_regimes: ['risk_on', 'trend'],
      key_features: { rsi_14: 61.5, side: 'up' },
      evaluation_score: 0.25,
      action: 'long',
      outcome_pnl: 2.5,
      outcome_hit: true,
      outcome_max_drawdown: 0.5,
      outcome_holding_period_bars: 4,
      policy_version: 'v1',
      engine_version: 'e1',
      provenance: { source: 'pandas' },
      position_size: 1,
      effective_weights: { rsi_14: 0.5 },
      policy_components: { base_weights: { rsi_14: 1.5 } },
    })
    const second = await day('02')
    expect(values(second, 'key_features')).toEqual([
      { adx: 20, rsi_14: 'n/a' },
      { rsi_14: 'n/a' },
      { adx: 22, rsi_14: 'n/a' },
    ])
  })

  it('Q2: columns that are all null or missing', async () => {
    const page = await day('02')
    expect(page.entries[0]?.row).toMatchObject({
      effective_weights: null,
      outcome_pnl: null,
      provenance: null,
    })
    expect(values(page, 'outcome_holding_period_bars')).toEqual([null, 1, 2])
    expect(values(page, 'macro_regimes')).toEqual([null, null, null])
    expect(page.entries.map(({ breach }) => breach)).toEqual(new Array(3).fill('macro_regimes: is null'))
    expect(page.problems).toEqual([
      {
        file: 'decisions/decisions_20240302.parquet',
        code: 'BAD_ROW',
        detail: '3 rows break the schema; they are shown, marked as such',
      },
    ])
  })

  it('Q2: JSON text and maps of numbers', async () => {
    const page = await day('03')
    expect(page.problems).toEqual([])
    expect(page.entries[0]?.row).toMatchObject({
      key_features: { rsi_14: 70.25, flag: true, none: null, text: '70' },
      macro_regimes: ['risk_off'],
      effective_weights: { rsi_14: 0.125 },
      policy_components: { trust: { a: 1 } },
    })
    expect(values(page, 'outcome_hit')).toEqual([true, false, null])
    const maps = await day('04')
    expect(maps.problems).toEqual([])
    expect(maps.entries[0]?.row).toMatchObject({ key_features: { rsi_14: 33.5, vol: 1e300 } })
  })

  it('Q2: times as timestamps, numbers, or text with and without an offset', async () => {
    const times = async (number: string): Promise<unknown[]> => {
      const page = await day(number)
      expect(page.problems).toEqual([])
      return values(page, 'timestamp_utc')
    }
    const at = (number: string, millis = '000'): string[] =>
      ['00', '05', '10'].map((minute) => `2024-03-${number}T14:${minute}:00.${millis}+00:00`)
    expect(await times('04')).toEqual(at('04', '123'))
    expect(await times('05')).toEqual(at('05'))
    expect(await times('06')).toEqual(at('06'))
    expect(await times('07')).toEqual([
      '2024-03-07T14:00:00.000+00:00',
      '2024-03-07T14:05:00.500+00:00',
      '2024-03-07T14:10:00.000+00:00',
    ])
  })

  it('Q2: rows that break the schema are shown and say how', async () => {
    const page = await day('08')
    expect(page.entries.map(({ breach }) => breach)).toEqual([
      'run_id: is null',
      'outcome_pnl: nan is no finite number',
      'symbol: is not written as expected, got ../../x',
    ])
    expect(values(page, 'outcome_pnl')).toEqual([1, null, null])
    expect(values(page, 'outcome_holding_period_bars')).toEqual([null, null, null])
    expect(page.problems.map(({ code, detail }) => `${code} ${detail.slice(0, 1)}`)).toEqual(['BAD_ROW 3'])
    const features = await day('09')
    expect(values(features, 'key_features')).toEqual([{ rsi_14: 50 }, { rsi_14: null }, { rsi_14: 50 }])
    expect(features.entries[1]?.breach).toBe('key_features: has a value that no double holds')
  })

  it('Q2: JSON as Python writes it: what is no number, or none that a double holds, is null and named', async () => {
    const page = await day('16')
    expect(values(page, 'key_features')).toEqual([
      { a: null, s: 'NaN " -Infinity', b: null, c: 1 },
      { a: null, b: null, c: 2 },
      null,
    ])
    expect(values(page, 'provenance')).toEqual(
      new Array(3).fill({ deep: { x: [1, null] }, information: 'info' }),
    )
    expect(page.entries.map(({ breach }) => breach)).toEqual([
      'key_features: has a value that no double holds',
      'key_features: has a value that no double holds',
      'key_features: {"a": 1, "a": 2} is no map',
    ])
    const found = await day('16', {
      filter: {
        features: [
          { name: 'c', op: '>=', value: 1 },
          { name: 'a', op: '!=', value: 0 },
        ],
      },
    })
    expect(found.total).toBe(0)
  })

  it('Q2: a time that is none is shown where no bound asks for it', async () => {
    const all = await queryLedger(sources, {
      table: 'decisions',
      filter: { asOf: Date.parse('2030-01-01T00:00Z') },
      offset: 0,
      limit: 100,
    })
    const unbounded = await queryLedger(sources, { table: 'decisions', filter: {}, offset: 0, limit: 100 })
    expect(unbounded.total - all.total).toBe(2)
    const lost = unbounded.entries.slice(-2)
    expect(values({ entries: lost }, 'timestamp_utc')).toEqual([null, null])
    expect(new Set(lost.map(({ breach }) => breach))).toEqual(
      new Set(['timestamp_utc: 2024-02-30T10:00:00 is no time', 'timestamp_utc: soon is no time']),
    )
    // 03:30 of the morning on which the clock goes from 02:00 to 03:00.
    const page = await day('10')
    expect(values(page, 'timestamp_utc')).toEqual(['2024-03-10T08:30:00.000+00:00'])
    expect(page.problems.map(({ code, detail }) => `${code} ${detail}`)).toEqual([
      'BAD_COLUMNS has no column action',
      'BAD_ROW 3 rows break the schema; they are shown, marked as such',
    ])
  })

  it('Q3: a key that repeats in a file shows once, the first', async () => {
    const page = await day('11')
    expect(page.total).toBe(1)
    expect(values(page, 'outcome_pnl')).toEqual([1.5])
    expect(page.problems).toEqual([
      {
        file: 'decisions/decisions_20240311.parquet',
        code: 'CONFLICT',
        detail: '2 rows repeat the key of an earlier row and are not shown',
      },
    ])
  })

  it('Q2: one set of types over all of them, each problem named once', async () => {
    const ask = (given: Partial<LedgerQuery>): Promise<LedgerPage> =>
      queryLedger(sources, { table: 'decisions', filter: {}, offset: 0, limit: 1000, ...given })
    const page = await ask({})
    expect(page.total).toBe(3 * 11 + 1 + 1)
    expect(page.entries).toHaveLength(page.total)
    const files = page.problems.map(({ file, code }) => `${file} ${code}`)
    expect(new Set(files).size).toBe(files.length)
    expect(page.problems.filter(({ code }) => code === 'UNREADABLE').map(({ file }) => file)).toEqual([
      'decisions/decisions_20240312.parquet',
      'decisions/decisions_20240313.parquet',
    ])
    expect(page.problems.find(({ file }) => file.endsWith('14.parquet'))?.code).toBe('BAD_COLUMNS')
    // The same again, now that every file is known.
    expect(await ask({})).toEqual(page)
    for (const column of ['key_features', 'macro_regimes', 'outcome_hit', 'policy_components']) {
      const sorted = await ask({ sort: { column, descending: true }, limit: 1 })
      expect(sorted.total, column).toBe(page.total)
    }
    const strong = await ask({ filter: { features: [{ name: 'rsi_14', op: '>', value: 60.5 }] } })
    // Of days 1, 4–8 and 10–11 rows 1 and 2, all of day 3; the text of day 2 and the NaN of day 9 are no numbers.
    expect(strong.total).toBe(2 * 6 + 3 + 1)
  })

  it('E7, Q2: merging reads them the same way, and what a type can’t hold is a breach', async () => {
    const file = (number: string): StorePath => `decisions/decisions_202403${number}.parquet` as StorePath
    const read = await readLedgerRows(store.context, DECISIONS, ['02', '07', '08', '12'].map(file))
    expect(read.files.map((each) => [each.file, each.foreign])).toEqual(
      ['02', '07', '08'].map((number) => [file(number), true]),
    )
    const [structs, times, broken] = read.files
    expect(structs?.rows.map(({ row }) => row.key_features)).toEqual([
      { adx: 20, rsi_14: 'n/a' },
      { rsi_14: 'n/a' },
      { adx: 22, rsi_14: 'n/a' },
    ])
    expect(times?.rows.map(({ row, breach }) => [row.timestamp_utc, breach])).toEqual([
      ['2024-03-07T14:00:00.000+00:00', null],
      ['2024-03-07T14:05:00.500+00:00', null],
      ['2024-03-07T14:10:00.000+00:00', null],
    ])
    expect(broken?.rows.map(({ breach }) => breach?.split(':')[0])).toEqual([
      'run_id',
      'outcome_pnl',
      'symbol',
    ])
    expect(read.problems.map((problem) => [problem.file, problem.code])).toEqual([[file('12'), 'UNREADABLE']])
  })
})
