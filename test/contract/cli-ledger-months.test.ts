import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore } from '../../src-main/store/index.ts'
import { bundleCli, type CliBundle } from '../support/cli-process.ts'
import { audit, decision, policy } from '../support/ledger-store.ts'

let cli: CliBundle
let folder: string
const barkeep = (...words: string[]) => cli.run(words, { cwd: folder })

beforeAll(async () => {
  cli = await bundleCli()
  folder = await mkdtemp(path.join(os.tmpdir(), 'barkeep ledger months '))
  const days = ['2024-03-04', '2024-03-05', '2024-03-06']
  const store = await openStore(path.join(folder, 'storage'), { create: true })
  await store.writer.appendLedger('policies', [policy('v1', '2024-01-01')])
  const decisions = days.map((day, index) => decision(`d${index}`, `${day}T14:30`))
  await store.writer.appendLedger('decisions', decisions)
  await store.writer.appendLedger('audits', [audit('a', '2024-03-04')])
  await store.close()
})
afterAll(async () => {
  await cli.remove()
  await rm(folder, { recursive: true, force: true })
})

describe('barkeep over months of a ledger', () => {
  it('E20, X6: plans, makes one file a table, and has nothing to do then', async () => {
    const plan = await barkeep('compact', '--month', '2024-03', '--dry-run', '--json')
    expect([plan.code, plan.stderr]).toEqual([0, ''])
    expect(JSON.parse(plan.stdout)).toEqual({
      days: [
        ['decisions', 3],
        ['audits', 1],
      ].map(([table, count]) => ({
        table,
        timeframe: null,
        day: '2024-03',
        parts: 0,
        dayfiles: count,
        rows: count,
        conflicts: 0,
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        file: `${table}/${table}_202403.parquet`,
        skipped: 'dry run',
      })),
    })
    // What was never whole stays, is named, and costs the others nothing.
    await writeFile(path.join(folder, 'storage/decisions/decisions_20240307.parquet'), '')
    const done = await barkeep('compact', '--month', '2024-03', '--table', 'decisions')
    expect(done.code).toBe(0)
    expect(done.stdout).toMatch(
      /decisions +2024-03 +3 +0 +3 +0 +[0-9a-f]{12} +decisions\/decisions_202403.parquet/,
    )
    expect(done.stdout).toMatch(/\n3 day files\. 1 file compacted\.\n$/)
    expect(done.stderr).toMatch(/decisions_20240307.parquet stays: UNREADABLE: /)
    expect(await readdir(path.join(folder, 'storage/decisions'))).toEqual([
      'decisions_202403.parquet',
      'decisions_20240307.parquet',
    ])
    await rm(path.join(folder, 'storage/decisions/decisions_20240307.parquet'))
    const again = await barkeep('compact', '--all', '--json')
    expect(JSON.parse(again.stdout)).toEqual({ days: [] })
  })

  it('C22, D11, X5: a purge lists what lies in recovery; doctor has nothing to say', async () => {
    const plan = await barkeep('purge', '--older-than', '0', '--dry-run', '--json')
    const { removed, kept } = JSON.parse(plan.stdout) as {
      readonly removed: readonly { readonly path: string; readonly why: string }[]
      readonly kept: readonly unknown[]
    }
    expect(removed.map((file) => file.path)).toEqual(
      [4, 5, 6].map((day) => `.barkeep/recovery/decisions/decisions_2024030${day}.parquet`),
    )
    expect(removed[0]?.why).toMatch(/its rows are in decisions\/decisions_202403.parquet$/)
    expect(kept).toEqual([])
    const doctor = await barkeep('doctor', '--json')
    expect([doctor.code, JSON.parse(doctor.stdout)]).toEqual([0, { findings: [] }])
    expect((await barkeep('purge', '--older-than', '0')).stdout).toMatch(/Removed 3 files, /)
  })

  it('E21, X5: a month that is not over is refused', async () => {
    const month = new Date().toISOString().slice(0, 7)
    const { code, stderr } = await barkeep('compact', '--month', month, '--table', 'stats')
    expect(code).toBe(2)
    expect(stderr).toMatch(/^barkeep: \d{4}-\d\d can be one file from .* on\. Until then its days stay\.\n$/)
  })
})
