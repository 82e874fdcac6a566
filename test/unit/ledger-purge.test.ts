import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PurgeReceipt } from '../../schemas/contract/jobs.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { openStore } from '../../src-main/store/index.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { allFiles, fingerprints } from '../support/compaction.ts'
import { decision, foreignRows } from '../support/ledger-store.ts'
import { type OpenedStore, openedStore } from '../support/store-fixture.ts'

const DAY = 86_400_000
const HIVE = 'decisions/symbol=QQQ'

let store: OpenedStore
let now: number
const options = { env: { ...nodeEnv, now: () => now } }

/** A month of two folders, and one before it; their day files are in recovery since today. */
beforeEach(async () => {
  now = Date.now()
  store = await openedStore(options)
  await store.writer.appendLedger('decisions', [decision('z', '2024-02-01')])
  await store.writer.appendLedger('decisions', [decision('a', '2024-03-04'), decision('b', '2024-03-05')])
  const context = await openContext(store.root, options)
  await foreignRows(context, 'decisions', `${HIVE}/decisions_20240306.parquet`, [
    decision('c', '2024-03-06', { symbol: 'QQQ' }),
  ])
  await closeContext(context)
  for (const month of ['2024-02', '2024-03']) await store.compactor.compact({ month, table: 'decisions' })
})
afterEach(() => store.remove())

const RECOVERED = [
  '.barkeep/recovery/decisions/decisions_20240201.parquet',
  '.barkeep/recovery/decisions/decisions_20240304.parquet',
  '.barkeep/recovery/decisions/decisions_20240305.parquet',
  `.barkeep/recovery/${HIVE}/decisions_20240306.parquet`,
]

async function below(folder: string): Promise<string[]> {
  return (await allFiles(path.join(store.root, folder))).map((file) => path.relative(store.root, file))
}

async function spoil(file: string): Promise<void> {
  const bytes = await readFile(path.join(store.root, file))
  bytes.writeUInt8(bytes.readUInt8(12) ^ 1, 12)
  await writeFile(path.join(store.root, file), bytes)
}

const removed = (receipt: PurgeReceipt): string[] => receipt.removed.map((file) => file.path).sort()

describe('the retention of a ledger’s months', () => {
  it('C9, C31: an open purges day files in recovery once seven days have passed, and not before', async () => {
    now += 6.9 * DAY
    await (await openStore(store.root, options)).close()
    expect(await below('.barkeep/recovery')).toEqual(RECOVERED)
    now += 0.2 * DAY
    await (await openStore(store.root, options)).close()
    expect(await below('.barkeep/recovery')).toEqual([])
    expect(await store.reader.doctor()).toMatchObject([])
  })

  it('C22, C31: a purge lists them by what holds their rows, and its dry run changes nothing', async () => {
    // Folders tell the system's time, which the store's has stood still behind.
    now += 60_000
    const before = await fingerprints(store.root)
    const plan = await store.compactor.purge({ olderThanDays: 0, dryRun: true })
    expect(await fingerprints(store.root)).toEqual(before)
    expect(removed(plan)).toEqual(RECOVERED)
    expect(plan.removed.map(({ path: file, why }) => [file, why.split('its rows are in ')[1]])).toEqual([
      [RECOVERED[0], 'decisions/decisions_202402.parquet'],
      [RECOVERED[1], 'decisions/decisions_202403.parquet'],
      [RECOVERED[2], 'decisions/decisions_202403.parquet'],
      [RECOVERED[3], `${HIVE}/decisions_202403.parquet`],
    ])
    // What another program wrote stays for good.
    expect(plan.kept).toMatchObject([
      {
        path: `.barkeep/previous/${HIVE}/decisions_20240306.parquet`,
        why: expect.stringMatching(/another program/),
      },
    ])
    expect(removed(await store.compactor.purge({ olderThanDays: 0 }))).toEqual(RECOVERED)
    expect(await below('.barkeep/recovery')).toEqual([])
  })

  it('C15, C31: of a month whose file is damaged or gone nothing is removed, of others it is', async () => {
    await spoil('decisions/decisions_202403.parquet')
    await rm(path.join(store.root, 'decisions/decisions_202402.parquet'))
    const receipt = await store.compactor.purge({ olderThanDays: 0 })
    expect(removed(receipt)).toEqual([RECOVERED[3]])
    expect(receipt.kept.map(({ why }) => why)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/decisions_202402.parquet is not whole/),
        expect.stringMatching(/decisions_202403.parquet is not whole/),
      ]),
    )
    now += 30 * DAY
    await (await openStore(store.root, options)).close()
    expect(await below('.barkeep/recovery')).toEqual(RECOVERED.slice(0, 3))
  })

  it('C31: what a backfill replaced is held by its month once that has taken its place', async () => {
    await store.writer.appendLedger('decisions', [decision('m', '2024-05-06')])
    await store.writer.backfillLedger('decisions', [decision('n', '2024-05-06')])
    await store.compactor.compact({ month: '2024-05', table: 'decisions' })
    const { removed: gone } = await store.compactor.purge({ olderThanDays: 0 })
    const previous = gone.find(({ path: file }) => file.startsWith('.barkeep/previous/'))
    expect(previous).toMatchObject({
      path: '.barkeep/previous/decisions/decisions_20240506.parquet',
      why: expect.stringMatching(/in decisions\/decisions_202405.parquet$/),
    })
  })

  it('C9: with a retention of 0 days the day files go with the compaction', async () => {
    const none = await openStore(store.root, { ...options, recoveryDays: 0 })
    await none.writer.appendLedger('decisions', [decision('m', '2024-05-06')])
    await none.compactor.compact({ month: '2024-05', table: 'decisions' })
    await none.close()
    expect(await below('.barkeep/recovery')).toEqual([])
  })
})
