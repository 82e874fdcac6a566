import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { openStore } from '../../src-main/store/index.ts'
import { heldByProcess } from '../live/held.ts'
import { barsOfDay, hoursOf, tradingDaysFrom } from '../live/trading-week.ts'
import { SOAK } from '../support/fault-plan.ts'
import { temporaryFolder, zoneEvent } from '../support/store-fixture.ts'
import { ToldBars } from '../support/told-bars.ts'

const DAYS = SOAK ? 60 : 4
const SYMBOLS = ['SPY', 'QQQ']
const MINUTES = [15, 30]

it('F78: trading days one after another, each compacted after its close: told once, and nothing is held on to', async () => {
  const root = await temporaryFolder('live week')
  // Days to come: what was written lies in the past of the clock that is set.
  const days = tradingDaysFrom(Date.now(), DAYS)
  let clock = hoursOf(days[0] ?? '').open
  const store = await openStore(root, {
    create: true,
    env: { ...nodeEnv, now: () => clock },
    recoveryDays: 0,
  })
  try {
    const followed = await ToldBars.of(store, 'SPY', '15m')
    const kept: Readonly<Record<string, number>>[] = []
    let expected = 0
    for (const day of days) {
      const { open, close } = hoursOf(day)
      clock = open
      const bars = barsOfDay(day, SYMBOLS, MINUTES)
      for (let at = 0; at < bars.length; at += 20) {
        clock = (bars[at]?.ts ?? open) + 60_000
        await store.writer.appendCandles(bars.slice(at, at + 20))
        if (at % 40 === 0) await followed.watching.watch.look()
      }
      await store.writer.appendEvents([
        zoneEvent({ object_id: `zone-${day}`, ts: open + 60_000, left_ts: open }),
      ])
      expected += bars.filter(({ symbol, timeframe }) => symbol === 'SPY' && timeframe === '15m').length
      clock = close + 20 * 60_000
      const receipt = await store.compactor.runAfterClose({})
      expect(receipt.left).toEqual([])
      expect(receipt.days.filter(({ timeframe }) => timeframe !== null)).toHaveLength(MINUTES.length)
      const now = await followed.now()
      expect(now).toHaveLength(expected)
      expect(now).toEqual(await followed.stored())
      kept.push(heldByProcess())
    }
    expect(followed.gone).toEqual([])
    expect(followed.watching.problems).toEqual([])
    const dayfiles = (await readdir(path.join(root, 'data', '15m'))).filter((name) =>
      name.endsWith('.parquet'),
    )
    expect(dayfiles).toEqual(days.map((day) => `${day}.parquet`))
    const [, second] = kept
    const last = kept.at(-1)
    console.log(
      `live week: ${days.length} trading days, ${expected} bars of a series told; held after the second ${JSON.stringify(second)}, after the last ${JSON.stringify(last)}`,
    )
    // Events have a folder a month, which is watched.
    const months = new Set(days.map((day) => day.slice(0, 7))).size
    for (const [kind, count] of Object.entries(last ?? {}))
      expect(count, kind).toBeLessThanOrEqual((second?.[kind] ?? 0) + (kind === 'watches' ? months : 1))
  } finally {
    await store.close()
    await rm(root, { recursive: true, force: true })
  }
}, 900_000)
