import { beforeEach, describe, expect, it } from 'vitest'
import type { JobUpdate, PurgeReceipt } from '../../schemas/contract/jobs.ts'
import { applyJobUpdate, jobsStore } from '../../src-renderer/state/jobs.ts'
import { noticeStore } from '../../src-renderer/state/notices.ts'
import { discardPurge, planPurge, purgeStore, runPurge } from '../../src-renderer/state/purge.ts'
import type { DaySeries } from '../../src-renderer/storage-health/calendar-model.ts'
import { canCompactMonth } from '../../src-renderer/storage-health/month-state.ts'

const RECEIPT: PurgeReceipt = {
  files: 1,
  bytes: 7,
  removed: [{ path: '.barkeep/recovery/data/2m/2024-03-08/a.parquet', bytes: 7, why: 'merged' }],
  kept: [],
}

/** The far end of the bridge: answers each call with the next job's name, or with a refusal. */
function connect(...answers: (string | null)[]): unknown[] {
  const requests: unknown[] = []
  const call = async (name: string, payload: unknown) => {
    requests.push([name, payload])
    const job = answers.shift()
    if (typeof job === 'string') return { ok: true, value: { job } }
    return { ok: false, error: { code: 'LOCKED', message: 'Process 17 compacts.' } }
  }
  Object.defineProperty(globalThis, 'window', {
    value: { barkeep: { call, on: () => () => {} } },
    configurable: true,
  })
  return requests
}

function end(job: string, state: JobUpdate['state'], receipt: PurgeReceipt | null): void {
  const result = receipt === null ? undefined : ({ kind: 'purge', receipt } as const)
  const update: JobUpdate = { job, kind: 'purge', state, progress: { done: 1, total: 1, step: '' }, result }
  jobsStore.setState((before) => applyJobUpdate(before, update))
}

beforeEach(() => {
  jobsStore.setState({ running: [], ended: {} })
  purgeStore.setState(purgeStore.getInitialState())
  noticeStore.setState({ notices: [], message: null })
})

describe('purge from the window', () => {
  it('U11: the list comes first, then the same without a dry run; another age is another list', async () => {
    const requests = connect('a', 'b', 'c')
    await planPurge()
    expect(purgeStore.getState().phase).toBe('planning')
    end('a', 'done', RECEIPT)
    expect(purgeStore.getState()).toMatchObject({ phase: 'planned', receipt: RECEIPT, age: null })
    await planPurge(0)
    end('b', 'done', RECEIPT)
    await runPurge()
    expect(purgeStore.getState().phase).toBe('running')
    discardPurge()
    expect(purgeStore.getState().phase).toBe('running')
    end('c', 'cancelled', { ...RECEIPT, cancelled: true })
    expect(purgeStore.getState()).toMatchObject({ phase: 'ended', end: 'cancelled' })
    expect(requests).toEqual([
      ['purge', { dryRun: true }],
      ['purge', { olderThanDays: 0, dryRun: true }],
      ['purge', { olderThanDays: 0 }],
    ])
    discardPurge()
    expect(purgeStore.getState()).toMatchObject({ phase: 'idle', receipt: null })
  })

  it('U2, U11: nothing is removed without a list; a refusal is told and keeps the list', async () => {
    const requests = connect('a', null)
    await runPurge()
    expect(requests).toEqual([])
    await planPurge()
    end('a', 'done', RECEIPT)
    await runPurge()
    expect(noticeStore.getState().notices).toMatchObject([{ report: { code: 'LOCKED' } }])
    expect(purgeStore.getState()).toMatchObject({ phase: 'planned', receipt: RECEIPT })
  })

  it('U11: a plan that fails leaves nothing, a run that fails leaves the list', async () => {
    connect('a', 'b', 'c')
    await planPurge()
    end('a', 'failed', null)
    expect(purgeStore.getState().phase).toBe('idle')
    await planPurge()
    end('b', 'done', RECEIPT)
    await runPurge()
    end('c', 'failed', null)
    expect(purgeStore.getState()).toMatchObject({ phase: 'planned', receipt: RECEIPT })
  })
})

describe('a month of object events that may become one file', () => {
  const file = (name: string) => ({
    file: `objects/timeline/2024-03/${name}.parquet`,
    rows: 1,
    bytes: 1,
    sha256: null,
  })
  const series = (
    table: DaySeries['table'],
    dayfile: ReturnType<typeof file> | null,
    partsWaiting = 0,
  ): Pick<DaySeries, 'table' | 'days'> => ({
    table,
    days: new Map([
      ['2024-03-08', { day: '2024-03-08', dayfile, partsWaiting, partBytes: 0, problem: null }],
    ]),
  })
  const APRIL = Date.parse('2024-04-02T00:00:00Z')

  it('C19: only one that is over since a day and not one file already', () => {
    const dayfile = series('object_events', file('2024-03-08'))
    expect(canCompactMonth(dayfile, '2024-03', APRIL)).toBe(true)
    expect(canCompactMonth(dayfile, '2024-03', APRIL - 1)).toBe(false)
    expect(canCompactMonth(dayfile, '2024-02', APRIL)).toBe(false)
    expect(canCompactMonth(series('candles', file('2024-03-08')), '2024-03', APRIL)).toBe(false)
    expect(canCompactMonth(series('object_events', file('2024-03')), '2024-03', APRIL)).toBe(false)
    expect(canCompactMonth(series('object_events', file('2024-03'), 1), '2024-03', APRIL)).toBe(true)
    expect(canCompactMonth(series('object_events', null, 1), '2024-03', APRIL)).toBe(true)
  })

  it('C19, U11: decisions, audits and stats have months like events, by the names of their own files', () => {
    const ledger = (table: DaySeries['table'], name: string) =>
      series(table, { file: `${table}/${name}.parquet`, rows: 1, bytes: 1, sha256: null })
    expect(canCompactMonth(ledger('decisions', 'decisions_20240308'), '2024-03', APRIL)).toBe(true)
    expect(canCompactMonth(ledger('decisions', 'symbol=SPY/decisions_202403'), '2024-03', APRIL)).toBe(false)
    expect(canCompactMonth(ledger('audits', 'audits_20240308'), '2024-03', APRIL - 1)).toBe(false)
    expect(canCompactMonth(ledger('stats', 'stats_202403'), '2024-03', APRIL)).toBe(false)
    expect(canCompactMonth(ledger('policies', 'policies'), '2024-03', APRIL)).toBe(false)
  })
})
