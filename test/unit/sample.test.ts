import { rm } from 'node:fs/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import { tradingDaysUpTo } from '../../schemas/contract/trading-calendar.ts'
import { sampleDays } from '../../src-main/ingest/sample/days.ts'
import { writeSample } from '../../src-main/ingest/sample.ts'
import type { Store } from '../../src-main/store/api.ts'
import { openStore } from '../../src-main/store/index.ts'
import { temporaryFolder } from '../support/store-fixture.ts'

const opened: Store[] = []

async function emptyStore(): Promise<Store> {
  const store = await openStore(await temporaryFolder('sample'), { create: true })
  opened.push(store)
  return store
}

afterEach(async () => {
  for (const store of opened.splice(0)) {
    await store.close()
    await rm(store.root, { recursive: true, force: true })
  }
})

const END = '2024-03-12'

describe('the sample store', () => {
  it('X9: comes by parts and compaction, repeats itself without a trace, and refuses other data', async () => {
    const store = await emptyStore()
    const receipt = await writeSample(store, { days: 2, end: END })
    expect(receipt).toMatchObject({
      bars: 2 * (299 + 299 + 104),
      days: 2,
      symbols: ['IWM', 'QQQ', 'SPY'],
      from: Date.UTC(2024, 2, 11, 13, 30),
      to: Date.UTC(2024, 2, 12, 19, 58),
    })
    expect(receipt.events).toBeGreaterThan(20)
    const tables = (await store.reader.overview()).tables.filter(
      ({ table }) => table === 'candles' || table === 'object_events',
    )
    expect(tables.map(({ table, timeframe }) => timeframe ?? table).sort()).toEqual([
      '15m',
      '2m',
      '5m',
      'object_events',
    ])
    for (const { table, timeframe, days } of tables) {
      const states = days
        .map(({ day, dayfile, partsWaiting }) => [day, dayfile !== null, partsWaiting > 0])
        .sort()
      expect(states, `${table} ${timeframe}`).toEqual([
        ['2024-03-11', true, false],
        ['2024-03-12', false, true],
      ])
    }

    const { total, entries } = await store.reader.ledger.query({
      table: 'decisions',
      filter: { symbols: ['SPY'], timeframes: ['15m'] },
      offset: 0,
      limit: 1000,
    })
    expect(total).toBeLessThan(receipt.decisions)
    let zones = 0
    for (const { row } of entries.filter((_, index) => index % 5 === 0)) {
      const ts = Date.parse(String(row.timestamp_utc))
      const found = await store.reader.ledger.decisionDetail({
        runId: String(row.run_id),
        decisionId: String(row.decision_id),
        ts,
      })
      expect(found.barTs).toBe(ts)
      expect(found.policy?.policy_version).toBe(row.policy_version)
      // The feature says of the zones what the store says stood then; one that broke at that moment did until then.
      const standing = found.objects.filter(
        ({ type, status }) => type === 'zone' && status !== 'broken',
      ).length
      expect(found.entry.row.key_features.zones_standing).toBe(standing)
      zones += standing
    }
    expect(zones).toBeGreaterThan(0)

    const again = await writeSample(store, { days: 2, end: END })
    const nothing = { bars: 0, events: 0, decisions: 0, audits: 0, stats: 0, policies: 0 }
    expect(again).toEqual({ ...receipt, ...nothing })
    for (const other of [{ days: 2, seed: 2 }, { days: 3 }, { days: 1 }]) {
      await expect(writeSample(store, { end: END, ...other })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    }
  })

  it('W8, D3: backfills older days, stops when it is cancelled, goes on from there, and ends on the newest day that is over', async () => {
    const store = await emptyStore()
    const dates = tradingDaysUpTo(new Date(Date.now() - 86_400_000).toISOString().slice(0, 10), 3)
    const rows = sampleDays(dates, 1, new MarketZone())
    const abort = new AbortController()
    const cut = writeSample(
      store,
      { days: 3, liveDays: 1 },
      {
        signal: abort.signal,
        onProgress: ({ step }) => {
          if (step === `write ${dates[2]}`) abort.abort()
        },
      },
    )
    await expect(cut).rejects.toMatchObject({ code: 'CANCELLED' })
    const { bars, from, to } = await writeSample(store, { days: 3, liveDays: 1 })
    expect(bars).toBe((rows[2]?.bars.length ?? 0) - 256)
    expect(new Date(to).toISOString().slice(0, 10)).toBe(dates[2])
    const { candles } = await store.reader.viewport({ symbol: 'SPY', timeframe: '15m', from, to })
    const wanted = rows.flatMap((day) =>
      day.bars.filter((bar) => bar.symbol === 'SPY' && bar.timeframe === '15m'),
    )
    expect([...candles.close]).toEqual(wanted.map(({ close }) => close))
    // D3: no gap, nor anything else to find.
    expect(await store.reader.doctor()).toEqual([])
  })

  it('refuses a number of days that nobody means', async () => {
    const store = await emptyStore()
    for (const days of [0, -1, 1.5, 1e6]) {
      await expect(writeSample(store, { days })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    }
  })
})
