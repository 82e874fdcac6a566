import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StoreContext } from '../../src-main/store/context.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { sha256 } from '../../src-main/store/layout/digest.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { audit, decision, foreignRows, policy, stat } from '../support/ledger-store.ts'
import { type OpenedStore, openedStore } from '../support/store-fixture.ts'

const OPTIONS = { env: { ...nodeEnv, now: () => Date.parse('2024-04-20T12:00:00Z') } }
const MONTHFILE = 'decisions/decisions_202403.parquet'

let store: OpenedStore
let context: StoreContext
beforeEach(async () => {
  store = await openedStore(OPTIONS)
  context = await openContext(store.root, OPTIONS)
})
afterEach(async () => {
  await closeContext(context)
  await store.remove()
})

const bytesOf = async (file: string): Promise<Buffer> => readFile(path.join(store.root, file))

describe('the overview of a ledger', () => {
  it('R11: a store without anything has no data; a policy alone is some', async () => {
    expect(await store.reader.info()).toMatchObject({ hasData: false })
    expect((await store.reader.overview()).policies).toBeUndefined()
    await store.writer.appendLedger('policies', [policy('v1', '2024-01-01'), policy('v2', '2024-02-01')])
    expect(await store.reader.info()).toMatchObject({ hasData: true, series: [] })
    const { tables, policies } = await store.reader.overview()
    expect(tables).toEqual([])
    const bytes = await bytesOf('policies/policies.parquet')
    expect(policies).toEqual({
      file: 'policies/policies.parquet',
      versions: 2,
      bytes: bytes.length,
      sha256: sha256(bytes),
      problem: null,
    })
  })

  it('R11: tells each day with its file, rows, bytes and SHA-256, before and after its month is one file', async () => {
    const rows = [
      decision('a', '2024-03-04T10:00'),
      decision('b', '2024-03-04T11:00'),
      decision('c', '2024-03-31T23:59'),
    ]
    await store.writer.appendLedger('decisions', rows)
    await store.writer.appendLedger('audits', [audit('x', '2024-03-04')])
    await store.writer.appendLedger('stats', [stat('rsi_14', '2024-03-04'), stat('atr_14', '2024-03-04')])
    const before = await store.reader.overview()
    expect(
      before.tables.map(({ table, timeframe, days, missing }) => [table, timeframe, days.length, missing]),
    ).toEqual([
      ['decisions', null, 2, []],
      ['audits', null, 1, []],
      ['stats', null, 1, []],
    ])
    const file = 'decisions/decisions_20240304.parquet'
    const bytes = await bytesOf(file)
    expect(before.tables[0]?.days[0]).toEqual({
      day: '2024-03-04',
      dayfile: { file, rows: 2, bytes: bytes.length, sha256: sha256(bytes) },
      partsWaiting: 0,
      partBytes: 0,
      problem: null,
    })

    await store.compactor.compact({ month: '2024-03', table: 'decisions' })
    const [after] = (await store.reader.overview()).tables
    const month = await bytesOf(MONTHFILE)
    expect(after?.days.map(({ day, dayfile }) => [day, dayfile?.file, dayfile?.rows])).toEqual([
      ['2024-03-04', MONTHFILE, 2],
      ['2024-03-31', MONTHFILE, 1],
    ])
    expect(after?.days.reduce((sum, { dayfile }) => sum + (dayfile?.bytes ?? 0), 0)).toBe(month.length)
    expect(after?.days[0]?.dayfile?.sha256).toBe(sha256(month))
  })

  it('R11: a day beside its month waits; hive folders are told together with the plain form', async () => {
    await store.writer.appendLedger('decisions', [decision('a', '2024-03-04')])
    await store.compactor.compact({ month: '2024-03', table: 'decisions' })
    const [late, hive] = [
      'decisions/decisions_20240305.parquet',
      'decisions/symbol=SPY/decisions_20240304.parquet',
    ]
    await foreignRows(context, 'decisions', late, [decision('b', '2024-03-05')])
    await foreignRows(context, 'decisions', hive, [decision('c', '2024-03-04')])
    const [decisions] = (await store.reader.overview()).tables
    expect(decisions?.days).toMatchObject([
      { day: '2024-03-04', dayfile: { rows: 2, sha256: null, files: 2 }, partsWaiting: 0 },
      { day: '2024-03-05', dayfile: null, partsWaiting: 1, partBytes: (await bytesOf(late)).length },
    ])
  })

  it('R11: says why a file is left out, and tells it as whole once it is', async () => {
    await store.writer.appendLedger('decisions', [decision('a', '2024-03-04'), decision('b', '2024-04-10')])
    await store.compactor.compact({ month: '2024-03', table: 'decisions' })
    await store.reader.overview()
    const whole = await bytesOf(MONTHFILE)
    const bytes = Buffer.from(whole)
    bytes.writeUInt8(bytes.readUInt8(12) ^ 1, 12)
    await writeFile(path.join(store.root, MONTHFILE), bytes)
    await writeFile(path.join(store.root, 'decisions/decisions_20240410.parquet'), '')
    const [decisions] = (await store.reader.overview()).tables
    expect(decisions?.days).toMatchObject([
      {
        day: '2024-03-01',
        dayfile: { rows: null, bytes: bytes.length },
        problem: expect.stringMatching(/^BAD_CHECKSUM: decisions_202403/),
      },
      {
        day: '2024-04-10',
        dayfile: { rows: null, bytes: 0 },
        problem: expect.stringMatching(/^UNREADABLE: decisions_20240410/),
      },
    ])
    await writeFile(path.join(store.root, MONTHFILE), whole)
    expect((await store.reader.overview()).tables[0]?.days[0]).toMatchObject({
      day: '2024-03-04',
      problem: null,
    })
  })
})
