import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { UndoRequest } from '../../schemas/generated/requests.ts'
import type { BackfillReceipt, LedgerAppend } from '../../src-main/store/api.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { acquireWriterLock } from '../../src-main/store/fs/writer-lock.ts'
import { appendLedger } from '../../src-main/store/ledger/append.ts'
import { backfillLedger } from '../../src-main/store/ledger/backfill.ts'
import { setPartition } from '../../src-main/store/ledger/partition.ts'
import { undoBackfill } from '../../src-main/store/ledger/undo.ts'
import { allFiles, fingerprints, plainRows } from '../support/compaction.ts'
import { decisions } from '../support/ledger-fixture.ts'
import { decision, ledgerDay, plainSeries } from '../support/ledger-store.ts'
import { type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

const TS = Date.parse('2024-03-08T14:30:00Z')
const DAY = 86_400_000
const FILE = 'decisions/decisions_20240308.parquet'

let now = TS + 3_600_000
let store: TemporaryStore
beforeEach(async () => {
  now = TS + 3_600_000
  store = await temporaryStore({ env: { ...nodeEnv, now: () => now } })
})
afterEach(() => store.close())

const backfill = (rows: readonly unknown[], options: LedgerAppend = {}): Promise<BackfillReceipt> =>
  backfillLedger(store.context, 'decisions', rows, options)
const undo = (request: Partial<UndoRequest> = {}) =>
  undoBackfill(store.context, { table: 'decisions', day: '2024-03-08', ...request })
const kinds = ({ outcomes }: BackfillReceipt): string[] => outcomes.map(({ outcome }) => outcome)

/** Every row that a plain glob finds, as one line. */
async function globbed(): Promise<string[]> {
  const files = await allFiles(path.join(store.root, 'decisions'))
  if (files.length === 0) return []
  const list = files.map((file) => `'${file.replaceAll("'", "''")}'`).join(', ')
  const rows = await plainRows(
    `SELECT decision_id, action, symbol FROM read_parquet([${list}], hive_partitioning=false) ORDER BY ALL`,
  )
  return rows.map((row) => `${String(row.decision_id)} ${String(row.action)} ${String(row.symbol)}`)
}

describe('backfillLedger', () => {
  it('E10: replaces whole days with the difference told first, says unchanged, and keeps what stood', async () => {
    const [first, second, third, fourth] = decisions(4, TS)
    await appendLedger(store.context, 'decisions', [first, second, third])
    const stood = await readFile(path.join(store.root, FILE))
    now = TS + 3 * DAY
    const wanted = [first, { ...second, action: 'short' }, fourth]
    const before = await fingerprints(store.root)
    const difference = { added: 1, changed: 1, removed: 1, rows: 3, day: '2024-03-08' }
    expect((await backfill(wanted, { dryRun: true })).days).toMatchObject([{ ...difference, file: null }])
    expect(await fingerprints(store.root)).toEqual(before)
    const receipt = await backfill(wanted)
    expect(kinds(receipt)).toEqual(['duplicate', 'accepted', 'accepted'])
    expect(receipt.days).toMatchObject([{ ...difference, file: FILE, canUndo: true }])
    expect(await readFile(path.join(store.root, '.barkeep/previous', FILE))).toEqual(stood)
    const after = await fingerprints(store.root)
    expect((await backfill([...wanted].reverse())).days).toMatchObject([
      { added: 0, changed: 0, removed: 0, file: null, canUndo: false },
    ])
    expect(await fingerprints(store.root)).toEqual(after)
  })

  it('E10: today and later are rejected, the lock is asked for at once', async () => {
    expect(kinds(await backfill(decisions(1, TS)))).toEqual(['rejected'])
    const lock = await acquireWriterLock(store.context, 'compact')
    await expect(backfill(decisions(1, TS - DAY))).rejects.toMatchObject({ code: 'LOCKED' })
    await lock.release()
    expect(kinds(await backfill(decisions(1, TS - DAY)))).toEqual(['accepted'])
  })

  it('E11: an undo brings back the same bytes, and can be undone', async () => {
    const [first, second, third] = decisions(3, TS)
    await appendLedger(store.context, 'decisions', [first, second])
    const stood = await readFile(path.join(store.root, FILE))
    now = TS + 3 * DAY
    await expect(undo()).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await backfill([first, third])
    const filled = await readFile(path.join(store.root, FILE))
    expect((await undo({ dryRun: true })).days).toMatchObject([
      { added: 1, removed: 1, changed: 0, file: null },
    ])
    expect((await undo()).days).toMatchObject([{ added: 1, removed: 1, changed: 0, file: FILE }])
    expect(await readFile(path.join(store.root, FILE))).toEqual(stood)
    await undo()
    expect(await readFile(path.join(store.root, FILE))).toEqual(filled)
    await undo()
    expect(await readFile(path.join(store.root, FILE))).toEqual(stood)
  })

  it('E11: a day that had no file goes away, and comes back', async () => {
    now = TS + 3 * DAY
    await backfill(decisions(3, TS))
    const filled = await readFile(path.join(store.root, FILE))
    await undo()
    expect(await globbed()).toEqual([])
    await undo()
    expect(await readFile(path.join(store.root, FILE))).toEqual(filled)
  })

  it('E11: what was written since is not lost by an undo', async () => {
    now = TS + DAY
    await backfill(decisions(3, TS))
    await appendLedger(store.context, 'decisions', [decision('late', '2024-03-08T15:00:00.000+00:00')])
    await expect(undo()).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('E10, E11, E14: a day in hive folders is replaced and brought back whole', async () => {
    await setPartition(store.context, { column: 'symbol' })
    await appendLedger(store.context, 'decisions', [
      ...decisions(2, TS),
      ...decisions(2, TS + 1000, { symbol: 'QQQ' }),
    ])
    const old = await globbed()
    expect(old).toHaveLength(4)
    now = TS + 3 * DAY
    const wanted = [...decisions(2, TS, { action: 'flat' }), ...decisions(1, TS + 2000, { symbol: 'BRK.B' })]
    const receipt = await backfill(wanted)
    expect(receipt.days).toMatchObject([
      { added: 1, changed: 2, removed: 2, rows: 3, file: 'decisions/*/decisions_20240308.parquet' },
    ])
    const filled = await globbed()
    expect(filled).toHaveLength(3)
    await undo()
    expect(await globbed()).toEqual(old)
    await undo()
    expect(await globbed()).toEqual(filled)
  })

  it('E10: a past day of its own file beside others keeps them', async () => {
    await ledgerDay(store.context, plainSeries('decisions'), '2024-03-07', decisions(2, TS - DAY))
    now = TS + 3 * DAY
    await backfill(decisions(1, TS))
    expect(await globbed()).toHaveLength(3)
  })
})
