import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { fingerprints } from '../support/compaction.ts'
import { decisions } from '../support/ledger-fixture.ts'
import { policy } from '../support/ledger-store.ts'
import { type OpenedStore, openedStore } from '../support/store-fixture.ts'

const TS = Date.parse('2024-03-08T14:30:00Z')
const DAY = 86_400_000

let now = TS
let store: OpenedStore
beforeEach(async () => {
  now = TS + 3_600_000
  store = await openedStore({ env: { ...nodeEnv, now: () => now } })
})
afterEach(() => store.remove())

describe('a store after ingest, backfill and undo', () => {
  it('D3, E1, E10, E11, E12: is healthy in every form, and is one by its months too', async () => {
    const { writer, compactor, reader } = store
    await writer.appendLedger('policies', [policy('v1', '2024-03-01T00:00:00.000+00:00')])
    await writer.appendLedger('decisions', decisions(3, TS - DAY))
    await compactor.partition({ column: 'symbol' })
    await writer.appendLedger('decisions', [...decisions(3, TS), ...decisions(2, TS + 1, { symbol: 'QQQ' })])
    now = TS + 5 * DAY
    await writer.backfillLedger('decisions', [
      ...decisions(2, TS, { action: 'flat' }),
      ...decisions(1, TS - DAY),
    ])
    expect(await reader.doctor()).toEqual([])
    await compactor.undo({ table: 'decisions', day: '2024-03-08' })
    await compactor.undo({ table: 'decisions', day: '2024-03-08' })
    await writer.backfillLedger('decisions', decisions(2, TS + DAY))
    await compactor.undo({ table: 'decisions', day: '2024-03-09' })
    expect(await reader.doctor()).toEqual([])
    const before = await fingerprints(store.root)
    expect((await compactor.repair()).findings).toEqual([])
    expect(await fingerprints(store.root)).toEqual(before)
    now = TS + 60 * DAY
    const { days } = await compactor.compact({ table: 'decisions', month: '2024-03' })
    expect(days.map(({ error }) => error)).toEqual(days.map(() => undefined))
    expect(await reader.doctor()).toEqual([])
    await expect(compactor.undo({ table: 'decisions', day: '2024-03-08' })).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    const [one] = decisions(1, TS - DAY)
    expect(await writer.appendLedger('decisions', [one])).toEqual([{ outcome: 'duplicate' }])
    const { days: filled } = await writer.backfillLedger('decisions', decisions(2, TS))
    expect(filled).toMatchObject([{ day: '2024-03-08', changed: 2, removed: 0, canUndo: true }])
    await compactor.undo({ table: 'decisions', day: '2024-03-08' })
    expect(await reader.doctor()).toEqual([])
  })
})
