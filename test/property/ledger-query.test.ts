import { describe, expect, it } from 'vitest'
import type { DecisionRow } from '../../schemas/generated/rows.ts'
import { queryLedger } from '../../src-main/store/query/query.ts'
import type { LedgerSources } from '../../src-main/store/query/sources.ts'
import { ledgerSummary } from '../../src-main/store/query/summary.ts'
import { rounds } from '../support/fault-plan.ts'
import {
  answer,
  asKnown,
  isHit,
  meets,
  randomDecision,
  randomFilter,
  SYMBOLS,
} from '../support/ledger-model.ts'
import { foreignRows, ledgerDay, plainSeries, symbolSeries } from '../support/ledger-store.ts'
import { type Random, seeded } from '../support/seeded.ts'
import { type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

const SOAK = process.env.BARKEEP_SOAK === '1'
const STORES = rounds(4, 40, 3)
const QUESTIONS = SOAK ? 60 : 14

/** Clock changes, the end of a month, and days whose evening in Chicago is the next UTC day. */
const DAYS = [
  '2024-03-08',
  '2024-03-10',
  '2024-03-11',
  '2024-10-31',
  '2024-11-01',
  '2024-11-03',
  '2024-11-04',
]
const SORTS = [
  'timestamp_utc',
  'outcome_pnl',
  'outcome_hit',
  'evaluation_score',
  'symbol',
  'run_id',
  'macro_regimes',
  'outcome_holding_period_bars',
  'feature:rsi_14',
  'feature:RSI_14',
  'feature:absent',
]

/** Days in files of every kind, some of them in several at once; what counts is returned. */
async function fill(
  { context }: TemporaryStore,
  random: Random,
  perDay: number,
): Promise<readonly DecisionRow[]> {
  const counting: DecisionRow[] = []
  let id = 0
  for (const day of DAYS) {
    const rows = Array.from({ length: random.int(0, perDay) }, () => randomDecision(random, day, id++))
    counting.push(...rows)
    const name = day.replaceAll('-', '')
    // A version of a row that another file holds too, and that must not show.
    const stale = rows
      .filter(() => random.chance(0.3))
      .map((row) => ({ ...row, action: 'stale', outcome_pnl: 99 }))
    const kind = random.pick(['plain', 'hive', 'both', 'foreign', 'repeated'] as const)
    if (rows.length === 0) continue
    if (kind === 'plain') await ledgerDay(context, plainSeries('decisions'), day, rows)
    else if (kind === 'foreign')
      await foreignRows(context, 'decisions', `decisions/decisions_${name}.parquet`, rows)
    else if (kind === 'repeated')
      await foreignRows(context, 'decisions', `decisions/decisions_${name}.parquet`, [...rows, ...stale])
    else {
      const inPlain = kind === 'both' ? rows.filter(() => random.chance(0.5)) : []
      if (inPlain.length > 0) await ledgerDay(context, plainSeries('decisions'), day, inPlain)
      const inHive = [
        ...rows.filter((row) => !inPlain.includes(row)),
        ...stale.filter((row) => inPlain.some((each) => each.decision_id === row.decision_id)),
      ]
      for (const symbol of SYMBOLS) {
        const some = inHive.filter((row) => row.symbol === symbol)
        if (some.length > 0) await ledgerDay(context, symbolSeries(symbol), day, some)
      }
    }
  }
  if (random.chance(0.6)) {
    // A month beside its days, as after a crash: it wins.
    const month = counting.filter((row) => row.timestamp_utc.startsWith('2024-11') && random.chance(0.5))
    const changed = month.map((row) => ({ ...row, evaluation_score: 0.125 }))
    if (changed.length > 0)
      await foreignRows(context, 'decisions', 'decisions/decisions_202411.parquet', changed)
    for (const row of changed)
      counting[counting.findIndex((each) => each.decision_id === row.decision_id)] = row
  }
  return counting
}

describe('questions to the ledger against rows in memory', () => {
  it('Q1, Q3–Q9: filters, orders, pages and totals, however the rows are filed', async () => {
    const random = seeded('ledger questions')
    let questions = 0
    let found = 0
    for (let round = 0; round < STORES; round++) {
      const store = await temporaryStore()
      const sources: LedgerSources = {
        context: store.context,
        viewport: () => Promise.reject(new Error('no candles are asked for here')),
      }
      try {
        const rows = round === 0 ? [] : await fill(store, random, round === 1 ? 1 : SOAK ? 120 : 40)
        for (let question = 0; question < QUESTIONS; question++) {
          const filter = randomFilter(random, DAYS, rows)
          const sort = random.chance(0.7)
            ? { column: random.pick(SORTS), descending: random.chance(0.5) }
            : undefined
          const expected = answer(rows, sort === undefined ? { filter } : { filter, sort })
          const [offset, limit] = [random.pick([0, 0, 1, 7, 50]), random.pick([0, 1, 10, 1000])]
          const page = await queryLedger(sources, {
            table: 'decisions',
            filter,
            offset,
            limit,
            ...(sort === undefined ? {} : { sort }),
          })
          const asked = `round ${round} question ${question}: ${JSON.stringify({ filter, sort, offset, limit })}`
          expect(page.total, asked).toBe(expected.length)
          expect(
            page.entries.map(({ row }) => row),
            asked,
          ).toEqual(expected.slice(offset, offset + limit))
          expect(
            page.entries.every(({ breach }) => breach === null),
            asked,
          ).toBe(true)
          questions++
          found += page.entries.length
          if (question % 4 === 0) await checkSummary(sources, rows, filter, asked)
        }
      } finally {
        await store.close()
      }
    }
    console.log(`${questions} questions to ${STORES} stores, ${found} rows compared`)
    expect(found).toBeGreaterThan(QUESTIONS)
  })
})

async function checkSummary(
  sources: LedgerSources,
  rows: readonly DecisionRow[],
  filter: Parameters<typeof meets>[1],
  asked: string,
): Promise<void> {
  const met = rows.map((row) => asKnown(row, filter.asOf)).filter((row) => meets(row, filter))
  const pnl = met.flatMap(({ outcome_pnl }) => (outcome_pnl === null ? [] : [outcome_pnl]))
  const hits = met.map(isHit).filter((hit) => hit !== null)
  const found = await ledgerSummary(sources, { filter })
  expect([found.count, found.decided, found.judged, found.hits], asked).toEqual([
    met.length,
    pnl.length,
    hits.length,
    hits.filter(Boolean).length,
  ])
  // Whole numbers: their sum is exact in any order.
  expect(found.pnlSum, asked).toBe(pnl.length === 0 ? null : pnl.reduce((sum, each) => sum + each, 0))
}
