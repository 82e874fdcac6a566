import { copyFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LedgerChange } from '../../schemas/contract/live.ts'
import { parseTimeframe } from '../../schemas/contract/timeframe.ts'
import type { UtcDay } from '../../schemas/contract/units.ts'
import type { LedgerTable } from '../../schemas/tables/index.ts'
import type { Env } from '../../src-main/store/fs/env.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import type { Hint } from '../../src-main/store/live/hints.ts'
import { queryLedger } from '../../src-main/store/query/query.ts'
import {
  audit,
  decision,
  foreignRows,
  ledgerDay,
  plainSeries,
  policy,
  stat,
  symbolSeries,
} from '../support/ledger-store.ts'
import { watched } from '../support/live-fixture.ts'
import { type OpenTails, openTails } from '../support/live-tails.ts'
import { candle, type OpenedStore, openedStore } from '../support/store-fixture.ts'

/** Today, by the machine's clock: other days are sealed (SPEC E5). */
const today = new Date().toISOString().slice(0, 10)
const minute = (count: number): string => `${today}T00:${String(count).padStart(2, '0')}`

let store: OpenedStore
let live: OpenTails
/** Files whose size and time were asked for. */
let stats: string[] = []

const env: Env = {
  ...nodeEnv,
  statNow: (file) => {
    if (file.endsWith('.parquet')) stats.push(path.basename(file))
    return nodeEnv.statNow(file)
  },
}

beforeEach(async () => {
  store = await openedStore()
  live = await openTails(store.root, { env })
  live.tails.follow({ symbol: 'SPY', timeframe: '2m' })
})
afterEach(async () => {
  await live.close()
  await store.remove()
})

/** What a look told of one table, and that entries are as a question answers them. */
async function told(table: LedgerTable = 'decisions', isHinted = false): Promise<LedgerChange | null> {
  const changes = isHinted ? await live.look({ kind: 'ledger', table }) : await live.look()
  const change = changes?.ledger?.find((each) => each.table === table) ?? null
  if (change === null) return null
  const sources = {
    context: live.context,
    viewport: () => Promise.reject(new Error('no bars are asked for')),
  }
  const page = await queryLedger(sources, { table, filter: {}, offset: 0, limit: 100_000 })
  const key = (file: string, place: number): string => `${file} ${place}`
  const fresh = new Map(page.entries.map((entry) => [key(entry.file, entry.place), entry]))
  for (const entry of change.entries) expect(entry).toEqual(fresh.get(key(entry.file, entry.place)))
  return change
}

const names = (change: LedgerChange | null): readonly unknown[] =>
  (change?.entries ?? []).map(
    ({ row }) => row.decision_id ?? row.audit_id ?? row.feature_name ?? row.policy_version,
  )

const append = (table: LedgerTable, ...rows: readonly object[]): Promise<unknown> =>
  store.writer.appendLedger(table, rows)

describe('entries of the ledger', () => {
  it('F18: nothing at the first look, then new rows of each table, newest first, by hint or not', async () => {
    await append('decisions', decision('old', minute(0)))
    expect(await told()).toBe(null)
    await append('audits', audit('x1', minute(1)), audit('x2', minute(2)))
    await append('stats', stat('rsi_14', minute(1)), stat('trend', minute(2), { regime: null }))
    await append('policies', policy('v1', minute(1)))
    const changes = await live.look()
    expect(changes?.tables).toEqual(['audits', 'stats', 'policies'])
    expect(changes?.ledger?.map((change) => [change.table, names(change), change.incomplete])).toEqual([
      ['audits', ['x2', 'x1'], false],
      ['stats', ['trend', 'rsi_14'], false],
      ['policies', ['v1'], false],
    ])
    await append('policies', policy('v2', minute(5)))
    await append('audits', audit('x3', minute(3)))
    expect(names(await told('policies', true))).toEqual(['v2'])
    const audits = await told('audits', true)
    expect([names(audits), audits?.incomplete]).toEqual([['x3'], false])
    expect(await live.look()).toBe(null)
  })

  it('F18: an outcome that comes tells its decision again; marks are those of the followed symbol', async () => {
    await live.look()
    await append('decisions', decision('a', minute(1)), decision('q', minute(2), { symbol: 'QQQ' }))
    const first = await told()
    expect([names(first), first?.markers.map(({ decisionId, hit }) => [decisionId, hit])]).toEqual([
      ['q', 'a'],
      [['a', null]],
    ])
    await append('decisions', decision('a', minute(1), { outcome_pnl: 2, outcome_hit: true }))
    const known = await told()
    expect([names(known), known?.markers.map(({ decisionId, hit, pnl }) => [decisionId, hit, pnl])]).toEqual([
      ['a'],
      [['a', true, 2]],
    ])
    expect(known?.incomplete).toBe(false)
  })

  it('F18: the day that stands at the start is known by the second look at everything; before that there may be more', async () => {
    await append('decisions', decision('a', minute(1)))
    await live.look()
    await append('decisions', decision('b', minute(2)))
    expect([names(await told()), (await told())?.incomplete]).toEqual([[], undefined])
    await append('decisions', decision('c', minute(3)))
    const third = await told()
    expect([names(third), third?.incomplete]).toEqual([['c'], false])
    await live.close()
    live = await openTails(store.root, { env })
    await live.look()
    await live.look()
    await append('decisions', decision('d', minute(4)))
    const fourth = await told()
    expect([names(fourth), fourth?.incomplete]).toEqual([['d'], false])
  })

  it('F18: more than 200 are the latest and a word that there are more; so are rows that went, and many days', async () => {
    await live.look()
    const many = Array.from({ length: 210 }, (_, index) =>
      decision(`d${String(index).padStart(3, '0')}`, minute(1)),
    )
    await append('decisions', ...many, decision('last', minute(3)))
    const change = await told()
    expect([change?.entries.length, names(change)[0], change?.incomplete]).toEqual([200, 'last', true])
    await rm(path.join(store.root, 'decisions'), { recursive: true })
    const gone = await told()
    expect([gone?.entries, gone?.incomplete]).toEqual([[], true])
    for (const day of ['2024-03-05', '2024-03-06', '2024-03-07', '2024-03-08'])
      await append('decisions', decision('a', `${day}T15:00`))
    const days = await told()
    expect([days?.entries, days?.incomplete]).toEqual([[], true])
  })

  it('F18: rows of hive folders and of other programs’ files, or of another day, are told as they are shown', async () => {
    await live.look()
    const { context } = live
    await ledgerDay(context, symbolSeries('SPY'), '2024-03-08', [decision('a', '2024-03-08T15:00')])
    await ledgerDay(context, plainSeries('decisions'), '2024-03-08', [decision('b', '2024-03-08T16:00')])
    const hive = await told()
    expect([names(hive), hive?.incomplete]).toEqual([['b', 'a'], false])
    const rows = [decision('c', '2024-03-11T15:00'), decision('misplaced', '2024-03-01T15:00')]
    await foreignRows(context, 'decisions', 'decisions/decisions_20240311.parquet', rows)
    const foreign = await told()
    expect([names(foreign), foreign?.incomplete]).toEqual([['c', 'misplaced'], false])
    await foreignRows(context, 'decisions', 'decisions/decisions_20240311.parquet', [
      ...rows,
      decision('e', '2024-03-11T17:00'),
    ])
    const more = await told()
    expect([names(more), more?.incomplete]).toEqual([['e'], false])
  })

  it('F10: bars don’t wait for rows: what is found of the ledger beside a look is told by the next one', async () => {
    await live.look()
    await append('decisions', decision('a', minute(1)))
    await store.writer.appendCandles([candle({ ts: Date.parse('2024-03-08T14:30:00Z') })])
    const day = '2024-03-08' as UtcDay
    const hints: readonly Hint[] = [
      { kind: 'ledger', table: 'decisions' },
      { kind: 'candles', timeframe: parseTimeframe('2m'), day },
    ]
    const first = await live.tails.look(hints)
    live.tails.told()
    expect([first?.tables, first?.bars?.candles.ts.length]).toEqual([['candles'], 1])
    await live.tails.settled()
    const second = await live.tails.look([])
    expect([second?.tables, names(second?.ledger?.[0] ?? null)]).toEqual([['decisions'], ['a']])
    live.tails.told()
    const feed = watched(store)
    await feed.watch.look()
    await feed.watch.look()
    await append('decisions', decision('b', minute(2)))
    const told = await feed.until(({ ledger }) => ledger !== undefined, 0)
    expect([names(told.ledger?.[0] ?? null), told.ledger?.[0]?.incomplete]).toEqual([['b'], false])
  })

  it('F17: a batch costs looks at the latest files and some others, however many days there are', async () => {
    const days = Array.from({ length: 180 }, (_, index) =>
      new Date(Date.UTC(2023, 0, 1 + index)).toISOString().slice(0, 10),
    )
    const [first = ''] = days
    const file = await foreignRows(
      live.context,
      'audits',
      `audits/audits_${first.replaceAll('-', '')}.parquet`,
      [audit('a', `${first}T01:00`)],
    )
    for (const day of days.slice(1))
      await copyFile(
        path.join(store.root, file),
        path.join(store.root, 'audits', `audits_${day.replaceAll('-', '')}.parquet`),
      )
    await live.look()
    await append('audits', audit('new', minute(1)))
    await live.look({ kind: 'ledger', table: 'audits' })
    await append('audits', audit('newer', minute(2)))
    stats = []
    const batch = await live.look({ kind: 'ledger', table: 'audits' })
    expect(names(batch?.ledger?.[0] ?? null)).toEqual(['newer'])
    const asked = stats.filter((name) => name.startsWith('audits_')).length
    console.log('looks at files for a batch beside 180 days:', asked)
    expect(asked).toBeLessThan(110)
    // An old day that is replaced shows with a look at everything.
    await foreignRows(live.context, 'audits', file, [audit('b', `${first}T01:00`)])
    const old = await live.look()
    expect(old?.ledger?.map(({ table, incomplete }) => [table, incomplete])).toEqual([['audits', true]])
  })
})
