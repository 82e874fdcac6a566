import { mkdir, readdir, utimes } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { candle, type OpenedStore, openedStore } from '../support/store-fixture.ts'

const TS = Date.parse('2024-03-08T14:30:00Z')

let store: OpenedStore
beforeEach(async () => {
  store = await openedStore()
})
afterEach(() => store.remove())

const folders = () => readdir(path.join(store.root, 'data/2m'))

describe('part folders that compaction emptied', () => {
  it('C30: go with a later run, a day after they changed last; what comes late still finds its place', async () => {
    await store.writer.appendCandles([candle({ ts: TS })])
    await store.compactor.compact({})
    // Emptied just now: a bot may be about to write into it.
    expect(await folders()).toEqual(['2024-03-08', '2024-03-08.parquet'])

    const other = path.join(store.root, 'data/2m/2024-03-07')
    await mkdir(other)
    await mkdir(path.join(store.root, 'data/2m/notes'))
    const ago = new Date(Date.now() - 86_400_000)
    for (const name of ['2024-03-07', '2024-03-08', 'notes'])
      await utimes(path.join(store.root, 'data/2m', name), ago, ago)
    await store.compactor.compact({ dryRun: true })
    expect(await folders()).toContain('2024-03-08')
    await store.compactor.compact({})
    expect(await folders()).toEqual(['2024-03-08.parquet', 'notes'])

    const late = candle({ ts: TS + 120_000 })
    expect(await store.writer.appendCandles([late])).toEqual([{ outcome: 'accepted' }])
    const { candles } = await store.reader.viewport({ symbol: 'SPY', timeframe: '2m', from: TS, to: TS * 2 })
    expect([...candles.ts]).toEqual([TS, TS + 120_000])
    const folder = path.join(store.root, 'data/2m/2024-03-08')
    await utimes(folder, ago, ago)
    await store.compactor.compact({ timeframe: '15m' })
    expect(await readdir(folder)).toHaveLength(1)
  })
})
