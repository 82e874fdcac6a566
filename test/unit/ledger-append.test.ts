import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LedgerTable } from '../../schemas/tables/index.ts'
import type { LedgerAppend } from '../../src-main/store/api.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { appendLedger } from '../../src-main/store/ledger/append.ts'
import { allFiles, fingerprints } from '../support/compaction.ts'
import { decisions } from '../support/ledger-fixture.ts'
import { decision, foreignPolicies, policy } from '../support/ledger-store.ts'
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

  it('E5: a day without rows stays open to the import that made it, and by its hours to all', async () => {
    now = TS + 3 * DAY
    const [first, second, third] = decisions(3, TS)
    const begun = new Set<string>()
    expect(await append('decisions', [first], { begun })).toEqual(['accepted'])
    expect(await append('decisions', [second, { ...first, outcome_pnl: 1 }], { begun })).toEqual([
      'accepted',
      'completed',
    ])
    expect(await append('decisions', [third])).toEqual(['rejected'])
    const settings = path.join(store.root, '.barkeep/settings.json')
    await writeFile(settings, '{"sealHours":72}')
    expect(await append('decisions', [third])).toEqual(['accepted'])
    await writeFile(settings, '{"sealHours":"long"}')
    await expect(append('decisions', [third])).rejects.toMatchObject({ code: 'BAD_SETTINGS' })
  })

  it('E1: a dry run tells the same and changes nothing', async () => {
    const rows = decisions(3, TS)
    await append('decisions', rows.slice(0, 1))
    await append('policies', [policy('v1', AT)])
    const before = await fingerprints(store.root)
    expect(await append('decisions', [...rows, rows[1]], { dryRun: true })).toEqual([
      'duplicate',
      'accepted',
      'accepted',
      'duplicate',
    ])
    expect(await append('policies', [policy('v2', AT)], { dryRun: true })).toEqual(['accepted'])
    expect(await fingerprints(store.root)).toEqual(before)
  })

  it('E1, E3: a document of several rows is told by its most notable one, and its sound rows are stored', async () => {
    const document = (issues: readonly object[]): object => ({
      timestamp_utc: AT,
      run_id: 'r',
      audit_id: 'a',
      issues,
    })
    const issue = (feature: string, value: number): object => ({ feature, issue: 'missing_value', value })
    expect(await append('audits', [document([issue('x', 1), issue('y', 2)])])).toEqual(['accepted'])
    expect(await append('audits', [document([issue('x', 1), issue('y', 2)])])).toEqual(['duplicate'])
    const longer = document([issue('x', 1), issue('y', 2), issue('z', 3)])
    expect(await append('audits', [longer])).toEqual(['accepted'])
    expect(await append('audits', [document([issue('x', 9), issue('y', 2)])])).toEqual(['conflict'])
  })

  it("E7, E9: another program's policies are kept and added to; what ours can't keep is left alone", async () => {
    await foreignPolicies(store.context, [policy('v1', AT)])
    expect(await append('policies', [policy('v1', AT), policy('v2', AT)])).toEqual(['duplicate', 'accepted'])
    expect(await allFiles(path.join(store.root, '.barkeep/previous'))).toHaveLength(1)
    await foreignPolicies(store.context, [policy('v1', AT), policy('v1', AT, { trust: {} })])
    const before = await fingerprints(path.join(store.root, 'policies'))
    expect(await append('policies', [policy('v1', AT), policy('v3', AT)])).toEqual(['duplicate', 'rejected'])
    await writeFile(path.join(store.root, 'policies/policies.parquet'), '')
    expect(await append('policies', [policy('v1', AT)])).toEqual(['rejected'])
    expect(Object.keys(before)).toEqual(['policies.parquet'])
  })
})
