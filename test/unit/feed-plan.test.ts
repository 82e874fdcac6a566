import { expect, it } from 'vitest'
import { formatUtcIso } from '../../schemas/contract/market-time.ts'
import type { UtcDay } from '../../schemas/contract/units.ts'
import type { DecisionRow, ObjectEventRow } from '../../schemas/generated/rows.ts'
import type { StoreTable } from '../../schemas/tables/index.ts'
import {
  type FedBar,
  type PlannedDocument,
  paceOf,
  planOf,
  type StoredDay,
} from '../../src-main/ingest/feed/plan.ts'
import { play } from '../../src-main/ingest/feed/play.ts'
import { audit, decision, policy, stat } from '../support/ledger-store.ts'
import { type Random, seeded } from '../support/seeded.ts'

const MINUTE = 60_000
const START = Date.parse('2024-03-08T14:30:00Z')
const at = (minutes: number): number => START + minutes * MINUTE
const iso = (minutes: number): string => formatUtcIso(at(minutes))

function bar(timeframe: number, minutes: number): FedBar & { readonly millis: number } {
  const prices = { open: 10, high: 12, low: 9, close: 11, volume: 100 }
  return { symbol: 'SPY', timeframe: `${timeframe}m`, ts: at(minutes), ...prices, millis: timeframe * MINUTE }
}

function event(id: string, minutes: number): ObjectEventRow {
  return { event_id: id, ts: at(minutes), object_id: 'z1', symbol: 'SPY' } as ObjectEventRow
}

/** A day on a grid of minutes, so that a brute force can go through it minute by minute. */
function randomDay(random: Random): StoredDay {
  const many = <T>(most: number, make: (index: number) => T): T[] =>
    Array.from({ length: random.int(0, most) }, (_, index) => make(index))
  const outcome = (): Partial<DecisionRow> => {
    if (random.chance(0.3)) return {}
    const held = random.chance(0.2) ? null : random.int(0, 6)
    const lost = random.chance(0.1)
      ? { outcome_pnl: null, outcome_hit: null }
      : { outcome_pnl: 1, outcome_hit: true }
    return { ...lost, outcome_max_drawdown: 0.5, outcome_holding_period_bars: held }
  }
  return {
    day: '2024-03-08' as UtcDay,
    start: START,
    bars: [bar(2, 0), ...many(12, () => bar(random.pick([2, 5]), random.int(0, 40)))],
    events: many(8, (index) => event(`e${index}`, random.int(-60, 40))),
    decisions: many(10, (index) =>
      decision(`d${index}`, iso(random.int(-5, 40)), {
        timeframe: random.pick(['5m', 'M5', 'swing']),
        ...outcome(),
      }),
    ),
    audits: many(4, (index) => audit(`a${index}#1`, iso(random.int(-5, 40)))),
    stats: many(4, (index) => stat(`f${index}`, iso(random.int(0, 50)))),
    policies: many(3, (index) => policy(`v${index}`, iso(random.int(-90, 30)))),
  }
}

const NOTHING = {
  outcome_pnl: null,
  outcome_hit: null,
  outcome_max_drawdown: null,
  outcome_holding_period_bars: null,
}

/** What a bot would have said, minute by minute: written without looking at the plan. */
function said(day: StoredDay): readonly string[] {
  const spoken: string[] = []
  const say = (minute: number, table: StoreTable, document: object): void => {
    spoken.push(JSON.stringify([at(minute), table, document]))
  }
  const last = 120
  const timeOf = (row: { readonly timestamp_utc: string }): number =>
    Math.max(0, (Date.parse(row.timestamp_utc) - START) / MINUTE)
  const known = (row: DecisionRow): number | 'never' | 'open' => {
    const { outcome_pnl, outcome_hit, outcome_holding_period_bars: bars, outcome_max_drawdown } = row
    const hasAny = [outcome_pnl, outcome_hit, bars, outcome_max_drawdown].some((value) => value !== null)
    if (!hasAny) return 'open'
    const isLength = /^(5m|M5)$/.test(row.timeframe)
    if (!isLength || bars === null || (outcome_pnl === null && outcome_hit === null)) return 'never'
    return (Date.parse(row.timestamp_utc) - START) / MINUTE + bars * 5
  }
  for (let minute = 0; minute <= last; minute++) {
    for (const row of day.policies) if (timeOf(row) === minute) say(minute, 'policies', row)
    for (const { millis, ...each } of day.bars)
      if (each.ts + millis === at(minute)) say(minute, 'candles', each)
    for (const row of day.events)
      if (Math.max(row.ts, START) === at(minute)) say(minute, 'object_events', row)
    for (const row of day.audits) if (timeOf(row) === minute) say(minute, 'audits', row)
    for (const row of day.decisions) {
      const when = known(row)
      const atOnce = typeof when === 'number' && when <= (Date.parse(row.timestamp_utc) - START) / MINUTE
      if (timeOf(row) === minute) say(minute, 'decisions', atOnce ? row : { ...row, ...NOTHING })
      if (typeof when === 'number' && !atOnce && Math.max(0, when) === minute) say(minute, 'decisions', row)
    }
    for (const row of day.stats) if (timeOf(row) === minute) say(minute, 'stats', row)
  }
  const end = spoken.reduce((latest, text) => Math.max(latest, (JSON.parse(text) as [number])[0]), START)
  for (const row of day.decisions)
    if (known(row) === 'never') spoken.push(JSON.stringify([end, 'decisions', row]))
  return spoken
}

const text = ({ due, table, document }: PlannedDocument): string => JSON.stringify([due, table, document])

it('F70: a day is told as its bot would have told it, minute by minute', () => {
  const random = seeded('feed plan')
  let documents = 0
  for (let round = 0; round < 400; round++) {
    const day = randomDay(random)
    const plan = planOf(day)
    documents += plan.length
    // Of one minute and table any order will do, but for a decision and its outcome.
    expect([...plan.map(text)].sort()).toEqual([...said(day)].sort())
    for (const [index, item] of plan.entries()) {
      const before = plan[index - 1]
      if (before !== undefined) expect(before.due).toBeLessThanOrEqual(item.due)
    }
    const order: readonly StoreTable[] = [
      'policies',
      'candles',
      'object_events',
      'audits',
      'decisions',
      'stats',
    ]
    for (const due of new Set(plan.map((item) => item.due))) {
      const ranks = plan.filter((item) => item.due === due).map(({ table }) => order.indexOf(table))
      expect(ranks).toEqual([...ranks].sort((a, b) => a - b))
    }
    const seen = new Set<string>()
    for (const { table, document } of plan) {
      if (table !== 'decisions') continue
      const { decision_id: id, outcome_max_drawdown: outcome } = document as DecisionRow
      if (outcome === null) expect(seen.has(id)).toBe(false)
      seen.add(id)
    }
  }
  console.log(`feed plan: 400 days, ${documents} documents`)
})

it('F71: pauses are those of the day at N times the speed, and none is longer than the shortest bar', () => {
  const random = seeded('feed pace')
  for (let round = 0; round < 200; round++) {
    const plan = planOf(randomDay(random))
    const speed = random.pick([0.5, 1, 60, 1_000])
    const pace = paceOf(plan, speed, 2 * MINUTE)
    expect(pace[0]).toBe(0)
    for (let index = 1; index < plan.length; index++) {
      const gap = (plan[index]?.due ?? 0) - (plan[index - 1]?.due ?? 0)
      const pause = (pace[index] ?? 0) - (pace[index - 1] ?? 0)
      expect(pause).toBeCloseTo(Math.min(gap, 2 * MINUTE) / speed, 6)
    }
  }
})

it('F71: nothing is handed over before it is due, and a stop ends between two batches', async () => {
  const plan = planOf({
    ...randomDay(seeded('feed play', 1)),
    ...{ events: [], decisions: [], audits: [], stats: [], policies: [] },
    bars: Array.from({ length: 20 }, (_, index) => bar(2, index * 2)),
  })
  const speed = 24_000
  const pace = paceOf(plan, speed, 2 * MINUTE)
  const stop = new AbortController()
  const begun = performance.now()
  let handed = 0
  const told: StoreTable[] = []
  const done = await play(
    plan,
    {
      hand: async (_table, documents) => {
        for (const _ of documents)
          expect(performance.now() - begun).toBeGreaterThanOrEqual(pace[handed++] ?? 0)
        if (handed >= 10) stop.abort()
        return documents.map(() => ({ outcome: 'accepted' as const }))
      },
    },
    { speed, shortestBar: 2 * MINUTE, signal: stop.signal, onOutcome: (table) => told.push(table) },
  )
  expect(done).toBe(handed)
  expect(told).toHaveLength(handed)
  expect(handed).toBeLessThan(plan.length)
})
