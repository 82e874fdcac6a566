import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ledgerMarks } from '../../src-main/store/ledger/ledger-marks.ts'
import {
  decision,
  foreignPolicies,
  ledgerDay,
  plainSeries,
  policy,
  symbolSeries,
} from '../support/ledger-store.ts'
import { type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

let store: TemporaryStore
beforeAll(async () => {
  store = await temporaryStore()
})
afterAll(() => store.close())

describe('marks of the ledger', () => {
  it('N20: a table’s mark differs when a file of it comes, is written again, or goes, and no other’s does', async () => {
    const { context, root } = store
    let before = await ledgerMarks(context)
    expect(before).toEqual({ decisions: '', audits: '', stats: '', policies: '' })
    const expectChanged = async (...tables: readonly string[]): Promise<void> => {
      const now = await ledgerMarks(context)
      const changed = Object.entries(now).filter(
        ([table, mark]) => mark !== before[table as keyof typeof now],
      )
      expect(changed.map(([table]) => table)).toEqual(tables)
      before = now
    }
    await expectChanged()
    const rows = [decision('a', '2024-03-08T15:00')]
    await ledgerDay(context, plainSeries('decisions'), '2024-03-08', rows)
    await expectChanged('decisions')
    await ledgerDay(context, symbolSeries('SPY'), '2024-03-09', rows)
    await expectChanged('decisions')
    await foreignPolicies(context, [policy('v1', '2024-03-08')])
    await expectChanged('policies')
    const file = path.join(root, 'decisions', 'decisions_20240308.parquet')
    // In its place, as pandas does.
    await writeFile(file, 'torn')
    await expectChanged('decisions')
    await rm(file)
    await expectChanged('decisions')
    await expectChanged()
  })
})
