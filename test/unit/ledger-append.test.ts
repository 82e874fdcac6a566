import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LedgerTable } from '../../schemas/tables/index.ts'
import type { LedgerAppend } from '../../src-main/store/api.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { appendLedger } from '../../src-main/store/ledger/append.ts'
import { allFiles, fingerprints } from '../support/compaction.ts'
import { decisions } from '../support/ledger-fixture.ts'
import { decision, policy } from '../support/ledger-store.ts'
import { type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

const TS = Date.parse('2024-03-08T14:30:00Z')
const AT = '2024-03-08T14:30:00.000+00:00'
const DAY = 86_400_000

let now = TS + 3_600_000
let store: TemporaryStore
beforeEach(async () => {
  now = TS + 3_600_000
  store = await temporaryStore({ env: { ...nodeEnv, now: () => now } })
})
afterEach(() => store.close())

const append = async (
  table: LedgerTable,
  rows: readonly unknown[],
  options: LedgerAppend = {},
): Promise<string[]> =>
  (await appendLedger(store.context, table, rows, options)).map(({ outcome }) => outcome)

describe('appendLedger', () => {
  it('E1, E3: writes a day file, and a repeated row is a duplicate that changes no file', async () => {
    const rows = decisions(5, TS)
    expect(await append('decisions', rows)).toEqual(rows.map(() => 'accepted'))
    const before = await fingerprints(store.root)
    expect(await append('decisions', [...rows].reverse())).toEqual(rows.map(() => 'duplicate'))
    expect(await fingerprints(store.root)).toEqual(before)
    expect(await allFiles(path.join(store.root, 'decisions'))).toEqual([
      path.join(store.root, 'decisions/decisions_20240308.parquet'),
    ])
  })

  it('E3: completes outcomes, and refuses what contradicts', async () => {
    await append('decisions', [decision('d1', AT)])
    expect(await append('decisions', [decision('d1', AT, { outcome_pnl: 1.5 })])).toEqual(['completed'])
    expect(await append('decisions', [decision('d1', AT)])).toEqual(['duplicate'])
    expect(await append('decisions', [decision('d1', AT, { outcome_pnl: 2 })])).toEqual(['conflict'])
    expect(await append('decisions', [decision('d1', AT, { outcome_hit: true, action: 'short' })])).toEqual([
      'conflict',
    ])
    expect(await append('decisions', [decision('d1', AT, { outcome_hit: true })])).toEqual(['completed'])
  })

  it('E5, E6: a sealed day refuses new rows and completions, not repetitions; a missing day may be written', async () => {
    await append('decisions', [decision('d1', AT)])
    now = TS + 3 * DAY
    expect(await append('decisions', [decision('d1', AT)])).toEqual(['duplicate'])
    expect(await append('decisions', [decision('d1', AT, { outcome_pnl: 1 })])).toEqual(['rejected'])
    expect(await append('decisions', [decision('late', AT)])).toEqual(['rejected'])
    expect(await append('decisions', decisions(2, TS - DAY))).toEqual(['accepted', 'accepted'])
    expect(await append('decisions', decisions(1, TS + 5 * DAY))).toEqual(['rejected'])
  })

  it('E9: a policy version never changes', async () => {
    expect(await append('policies', [policy('v1', AT), policy('v1', AT)])).toEqual(['accepted', 'duplicate'])
    expect(await append('policies', [policy('v1', AT, { trust: {} })])).toEqual(['rejected'])
    expect(await append('policies', [policy('v2', AT)])).toEqual(['accepted'])
  })
})
