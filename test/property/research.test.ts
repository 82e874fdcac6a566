import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Performance, PerformanceDimension } from '../../schemas/contract/ledger.ts'
import { formatUtcIso, MarketZone } from '../../schemas/contract/market-time.ts'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import type { DecisionRow } from '../../schemas/generated/rows.ts'
import { queryLedger } from '../../src-main/store/query/query.ts'
import type { LedgerSources } from '../../src-main/store/query/sources.ts'
import { ledgerSummary } from '../../src-main/store/query/summary.ts'
import { hitCalendar } from '../../src-main/store/research/hit-calendar.ts'
import { performanceReport } from '../../src-main/store/research/performance.ts'
import { decision, foreignRows, ledgerDay, plainSeries, symbolSeries } from '../support/ledger-store.ts'
import { exactSum, isHit, plainGroups, plainPerformance } from '../support/plain-performance.ts'
import { type Random, seeded } from '../support/seeded.ts'
import { type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

const SOAK = process.env.BARKEEP_SOAK === '1'
const LEDGERS = SOAK ? 40 : 2
/** Groups of a report whose rows are asked for one by one: the largest, and any others. */
const SHOWN = SOAK ? 12 : 2
const DAY = 86_400_000
/** Both clock changes of 2024 in Chicago and a week around each. */
const FIRST_DAYS = ['2024-03-07', '2024-10-31'].map((day) => Date.parse(`${day}T00:00:00Z`))
const DAYS_EACH = 4

const random = seeded('research')
const zone = new MarketZone()

const DIMENSIONS: readonly PerformanceDimension[] = [
  'session_regime',
  'macro_regime',
  'policy_version',
  'symbol',
  'timeframe',
  'action',
]

function randomDecision(from: Random, id: number, day: number): DecisionRow {
  // A coarse clock: many decisions share an instant, so that run and id must break the tie.
  const ts = day + from.int(0, 287) * 300_000
  const pnl = from.pick([null, 0, from.int(-500, 500) / 64, (from.next() - 0.5) * 10 ** from.int(-3, 6)])
  const known = pnl !== null || from.chance(0.2)
  return decision(`d${id}`, formatUtcIso(ts), {
    run_id: `run-${from.int(1, 4)}`,
    symbol: from.pick(['SPY', 'QQQ', 'IWM']),
    timeframe: from.pick(['5m', 'M5', '5M', 'H1', 'tick']),
    session_regime: from.pick(['LONDON', 'NY', 'ASIA', '']),
    macro_regimes: from.pick([
      [],
      ['risk_on'],
      ['risk_off', 'high_vol'],
      ['risk_on', 'risk_on'],
      ['a', 'b', 'risk_on'],
    ]),
    action: from.pick(['long', 'short', 'skip']),
    policy_version: from.pick(['v1', 'v2', 'v10']),
    outcome_pnl: pnl,
    outcome_hit: known ? from.pick([null, true, false]) : null,
    outcome_holding_period_bars: from.pick([null, 0, 3, 500]),
  })
}

interface Ledger {
  readonly store: TemporaryStore
  readonly sources: LedgerSources
  readonly rows: readonly DecisionRow[]
}

/** Days as every writer leaves them: plain, in hive folders, and one by another program. */
async function randomLedger(from: Random): Promise<Ledger> {
  const store = await temporaryStore()
  const rows: DecisionRow[] = []
  for (const [index, day] of FIRST_DAYS.flatMap((first) =>
    Array.from({ length: DAYS_EACH }, (_, step) => first + step * DAY),
  ).entries()) {
    const found = Array.from({ length: from.int(1, 60) }, (_, each) =>
      randomDecision(from, index * 100 + each, day),
    )
    const name = new Date(day).toISOString().slice(0, 10)
    rows.push(...found)
    if (index === 3)
      await foreignRows(
        store.context,
        'decisions',
        `decisions/decisions_${name.replaceAll('-', '')}.parquet`,
        found,
      )
    else if (index % 4 === 0) {
      for (const symbol of new Set(found.map((row) => row.symbol)))
        await ledgerDay(
          store.context,
          symbolSeries(symbol),
          name,
          found.filter((row) => row.symbol === symbol),
        )
    } else await ledgerDay(store.context, plainSeries('decisions'), name, found)
  }
  const viewport = () => Promise.reject(new Error('no candles are asked for here'))
  return { store, sources: { context: store.context, viewport }, rows }
}

const ids = (rows: readonly DecisionRow[]): string[] =>
  rows.map((row) => `${row.run_id} ${row.decision_id}`).sort()

async function shownBy({ sources }: Ledger, filter: LedgerFilter): Promise<string[]> {
  const page = await queryLedger(sources, { table: 'decisions', filter, offset: 0, limit: 10_000 })
  expect(page.total).toBe(page.entries.length)
  return page.entries.map(({ row }) => `${row.run_id} ${row.decision_id}`).sort()
}

/** Counts exactly; figures to what summing in another order may change. */
function expectSame(found: Performance, rows: readonly DecisionRow[], what: string): void {
  const wanted = plainPerformance(rows)
  const pnls = rows.flatMap(({ outcome_pnl: pnl }) =>
    pnl === null || pnl === undefined ? [] : [Math.abs(pnl)],
  )
  const scale = Math.max(exactSum(pnls), Number.MIN_VALUE)
  for (const name of ['count', 'decided', 'judged', 'hits'] as const)
    expect(found[name], `${what} ${name}`).toBe(wanted[name])
  for (const name of ['pnlSum', 'pnlMean', 'pnlDeviation', 'maxDrawdown'] as const)
    expectClose(found[name], wanted[name], 1e-12 * scale, `${what} ${name}`)
  for (const name of ['hitRate', 'hitLow', 'hitHigh'] as const)
    expectClose(found[name], wanted[name], 1e-9, `${what} ${name}`)
  expectClose(found.sharpe, wanted.sharpe, 1e-9 * Math.max(1, Math.abs(wanted.sharpe ?? 0)), `${what} sharpe`)
}

function expectClose(found: number | null, wanted: number | null, tolerance: number, what: string): void {
  if (found === null || wanted === null) expect(found, what).toBe(wanted)
  else expect(Math.abs(found - wanted), `${what}: ${found} for ${wanted}`).toBeLessThanOrEqual(tolerance)
}

const FILTERS: readonly { readonly filter: LedgerFilter; readonly meets: (row: DecisionRow) => boolean }[] = [
  { filter: {}, meets: () => true },
  {
    filter: { macroRegimes: ['risk_on', 'b'], hasOutcome: true },
    meets: (row) =>
      row.outcome_pnl !== null && row.macro_regimes.some((each) => each === 'risk_on' || each === 'b'),
  },
  {
    filter: { timeframes: ['5m'], policyVersions: ['v1', 'v10'], outcome: 'miss' },
    meets: (row) =>
      ['5m', 'M5', '5M'].includes(row.timeframe) && row.policy_version !== 'v2' && isHit(row) === false,
  },
  { filter: { noMacroRegime: true }, meets: (row) => row.macro_regimes.length === 0 },
]

describe.each(Array.from({ length: LEDGERS }, (_, index) => index))('research over random ledger %i', () => {
  let ledger: Ledger
  beforeAll(async () => {
    ledger = await randomLedger(random)
  })
  afterAll(() => ledger.store.close())

  it('Q30: totals and groups equal an independent calculation; Q31: each group’s filter shows exactly its rows', async () => {
    const chosen = DIMENSIONS.filter((dimension) => dimension !== 'timeframe' && random.chance(0.3)).slice(
      0,
      2,
    )
    const groupBys: PerformanceDimension[][] = [
      ['macro_regime'],
      ['session_regime', 'macro_regime', 'policy_version'],
      ['timeframe', ...chosen],
    ]
    let compared = 0
    for (const [place, { filter, meets }] of FILTERS.entries()) {
      const rows = ledger.rows.filter(meets)
      // Everything without a filter; under each of the others one grouping, in turn.
      for (const groupBy of SOAK || place === 0 ? groupBys : groupBys.slice(place - 1, place)) {
        const report = await performanceReport(ledger.sources, { filter, groupBy })
        expectSame(report.total, rows, JSON.stringify(filter))
        expect(report.total).toEqual(await ledgerSummary(ledger.sources, { filter }))
        const wanted = plainGroups(rows, groupBy)
        // Of a row's macro regimes only those that were asked for.
        const asked = filter.macroRegimes
        const macro = groupBy.indexOf('macro_regime')
        for (const name of [...wanted.keys()])
          if (
            asked !== undefined &&
            macro >= 0 &&
            !asked.includes((JSON.parse(name) as string[])[macro] ?? '')
          )
            wanted.delete(name)
        if (groupBy.length === 0) wanted.clear()
        expect(report.groups.map(({ keys }) => JSON.stringify(keys)).sort()).toEqual(
          [...wanted.keys()].sort(),
        )
        for (const [index, group] of report.groups.entries()) {
          const name = JSON.stringify(group.keys)
          const members = wanted.get(name) ?? []
          expectSame(group, members, name)
          if (index < SHOWN || (index + 1) % 24 === 0)
            expect(await shownBy(ledger, group.filter), name).toEqual(ids(members))
          compared++
        }
        const counts = report.groups.map(({ count }) => count)
        expect(counts).toEqual([...counts].sort((a, b) => b - a))
      }
    }
    console.log(`${ledger.rows.length} decisions, ${compared} groups compared`)
    expect(compared).toBeGreaterThan(40)
  })

  it('Q32: the hit calendar has each trading date of Chicago, over both clock changes, with exactly its rows', async () => {
    const calendar = await hitCalendar(ledger.sources, { filter: {} })
    const wanted = new Map<string, DecisionRow[]>()
    for (const row of ledger.rows) {
      const day = zone.dateOf(Date.parse(row.timestamp_utc))
      wanted.set(day, [...(wanted.get(day) ?? []), row])
    }
    expect(calendar.days.map(({ day }) => day)).toEqual([...wanted.keys()].sort())
    for (const day of calendar.days) {
      const members = wanted.get(day.day) ?? []
      expectSame(day, members, day.day)
      expect(await shownBy(ledger, { tradingDays: [day.day] }), day.day).toEqual(ids(members))
    }
  })

  it('Q34: as of a moment, only decisions made and outcomes known by then count', async () => {
    const asOf = Date.parse('2024-11-02T12:00:00Z')
    const known = ledger.rows
      .filter((row) => Date.parse(row.timestamp_utc) <= asOf)
      .map((row): DecisionRow => {
        const bars = row.outcome_holding_period_bars
        const length = { '5m': 300_000, M5: 300_000, '5M': 300_000, H1: 3_600_000 }[row.timeframe]
        const isKnown =
          bars !== null &&
          bars !== undefined &&
          length !== undefined &&
          Date.parse(row.timestamp_utc) + bars * length <= asOf
        return isKnown ? row : { ...row, outcome_pnl: null, outcome_hit: null }
      })
    const report = await performanceReport(ledger.sources, { filter: { asOf }, groupBy: ['policy_version'] })
    expectSame(report.total, known, 'as of')
    for (const group of report.groups) {
      const members = plainGroups(known, ['policy_version']).get(JSON.stringify(group.keys)) ?? []
      expectSame(group, members, JSON.stringify(group.keys))
      expect(await shownBy(ledger, group.filter)).toEqual(ids(members))
    }
    const { days } = await hitCalendar(ledger.sources, { filter: { asOf } })
    expect(days.reduce((sum, { count }) => sum + count, 0)).toBe(known.length)
    expect(days.reduce((sum, { judged }) => sum + judged, 0)).toBe(
      known.filter((row) => isHit(row) !== null).length,
    )
  })
})
