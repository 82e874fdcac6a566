import { appendFile, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ErrorReport } from '../../schemas/contract/errors.ts'
import { formatUtcIso } from '../../schemas/contract/market-time.ts'
import { OPERATIONS } from '../../schemas/tables/index.ts'
import { stageFile } from '../../src-main/store/compact/staged-file.ts'
import type { Env } from '../../src-main/store/fs/env.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'
import { openStore } from '../../src-main/store/index.ts'
import { OPERATIONS_LOG } from '../../src-main/store/layout/file-names.ts'
import {
  type EndedOperation,
  lastRunOf,
  logOperation,
} from '../../src-main/store/operations/operation-log.ts'
import { operationsOf } from '../../src-main/store/operations/read-operations.ts'
import { brokenChecksums } from '../support/compaction.ts'
import { candles, openedStore, type TemporaryStore, temporaryStore } from '../support/store-fixture.ts'

const NOON = Date.parse('2024-03-08T18:00:00Z')
const MINUTE = 60_000

let now = NOON
const env: Env = { ...nodeEnv, now: () => now }

function ended(given: Partial<EndedOperation> = {}): EndedOperation {
  return {
    kind: 'compact',
    origin: 'manual',
    program: 'cli',
    state: 'done',
    summary: 'Done.',
    started_ts: now,
    session: null,
    error_code: null,
    error_message: null,
    receipt: null,
    ...given,
  }
}

async function filesOf(root: string): Promise<string[]> {
  const entries = await readdir(path.join(root, '.barkeep/operations'), {
    recursive: true,
    withFileTypes: true,
  })
  return entries.flatMap((entry) => (entry.isFile() ? path.join(entry.parentPath, entry.name) : [])).sort()
}

describe('the log of operations', () => {
  let store: TemporaryStore
  beforeEach(async () => {
    now = NOON
    store = await temporaryStore({ env, program: 'app' })
  })
  afterEach(() => store.close())

  it('F30 F32: a row an operation, newest first, by kind, before an instant, so many at most', async () => {
    expect(await operationsOf(store.context, {})).toEqual({ operations: [], total: 0, problems: [] })
    for (let minute = 0; minute < 6; minute++) {
      now = NOON + minute * MINUTE
      const kind = minute % 2 === 0 ? 'compact' : 'purge'
      await logOperation(
        store.context,
        ended({ kind, summary: `number ${minute}`, receipt: { b: [minute], a: 'x' } }),
      )
    }
    const all = await operationsOf(store.context, {})
    expect(all.operations.map(({ summary }) => summary)).toEqual([5, 4, 3, 2, 1, 0].map((n) => `number ${n}`))
    expect(all.total).toBe(6)
    expect(all.operations[0]).toEqual({
      operation_id: expect.stringMatching(/^[0-9a-f]{16}$/),
      ts: NOON + 5 * MINUTE,
      ts_iso: '2024-03-08T18:05:00.000+00:00',
      started_ts: NOON + 5 * MINUTE,
      kind: 'purge',
      origin: 'manual',
      program: 'cli',
      state: 'done',
      summary: 'number 5',
      session: null,
      error_code: null,
      error_message: null,
      receipt: { a: 'x', b: [5] },
    })
    const some = await operationsOf(store.context, {
      kinds: ['compact'],
      before: NOON + 4 * MINUTE,
      limit: 1,
    })
    expect(some.operations.map(({ summary }) => summary)).toEqual(['number 2'])
    expect(some.total).toBe(2)
  })

  it('F30: a receipt keeps 200 entries of a list and says how many there were; a summary is one line of whole text', async () => {
    const long = Array.from({ length: 205 }, (_, index) => ({ index }))
    await logOperation(store.context, ended({ summary: 'one\n two \ud800', receipt: { days: long } }))
    const [row] = (await operationsOf(store.context, {})).operations
    expect(row?.summary).toBe('one two \ufffd')
    const { days } = (row?.receipt ?? {}) as { days: unknown[] }
    expect(days).toHaveLength(201)
    expect(days.at(-1)).toBe('… 5 more')
  })

  it('F31: parts are rolled up where they are many, a month that is over to one file; nothing is lost, nothing told twice', async () => {
    for (let count = 0; count < 66; count++) {
      now = NOON + count * MINUTE
      await logOperation(store.context, ended({ summary: `number ${count}` }))
    }
    expect((await filesOf(store.root)).length).toBe(1 + 2)
    now = Date.parse('2024-04-01T00:00:00Z')
    const later = await temporaryStoreAt(store.root)
    await logOperation(later.context, ended({ summary: 'number 66' }))
    expect((await filesOf(store.root)).map((file) => file.replace(/.*operations./, '').slice(0, 14))).toEqual(
      ['2024-03/roll3-', '2024-04/part-2'],
    )
    const { operations, total, problems } = await operationsOf(later.context, { limit: 1_000 })
    expect(problems).toEqual([])
    expect(total).toBe(67)
    expect(operations.map(({ summary }) => summary)).toEqual(
      Array.from({ length: 67 }, (_, index) => `number ${66 - index}`),
    )
    await later.close()
  })

  it('F32: a damaged file is named and left out, and never rolled up', async () => {
    for (let count = 0; count < 66; count++) {
      now = NOON + count * MINUTE
      await logOperation(store.context, ended({ summary: `number ${count}` }))
      if (count === 3) {
        const [file = ''] = await filesOf(store.root)
        const bytes = await readFile(file)
        bytes[40] = (bytes[40] ?? 0) ^ 1
        await writeFile(file, bytes)
      }
      if (count === 10) {
        await writeFile(
          path.join(store.root, '.barkeep/operations/2024-03/part-20240308_180000.000001-0000aaaa.parquet'),
          'no parquet',
        )
      }
    }
    await appendFile(path.join(store.root, '.barkeep/operations/2024-03/notes.txt'), 'left by a person')
    const { operations, total, problems } = await operationsOf(store.context, { limit: 1_000 })
    expect(total).toBe(65)
    expect(operations.some(({ summary }) => summary === 'number 0')).toBe(false)
    expect(problems.map(({ code }) => code).sort()).toEqual(['BAD_CHECKSUM', 'UNREADABLE'])
  })

  it('F32: a page of 10,000 operations costs little, and the next one less', async () => {
    const rows = Array.from({ length: 10_000 }, (_, count) => {
      const ts = NOON + count * 1_000
      const given = ended({
        kind: count % 100 === 0 ? 'purge' : 'compact',
        summary: `number ${count}`,
        started_ts: ts,
      })
      const receipt = {
        days: Array.from({ length: 10 }, (_each, day) => ({ day, table: 'candles', skipped: null })),
      }
      return {
        operation_id: String(count).padStart(16, '0'),
        ts,
        ts_iso: formatUtcIso(ts),
        ...given,
        receipt,
      }
    })
    const folder = path.join(store.root, '.barkeep/operations/2024-03')
    const staged = await stageFile(store.context, OPERATIONS, OPERATIONS_LOG, rows, '', { onStep: () => {} })
    await mkdir(folder, { recursive: true })
    await rename(staged.path, path.join(folder, 'roll3-20240308_180000.000000-0000aaaa.parquet'))
    const times: number[] = []
    for (let round = 0; round < 3; round++) {
      const start = performance.now()
      const page = await operationsOf(store.context, { kinds: ['purge'], limit: 50 })
      times.push(performance.now() - start)
      expect([page.total, page.operations.length]).toEqual([100, 50])
      expect(page.operations[0]?.summary).toBe('number 9900')
    }
    console.log(`a page of 10,000 operations: ${times.map((time) => time.toFixed(0)).join(', ')} ms`)
    expect(times[2]).toBeLessThan(1_000)
  })

  it('F34: the last run after the close is found by its trading day', async () => {
    expect(await lastRunOf(store.context)).toBeNull()
    for (const session of ['2024-03-07', '2024-03-08']) {
      now += MINUTE
      await logOperation(store.context, ended({ kind: 'after-close', session, summary: session }))
      await logOperation(store.context, ended({ kind: 'purge' }))
    }
    expect((await lastRunOf(store.context))?.summary).toBe('2024-03-08')
    expect((await lastRunOf(store.context, '2024-03-07'))?.summary).toBe('2024-03-07')
    expect(await lastRunOf(store.context, '2024-03-06')).toBeNull()
  })

  async function temporaryStoreAt(root: string): Promise<Omit<TemporaryStore, 'root'>> {
    const { closeContext, openContext } = await import('../../src-main/store/open-context.ts')
    const context = await openContext(root, { env, program: 'app' })
    return { context, close: () => closeContext(context) }
  }
})

describe('operations of a store', () => {
  it('F33: what changed something, or failed, has a row; dry runs, no-ops and wrong questions have none', async () => {
    const store = await openedStore({ program: 'cli' })
    const bars = candles(3, Date.parse('2024-03-08T14:30:00Z'))
    await store.writer.appendCandles(bars)
    await store.compactor.compact({ dryRun: true })
    await store.compactor.compact({})
    await store.compactor.compact({})
    await store.compactor.purge({ olderThanDays: 0, dryRun: true })
    await store.compactor.purge({ olderThanDays: 0 })
    await store.compactor.purge({ olderThanDays: 0 })
    await store.compactor.repair()
    await store.writer.backfillCandles(bars.map((bar) => ({ ...bar, close: 100.25 })))
    await store.writer.rebuildSnapshot()
    await store.writer.changeSettings({ set: { recoveryDays: 3 } })
    await store.writer.changeSettings({ set: { recoveryDays: 3 } })
    await expect(store.compactor.compact({ day: '2024-03-08', month: '2024-03' })).rejects.toThrow()
    const { operations } = await store.reader.operations({})
    expect(operations.map(({ kind, state, summary }) => `${kind} ${state}: ${summary}`).reverse()).toEqual([
      'compact done: 1 file of 3 rows from 3 parts: 2m 2024-03-08.',
      expect.stringMatching(/^purge done: 3 files removed, [\d,]+ bytes\.$/),
      'backfill done: 1 day replaced, 2m 2024-03-08: 0 rows added, 3 changed, 0 removed.',
      'rebuild done: Snapshot of 0 objects rebuilt from the timeline.',
      'settings done: Settings changed: recoveryDays.',
    ])
    expect(operations.every(({ program, origin }) => program === 'cli' && origin === 'manual')).toBe(true)
    await store.remove()
  })

  it('F32 D8: doctor finds a damaged file of the log, and a repair moves it to quarantine', async () => {
    const later: Env = { ...nodeEnv, now: () => Date.now() + 5 * MINUTE }
    const store = await openedStore({ env: later })
    await store.writer.changeSettings({ set: { recoveryDays: 3 } })
    await store.writer.changeSettings({ set: { recoveryDays: 4 } })
    const [file = ''] = await filesOf(store.root)
    await writeFile(file, 'torn')
    const inStore = path.relative(store.root, file).split(path.sep).join('/')
    expect(await store.reader.doctor()).toMatchObject([
      { code: 'BAD_CHECKSUM', path: inStore, repaired: false },
    ])
    await store.compactor.repair()
    const { operations, problems } = await store.reader.operations({})
    expect(problems).toEqual([])
    expect(operations.map(({ kind }) => kind)).toEqual(['repair', 'settings'])
    const quarantined = inStore.replace('.barkeep/', '.barkeep/quarantine/')
    expect(await store.reader.doctor()).toMatchObject([{ code: 'QUARANTINED', path: quarantined }])
    expect(await brokenChecksums(store.root)).toEqual([])
    await store.remove()
  })

  it('F33: a log that can not be written is told and fails nothing; a failed operation says why', async () => {
    const told: ErrorReport[] = []
    let broken = false
    const refusing: Env = {
      ...nodeEnv,
      appendLines: async (file, bytes) => {
        if (broken && file.includes('operations'))
          throw Object.assign(new Error('EROFS: no'), { code: 'EROFS' })
        return nodeEnv.appendLines(file, bytes)
      },
      copyOut: async (file, run) => {
        if (broken) throw Object.assign(new Error('ENOSPC: full'), { code: 'ENOSPC' })
        return nodeEnv.copyOut(file, run)
      },
    }
    const store = await openedStore({ env: refusing, onProblem: (problem) => told.push(problem) })
    const opened = await openStore(store.root, { env: refusing, onProblem: (problem) => told.push(problem) })
    await opened.writer.appendCandles(candles(3, Date.parse('2024-03-08T14:30:00Z')))
    broken = true
    const receipt = await opened.compactor.compact({})
    expect(receipt.days.map(({ skipped }) => skipped)).toEqual(['failed'])
    expect(told.map(({ code, file }) => `${code} ${file}`)).toEqual(['IO .barkeep/operations'])
    broken = false
    await expect(opened.compactor.compact({})).resolves.toMatchObject({ days: [{ skipped: null }] })
    expect((await opened.reader.operations({})).operations.map(({ state }) => state)).toEqual(['done'])
    await opened.close()
    await store.remove()
  })
})
