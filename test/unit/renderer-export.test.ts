import { beforeEach, describe, expect, it } from 'vitest'
import type { ExportReceipt, JobUpdate } from '../../schemas/contract/jobs.ts'
import type { PartitionPlan } from '../../schemas/contract/ledger.ts'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import { requestOf } from '../../src-renderer/app/export-form.tsx'
import { appStore } from '../../src-renderer/state/app-store.ts'
import { exportStore, newExport, openExport, submitExport } from '../../src-renderer/state/export.ts'
import { applyJobUpdate, jobsStore } from '../../src-renderer/state/jobs.ts'
import { noticeStore } from '../../src-renderer/state/notices.ts'
import {
  applyPartition,
  choosePartition,
  openPartition,
  partitionStore,
} from '../../src-renderer/state/partition.ts'

const SPY: LedgerFilter = { symbols: ['SPY'] }
const RECEIPT: ExportReceipt = { file: '/out.csv', rows: 3, bytes: 90, sha256: 'ab', problems: [] }

/** The far end of the bridge: each call takes the next answer; undefined is a refusal. */
function connect(...answers: unknown[]): unknown[] {
  const requests: unknown[] = []
  const call = async (name: string, payload: unknown) => {
    requests.push([name, payload])
    const value = answers.shift()
    if (value !== undefined) return { ok: true, value }
    return { ok: false, error: { code: 'LOCKED', message: 'Process 17 compacts.' } }
  }
  Object.defineProperty(globalThis, 'window', {
    value: { barkeep: { call, on: () => () => {} } },
    configurable: true,
  })
  return requests
}

function end(job: string, state: JobUpdate['state'], ok = true): void {
  const progress = { done: 1, total: 1, step: '' }
  const result = { kind: 'export', receipt: RECEIPT } as const
  const error = { code: 'NO_SPACE', message: 'The disk is full.' } as const
  const update: JobUpdate = { job, kind: 'export', state, progress, ...(ok ? { result } : { error }) }
  jobsStore.setState((before) => applyJobUpdate(before, update))
}

beforeEach(() => {
  jobsStore.setState({ running: [], ended: {} })
  exportStore.setState(exportStore.getInitialState(), true)
  partitionStore.setState(partitionStore.getInitialState(), true)
  noticeStore.setState({ notices: [], message: null })
  appStore.setState({ overlay: null })
})

describe('an export from the window', () => {
  it('U16: takes a view’s own filter, or the time between two dates of the market’s zone, both inclusive', () => {
    const choice = { table: 'decisions', format: 'csv', from: 'x', to: '', filter: SPY } as const
    expect(requestOf(choice)).toEqual({ table: 'decisions', format: 'csv', filter: { symbols: ['SPY'] } })
    const free = { ...choice, filter: null, from: '2024-03-08', to: '2024-03-10' }
    expect(requestOf(free)).toEqual({
      table: 'decisions',
      format: 'csv',
      filter: {
        from: Date.parse('2024-03-08T00:00:00-06:00'),
        // The day of the change to summer time has 23 hours.
        to: Date.parse('2024-03-11T00:00:00-05:00') - 1,
      },
    })
    expect(requestOf({ ...free, from: ' ', to: '' }).filter).toEqual({})
    expect(requestOf({ ...free, from: '', to: '2024-03-08 09:30Z' }).filter).toEqual({
      to: Date.parse('2024-03-08T09:30:00Z'),
    })
    expect(() => requestOf({ ...free, from: 'yesterday' })).toThrow('yesterday')
    expect(() => requestOf({ ...free, to: '2024-03-07' })).toThrow('ends')
  })

  it('U16: asks where to, shows its receipt, and comes back to the form when it failed', async () => {
    const requests = connect(null, { job: 'a' }, { job: 'b' }, undefined)
    openExport('audits', { clean: false })
    const request = { table: 'audits', format: 'parquet', filter: { clean: false } } as const
    await submitExport(request)
    expect(exportStore.getState()).toMatchObject({ phase: 'form', failure: null, filter: { clean: false } })
    await submitExport(request)
    expect(exportStore.getState().phase).toBe('running')
    newExport()
    openExport('stats')
    expect(exportStore.getState()).toMatchObject({ phase: 'running', table: 'audits' })
    end('a', 'failed', false)
    expect(exportStore.getState()).toMatchObject({ phase: 'form', failure: { code: 'NO_SPACE' } })
    await submitExport(request)
    end('b', 'done')
    expect(exportStore.getState()).toMatchObject({ phase: 'ended', receipt: RECEIPT })
    newExport()
    await submitExport(request)
    expect(exportStore.getState()).toMatchObject({ phase: 'form', failure: { code: 'LOCKED' } })
    // Begun by a view's own button: told where every export is.
    end('z', 'done')
    expect(exportStore.getState()).toMatchObject({ phase: 'ended', receipt: RECEIPT, failure: null })
    expect(noticeStore.getState().notices).toMatchObject([{ report: { code: 'LOCKED' } }])
    expect(requests).toHaveLength(4)
  })
})

describe('the partition of decisions from the window', () => {
  const plan = (change: Partial<PartitionPlan> = {}): PartitionPlan => ({
    column: null,
    current: null,
    values: 3,
    filesAMonth: 60,
    filesAMonthNow: 20,
    limit: 500,
    refused: null,
    applied: false,
    ...change,
  })

  it('U17: shows what holds, then what a choice comes to, and sets only that', async () => {
    const symbol = plan({ column: 'symbol', current: 'timeframe' })
    const requests = connect(
      plan({ current: 'timeframe' }),
      plan({ column: 'timeframe', current: 'timeframe' }),
      symbol,
      { ...symbol, applied: true },
    )
    await openPartition()
    expect(partitionStore.getState()).toMatchObject({ column: 'timeframe', plan: { column: 'timeframe' } })
    await choosePartition('symbol')
    expect(partitionStore.getState()).toMatchObject({ column: 'symbol', plan: { filesAMonth: 60 } })
    await applyPartition()
    expect(appStore.getState().overlay).toBeNull()
    expect(requests).toEqual([
      ['partition', { column: null, dryRun: true }],
      ['partition', { column: 'timeframe', dryRun: true }],
      ['partition', { column: 'symbol', dryRun: true }],
      ['partition', { column: 'symbol' }],
    ])
  })

  it('U17: one that is refused can’t be set; a failure is told; the answer to a choice left behind is dropped', async () => {
    const requests = connect(
      plan(),
      plan({ column: 'symbol', refused: '900 files a month are more than 500' }),
      plan({ column: 'timeframe' }),
      plan({ column: 'session_regime', values: 7 }),
    )
    await openPartition()
    await choosePartition('symbol')
    await applyPartition()
    expect(requests).toHaveLength(2)
    const slow = choosePartition('timeframe')
    await Promise.all([slow, choosePartition('session_regime')])
    expect(partitionStore.getState()).toMatchObject({
      column: 'session_regime',
      plan: { values: 7 },
      busy: false,
    })
    await applyPartition()
    expect(partitionStore.getState()).toMatchObject({ failure: { code: 'LOCKED' }, plan: { values: 7 } })
    expect(noticeStore.getState().notices).toHaveLength(1)
  })
})
