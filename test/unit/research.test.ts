import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { queryLedger } from '../../src-main/store/query/query.ts'
import type { LedgerSources } from '../../src-main/store/query/sources.ts'
import { hitCalendar } from '../../src-main/store/research/hit-calendar.ts'
import { performanceReport } from '../../src-main/store/research/performance.ts'
import { featureStability } from '../../src-main/store/research/stability.ts'
import { decision, foreignRows, ledgerDay, plainSeries, stat } from '../support/ledger-store.ts'
import { exactSum, plainPerformance } from '../support/plain-performance.ts'
import { type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

let store: TemporaryStore
let sources: LedgerSources

beforeAll(async () => {
  store = await temporaryStore()
  sources = {
    context: store.context,
    viewport: () => Promise.reject(new Error('no candles are asked for here')),
  }
  const pnls = (action: string, ...values: readonly (number | null)[]) =>
    values.map((pnl, index) =>
      decision(`${action}-${index}`, `2024-03-08T15:0${index}`, { action, outcome_pnl: pnl }),
    )
  await ledgerDay(store.context, plainSeries('decisions'), '2024-03-08', [
    ...pnls('gains', 1, 2, 3),
    ...pnls('losses', -1, -2, -3),
    ...pnls('swings', 2, -5, 4, -1, null, -4, 9),
    ...pnls('open', null, null),
    ...pnls('same', 0.1, 0.1, 0.1),
    ...pnls('one', -7),
    // Three at one instant: run and id decide which comes first, and with it how deep the sum falls.
    decision('b', '2024-03-08T16:00', { action: 'ties', run_id: 'run-1', outcome_pnl: -4 }),
    decision('a', '2024-03-08T16:00', { action: 'ties', run_id: 'run-2', outcome_pnl: -1 }),
    decision('a', '2024-03-08T16:00', { action: 'ties', run_id: 'run-1', outcome_pnl: 3 }),
    decision('only-hit', '2024-03-08T17:00', { action: 'judged', outcome_hit: true }),
    decision('no-hit', '2024-03-08T17:01', { action: 'judged', outcome_hit: false, outcome_pnl: 5 }),
  ])
  // In Chicago it is 23:59 of the 9th, and on the 10th clocks go forward at 02:00.
  await ledgerDay(store.context, plainSeries('decisions'), '2024-03-10', [
    decision('eve', '2024-03-10T05:59:59.999+00:00', { action: 'clock', outcome_pnl: 1 }),
    decision('midnight', '2024-03-10T06:00', { action: 'clock', outcome_pnl: -2 }),
    decision('before-gap', '2024-03-10T07:59', { action: 'clock', outcome_pnl: 4 }),
    decision('after-gap', '2024-03-10T08:00', { action: 'clock' }),
  ])
  await ledgerDay(store.context, plainSeries('decisions'), '2024-03-11', [
    decision('last-of-10th', '2024-03-11T04:59', { action: 'clock', outcome_pnl: 8 }),
    decision('first-of-11th', '2024-03-11T05:00', { action: 'clock', outcome_pnl: 16 }),
  ])
  await ledgerDay(store.context, plainSeries('stats'), '2024-03-08', [
    stat('rsi_14', '2024-03-08T21:00', { regime: null, stability: 0.5, sharpe: null }),
    stat('rsi_14', '2024-03-08T21:00', { regime: 'NY', stability: 0.25 }),
    stat('adx', '2024-03-08T21:00', { run_id: 'run-9', regime: 'NY', hit_rate: null }),
  ])
  await ledgerDay(store.context, plainSeries('stats'), '2024-03-11', [
    stat('rsi_14', '2024-03-11T21:00', { regime: 'NY', run_id: 'run-2', stability: 0.75 }),
  ])
})
afterAll(() => store.close())

async function of(action: string) {
  const report = await performanceReport(sources, { filter: { actions: [action] }, groupBy: ['action'] })
  const [group] = report.groups
  if (group === undefined) throw new Error(`no group ${action}`)
  expect(report.total.count).toBe(group.count)
  return group
}

describe('research', () => {
  it.each([
    ['gains', 0],
    ['losses', 6],
    ['swings', 6],
    ['one', 7],
    ['ties', 5],
    ['open', null],
  ])(
    'Q30: the largest fall of the sum of %s is %s: from 0 at the start, in the order of time, run and id',
    async (action, fall) => {
      expect((await of(action)).maxDrawdown).toBe(fall)
    },
  )

  it('Q30: without outcome there is no figure but the count; where nothing varies there is no Sharpe', async () => {
    const open = await of('open')
    expect(open).toMatchObject({ count: 2, decided: 0, judged: 0, hits: 0 })
    expect([open.pnlSum, open.pnlMean, open.pnlDeviation, open.sharpe, open.hitRate, open.hitLow]).toEqual(
      Array(6).fill(null),
    )
    const same = await of('same')
    expect(same.sharpe).toBeNull()
    expect(same.pnlSum).toBeCloseTo(0.3, 15)
  })

  it('Q30: a hit is what the bot says, else a profit; it may be known without a PnL', async () => {
    expect(await of('judged')).toMatchObject({
      count: 2,
      decided: 1,
      judged: 2,
      hits: 1,
      hitRate: 0.5,
      pnlSum: 5,
    })
    expect(await of('swings')).toMatchObject({ count: 7, decided: 6, judged: 6, hits: 3 })
  })

  it('Q30: the sum of 6,000 tiny and huge values is the exact one to 1e-12 of their size', async () => {
    const rows = Array.from({ length: 6_000 }, (_, index) =>
      decision(`d${index}`, '2024-04-01T15:00', {
        outcome_pnl: index % 3 === 0 ? 0.1 : index % 3 === 1 ? 1e12 : -1e12 + 0.3,
        action: 'huge',
      }),
    )
    await foreignRows(store.context, 'decisions', 'decisions/decisions_20240401.parquet', rows)
    const found = await of('huge')
    const wanted = plainPerformance(rows)
    const size = exactSum(rows.map((row) => Math.abs(row.outcome_pnl ?? 0)))
    expect(Math.abs((found.pnlSum ?? 0) - (wanted.pnlSum ?? 0))).toBeLessThan(1e-12 * size)
    expect(found).toMatchObject({ count: 6_000, decided: 6_000, hits: wanted.hits })
  })

  it('Q32: a trading date begins at Chicago’s midnight, on the day clocks change too, and its filter shows its rows', async () => {
    const filter = { actions: ['clock'] }
    const { days } = await hitCalendar(sources, { filter })
    expect(days.map(({ day, count, pnlSum }) => [day, count, pnlSum])).toEqual([
      ['2024-03-09', 1, 1],
      ['2024-03-10', 4, 10],
      ['2024-03-11', 1, 16],
    ])
    for (const { day, count } of days) {
      const page = await queryLedger(sources, {
        table: 'decisions',
        filter: { ...filter, tradingDays: [day] },
        offset: 0,
        limit: 10,
      })
      expect(page.total, day).toBe(count)
    }
  })

  it('Q33: each feature in each regime over time, with the run of each point; Q34: as of a moment only what was there', async () => {
    const { series } = await featureStability(sources, { filter: {} })
    expect(series.map(({ feature, regime, ts }) => [feature, regime, ts.length])).toEqual([
      ['adx', 'NY', 1],
      ['rsi_14', 'NY', 2],
      ['rsi_14', null, 1],
    ])
    expect(series[1]).toMatchObject({
      ts: [Date.parse('2024-03-08T21:00:00Z'), Date.parse('2024-03-11T21:00:00Z')],
      stability: [0.25, 0.75],
      runIds: ['run-1', 'run-2'],
    })
    expect(series[2]).toMatchObject({ stability: [0.5], sharpe: [null] })
    const before = await featureStability(sources, {
      filter: { asOf: Date.parse('2024-03-09T00:00:00Z'), featureNames: ['rsi_14'] },
    })
    expect(before.series.map(({ feature, ts }) => [feature, ts.length])).toEqual([
      ['rsi_14', 1],
      ['rsi_14', 1],
    ])
  })

  it('Q31: a group knows its first and last decision; no rows give no groups and an empty total', async () => {
    const { groups } = await performanceReport(sources, {
      filter: { actions: ['clock'] },
      groupBy: ['policy_version', 'macro_regime'],
    })
    expect(groups).toMatchObject([
      {
        keys: ['v1', 'risk_on'],
        from: Date.parse('2024-03-10T05:59:59.999Z'),
        to: Date.parse('2024-03-11T05:00:00Z'),
        filter: { actions: ['clock'], policyVersions: ['v1'], macroRegimes: ['risk_on'] },
      },
    ])
    const none = await performanceReport(sources, { filter: { symbols: ['nowhere'] }, groupBy: ['symbol'] })
    expect(none).toMatchObject({ groups: [], total: { count: 0, pnlSum: null, maxDrawdown: null } })
    expect(await hitCalendar(sources, { filter: { symbols: ['nowhere'] } })).toMatchObject({ days: [] })
  })

  it('Q31: a field that decisions have no column for is refused', async () => {
    const report = performanceReport(sources, { filter: { issues: ['x'] }, groupBy: ['symbol'] })
    await expect(report).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })
})
