import { rm } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { appendLedger } from '../../src-main/store/ledger/append.ts'
import { backfillLedger } from '../../src-main/store/ledger/backfill.ts'
import { setPartition } from '../../src-main/store/ledger/partition.ts'
import { undoBackfill } from '../../src-main/store/ledger/undo.ts'
import { undoableDays } from '../../src-main/store/ledger/undoable-days.ts'
import { ledgerTables } from '../../src-main/store/read/ledger-overview.ts'
import { decisions } from '../support/ledger-fixture.ts'
import { type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

const TS = Date.parse('2024-03-08T14:30:00Z')
const DAY = 86_400_000

let now = TS
let store: TemporaryStore
beforeEach(async () => {
  now = TS + 3_600_000
  store = await temporaryStore({ env: { ...nodeEnv, now: () => now } })
})
afterEach(() => store.close())

const undoable = async (): Promise<readonly string[]> => [...(await undoableDays(store.context, 'decisions'))]
const offered = async (): Promise<readonly string[]> =>
  (await ledgerTables(store.context, undefined)).flatMap(({ days }) =>
    days.filter(({ canUndo }) => canUndo === true).map(({ day }) => day),
  )

describe('days whose backfill can be taken back', () => {
  it('U15, E11: are those of which something is kept, until it is brought back and purged', async () => {
    const [first, second, other] = [...decisions(2, TS), ...decisions(1, TS - DAY)]
    expect(await undoable()).toEqual([])
    await appendLedger(store.context, 'decisions', [first, second, other])
    now = TS + 3 * DAY
    expect(await undoable()).toEqual([])
    await backfillLedger(store.context, 'decisions', [first])
    expect(await undoable()).toEqual(['2024-03-08'])
    expect(await offered()).toEqual(['2024-03-08'])
    await undoBackfill(store.context, { table: 'decisions', day: '2024-03-08' })
    // An undo can be undone in turn.
    expect(await undoable()).toEqual(['2024-03-08'])
    await rm(path.join(store.root, '.barkeep/previous'), { recursive: true })
    expect(await undoable()).toEqual([])
    expect(await offered()).toEqual([])
  })

  it('U15, E12: in hive folders as well', async () => {
    await setPartition(store.context, { column: 'symbol' })
    const [first, second] = decisions(2, TS)
    await appendLedger(store.context, 'decisions', [first, { ...second, symbol: 'QQQ' }])
    now = TS + 3 * DAY
    await backfillLedger(store.context, 'decisions', [{ ...first, action: 'short' }])
    expect(await undoable()).toEqual(['2024-03-08'])
  })
})
