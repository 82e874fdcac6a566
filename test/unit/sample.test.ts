import { rm } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { writeSample } from '../../src-main/ingest/sample.ts'
import type { Store } from '../../src-main/store/api.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { openStore } from '../../src-main/store/index.ts'
import { sha256OfFile } from '../../src-main/store/layout/digest.ts'
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
  it('comes by parts and compaction: all days but the last are dayfiles, the same in every store', async () => {
    const [one, two] = [await emptyStore(), await emptyStore()]
    const receipt = await writeSample(one, { days: 3, end: END })
    expect(receipt).toMatchObject({
      days: 3,
      symbols: ['IWM', 'QQQ', 'SPY'],
      from: Date.UTC(2024, 2, 8, 14, 30),
      to: Date.UTC(2024, 2, 12, 19, 58),
    })
    const { tables } = await one.reader.overview()
    for (const { table, timeframe, days } of tables) {
      const states = days.map(({ dayfile, partsWaiting }) => [dayfile !== null, partsWaiting > 0])
      expect(states, `${table} ${timeframe}`).toEqual([
        ...days.slice(1).map(() => [true, false]),
        [false, true],
      ])
    }
    expect(receipt.bars).toBe(3 * 299 + 3 * 299 + 2 * 104)
    expect(await one.reader.doctor()).toEqual(
      expect.not.arrayContaining([
        expect.objectContaining({ code: expect.not.stringMatching(/^PARTS_WAITING$/) }),
      ]),
    )

    await writeSample(two, { days: 3, end: END })
    for (const { day, timeframe } of [
      { day: '2024-03-08', timeframe: '2m' },
      { day: '2024-03-11', timeframe: '15m' },
    ]) {
      const file = path.join('data', timeframe, `${day}.parquet`)
      const sums = await Promise.all(
        [one, two].map(({ root }) => sha256OfFile(nodeEnv, path.join(root, file))),
      )
      expect(sums[0]).toBe(sums[1])
    }
  })

  it('X9: repeats itself without a trace, and refuses a store with other data', async () => {
    const store = await emptyStore()
    await writeSample(store, { days: 1, end: END })
    expect(await writeSample(store, { days: 1, end: END })).toMatchObject({ bars: 0, events: 0 })
    await expect(writeSample(store, { days: 1, end: END, seed: 2 })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
    await expect(writeSample(store, { days: 2, end: END })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await expect(writeSample(store, { days: 0 })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })

  it('ends on the newest trading day that is over, stops when it is cancelled and goes on from there', async () => {
    const store = await emptyStore()
    const abort = new AbortController()
    const cut = writeSample(store, { days: 1 }, { signal: abort.signal, onProgress: () => abort.abort() })
    await expect(cut).rejects.toMatchObject({ code: 'CANCELLED' })
    const { bars, to } = await writeSample(store, { days: 1 })
    expect(bars).toBeGreaterThan(0)
    expect(to).toBeLessThan(Date.now())
    expect(Date.now() - to).toBeLessThan(6 * 86_400_000)
  })

  it('W8: backfills what is older than ten days, by the same rows', async () => {
    const store = await emptyStore()
    const receipt = await writeSample(store, { days: 14, end: END })
    const { candles } = await store.reader.viewport({ symbol: 'SPY', timeframe: '15m', from: 0, to: 4e12 })
    expect(candles.ts.length).toBe(14 * 26)
    expect(receipt.bars).toBe(14 * 299 + 3 * 299 + 2 * 104)
  })
})
