import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BarkeepError } from '../../schemas/contract/errors.ts'
import type { LedgerFilter, LedgerQuery } from '../../schemas/generated/requests.ts'
import { ledgerFacets } from '../../src-main/store/query/facets.ts'
import { queryLedger } from '../../src-main/store/query/query.ts'
import type { LedgerSources } from '../../src-main/store/query/sources.ts'
import { ledgerSummary } from '../../src-main/store/query/summary.ts'
import { decision, ledgerDay, plainSeries, symbolSeries } from '../support/ledger-store.ts'
import { type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

let store: TemporaryStore
let sources: LedgerSources

beforeAll(async () => {
  store = await temporaryStore()
  sources = {
    context: store.context,
    viewport: () => Promise.reject(new Error('no candles are asked for here')),
  }
  await ledgerDay(store.context, plainSeries('decisions'), '2024-03-07', [
    decision('a', '2024-03-07T14:30', { outcome_pnl: 2, outcome_hit: true, symbol: 'SPY' }),
    decision('b', '2024-03-07T23:59', { outcome_pnl: -1, macro_regimes: [], timeframe: 'M5' }),
  ])
  await ledgerDay(store.context, plainSeries('decisions'), '2024-03-08', [
    decision('c', '2024-03-08T00:00', { key_features: { rsi_14: '70', adx: 12 }, symbol: 'QQQ' }),
    decision('d', '2024-03-08T15:00', { key_features: { rsi_14: 71 }, action: 'short', outcome_pnl: 0 }),
  ])
  await ledgerDay(store.context, symbolSeries('IWM'), '2024-03-09', [
    decision('e', '2024-03-09T15:00', { symbol: 'IWM', run_id: "it's" }),
  ])
})
afterAll(() => store.close())

async function ids(filter: LedgerFilter, given: Partial<LedgerQuery> = {}): Promise<string> {
  const page = await queryLedger(sources, { table: 'decisions', filter, offset: 0, limit: 100, ...given })
  expect(page.problems).toEqual([])
  return page.entries.map(({ row }) => row.decision_id).join('')
}

describe('questions to the ledger', () => {
  it('Q1: all rows newest first, each with its place', async () => {
    const page = await queryLedger(sources, { table: 'decisions', filter: {}, offset: 1, limit: 2 })
    expect(page.total).toBe(5)
    expect(page.entries.map(({ row }) => row.decision_id)).toEqual(['d', 'c'])
    expect(page.entries[0]).toEqual({
      row: decision('d', '2024-03-08T15:00', {
        key_features: { rsi_14: 71 },
        action: 'short',
        outcome_pnl: 0,
      }),
      file: 'decisions/decisions_20240308.parquet',
      place: 1,
      breach: null,
    })
  })

  it('Q5: each field of the filter', async () => {
    expect(await ids({ symbols: ['SPY', 'IWM'] })).toBe('edba')
    expect(await ids({ timeframes: ['5M'] })).toBe('edcba')
    expect(await ids({ timeframes: ['1h'] })).toBe('')
    expect(await ids({ macroRegimes: ['risk_on', 'x'] })).toBe('edca')
    expect(await ids({ noMacroRegime: true })).toBe('b')
    expect(await ids({ actions: ['short'] })).toBe('d')
    expect(await ids({ runIds: ["it's"] })).toBe('e')
    expect(await ids({ decisionIds: ['a', 'c'] })).toBe('ca')
    expect(await ids({ text: "T'S" })).toBe('e')
    expect(await ids({ hasOutcome: true })).toBe('dba')
    expect(await ids({ outcome: 'hit' })).toBe('a')
    expect(await ids({ outcome: 'miss' })).toBe('db')
    expect(await ids({ outcome: 'known' })).toBe('dba')
    expect(await ids({ outcome: 'open' })).toBe('ec')
    expect(await ids({ from: Date.parse('2024-03-07T23:59Z'), to: Date.parse('2024-03-08T00:00Z') })).toBe(
      'cb',
    )
    // The UTC night of the 8th is the 7th in Chicago.
    expect(await ids({ tradingDays: ['2024-03-07'] })).toBe('cba')
    expect(await ids({ tradingDays: ['2024-03-09', '2024-03-07'] })).toBe('ecba')
    expect(await ids({ asOf: Date.parse('2024-03-08T00:00Z') })).toBe('cba')
  })

  it('Q7: a condition on a feature is met by numbers alone', async () => {
    expect(await ids({ features: [{ name: 'rsi_14', op: '>', value: 70 }] })).toBe('d')
    expect(await ids({ features: [{ name: 'rsi_14', op: '>=', value: 61.5 }] })).toBe('edba')
    expect(await ids({ features: [{ name: 'adx', op: '!=', value: 1e21 }] })).toBe('c')
    expect(await ids({ features: [{ name: "no'ne", op: '!=', value: 0 }] })).toBe('')
  })

  it('Q8: sorted by any column or feature, nulls last', async () => {
    expect(await ids({}, { sort: { column: 'outcome_pnl', descending: false } })).toBe('bdace')
    expect(await ids({}, { sort: { column: 'outcome_pnl', descending: true } })).toBe('adbce')
    expect(await ids({}, { sort: { column: 'feature:rsi_14', descending: true } })).toBe('dabec')
    expect(await ids({}, { sort: { column: 'macro_regimes', descending: true } })).toBe('acdeb')
  })

  it('Q5: what the table has no column for is refused', async () => {
    const refused = async (table: LedgerQuery['table'], filter: object): Promise<unknown> =>
      queryLedger(sources, { table, filter: filter as LedgerFilter, offset: 0, limit: 1 }).catch(
        (error: unknown) => error,
      )
    for (const [table, filter] of [
      ['audits', { symbols: ['SPY'] }],
      ['stats', { outcome: 'hit' }],
      ['policies', { features: [] }],
      ['decisions', { issues: ['x'] }],
    ] as const) {
      const error = await refused(table, filter)
      expect(error).toBeInstanceOf(BarkeepError)
      expect((error as BarkeepError).code, table).toBe('BAD_REQUEST')
    }
  })

  it('Q9: how they ended', async () => {
    const all = await ledgerSummary(sources, { filter: {} })
    expect(all).toMatchObject({ count: 5, decided: 3, pnlSum: 1, judged: 3, hits: 1, maxDrawdown: 1 })
    expect(all.pnlMean).toBeCloseTo(1 / 3, 12)
    const none = await ledgerSummary(sources, { filter: { symbols: ['none'] } })
    expect(none).toMatchObject({ count: 0, pnlSum: null, hitRate: null, maxDrawdown: null })
  })

  it('Q10: what filters can be set to', async () => {
    const facets = await ledgerFacets(sources, { table: 'decisions' })
    expect(facets.columns.symbol).toEqual([
      { value: 'SPY', count: 3 },
      { value: 'IWM', count: 1 },
      { value: 'QQQ', count: 1 },
    ])
    expect(facets.features).toContainEqual({ value: 'rsi_14', count: 5 })
    expect([facets.from, facets.to]).toEqual([
      Date.parse('2024-03-07T14:30Z'),
      Date.parse('2024-03-09T15:00Z'),
    ])
    expect(await ledgerFacets(sources, { table: 'stats' })).toMatchObject({ from: null, problems: [] })
  })
})
