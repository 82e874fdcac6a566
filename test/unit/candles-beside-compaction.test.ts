import { describe, expect, it } from 'vitest'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { candleKey } from '../../src-main/store/candles/candle-rows.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { appendCandles } from '../../src-main/store/write/candles.ts'
import { compactCandles, globbedBars, plainBars } from '../support/compaction.ts'
import { seeded } from '../support/seeded.ts'
import { candle, temporaryStore } from '../support/store-fixture.ts'

const TS = Date.parse('2024-03-08T14:30:00Z')
const CALLS = 60

/**
 * Appends bars, one or a few a call, new ones and corrected ones, while compactions run one after another.
 * @param inOneProcess whether both go through the same context
 */
async function appendBesideCompaction(inOneProcess: boolean): Promise<void> {
  const store = await temporaryStore()
  const compacting = inOneProcess ? store.context : await openContext(store.root)
  const random = seeded('appends beside compaction')
  // One process outlasts a bot that does nothing but correct; between two, corrections are as rare as bots make them.
  const placeOf = (call: number): number =>
    inOneProcess || random.chance(0.1) ? random.int(0, Math.min(call, 30)) : call
  const promised = new Map<string, CandleRow>()
  let appending = true
  let compacted = 0
  const appends = (async () => {
    for (let call = 0; call < CALLS || (inOneProcess && compacted < 3); call++) {
      const rows = Array.from({ length: random.int(1, 3) }, () =>
        candle({ ts: TS + placeOf(call) * 120_000, close: random.pick([10, 10.5, 11]) }),
      )
      const outcomes = await appendCandles(store.context, rows)
      for (const [index, { outcome }] of outcomes.entries()) {
        const row = rows[index] as CandleRow
        if (outcome !== 'rejected') promised.set(candleKey(row), row)
      }
    }
    appending = false
  })()
  while (appending) {
    const { days } = await compactCandles(compacting)
    // Another process can't be made to wait: a day that it never stops correcting is left for the next run.
    const allowed = inOneProcess ? [] : ['CONFLICT']
    for (const { error } of days) if (error !== undefined) expect(allowed).toContain(error.code)
    compacted += days.filter(({ skipped }) => skipped === null).length
  }
  await appends
  await compactCandles(compacting)
  expect(plainBars(await globbedBars(store.root))).toEqual(plainBars(promised.values()))
  if (!inOneProcess) await closeContext(compacting)
  await store.close()
}

describe('appends while their day is compacted', () => {
  it('W4, W5, C16: every bar stands with the value that was acknowledged last, in one process', async () => {
    await appendBesideCompaction(true)
  })

  it('W5, W13: the same with the compaction in another', async () => {
    await appendBesideCompaction(false)
  })
})
