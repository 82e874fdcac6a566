import { beforeEach, describe, expect, it } from 'vitest'
import type { Answer, StartedJob } from '../../schemas/contract/engine.ts'
import type { BackfilledDay, IngestReceipt, JobUpdate } from '../../schemas/contract/jobs.ts'
import {
  applyImport,
  chooseImport,
  hasBackfill,
  importStore,
  newImport,
  submitImport,
  takeDropped,
} from '../../src-renderer/state/import.ts'
import { applyJobUpdate, forgetEndedJobs, jobsStore } from '../../src-renderer/state/jobs.ts'
import { noticeStore } from '../../src-renderer/state/notices.ts'
import { STORE_TABLES } from '../../src-renderer/state/table-names.ts'
import { discardUndo, planUndo, runUndo, undoStore } from '../../src-renderer/state/undo.ts'

const DAY: BackfilledDay = {
  table: 'decisions',
  timeframe: null,
  day: '2024-03-08',
  added: 2,
  changed: 1,
  removed: 3,
  rows: 10,
  file: null,
}
const RECEIPT: IngestReceipt = {
  accepted: 10,
  duplicates: 0,
  conflicts: 0,
  completed: 0,
  rejected: [],
  days: [DAY],
}
const FILE = { name: 'decisions.ndjson', size: 12 }

/** The far end of the bridge: answers each call with the next job's name, null (cancelled), or a refusal. */
function connect(...answers: (string | null | 'refuse')[]): unknown[] {
  const requests: unknown[] = []
  const next = (): Answer<StartedJob | null> => {
    const job = answers.shift()
    if (job === 'refuse') return { ok: false, error: { code: 'LOCKED', message: 'Process 17 compacts.' } }
    return { ok: true, value: job === null || job === undefined ? null : { job } }
  }
  const call = async (name: string, payload: unknown) => {
    requests.push([name, payload])
    return next()
  }
  const importDropped = async (file: unknown, payload: unknown) => {
    requests.push(['importDropped', payload])
    expect(file).toBe(FILE)
    return next()
  }
  Object.defineProperty(globalThis, 'window', {
    value: { barkeep: { call, importDropped, on: () => () => {} } },
    configurable: true,
  })
  return requests
}

function end(
  job: string,
  state: JobUpdate['state'],
  change: { dryRun?: boolean; error?: boolean } = {},
): void {
  const { dryRun = false, error = false } = change
  const progress = { done: 1, total: 1, step: '' }
  const result = { kind: 'import', file: '/f', table: 'decisions', dryRun, receipt: RECEIPT } as const
  const failure = { error: { code: 'LOCKED', message: 'Process 17 compacts.' } } as const
  const update: JobUpdate = { job, kind: 'import', state, progress, ...(error ? failure : { result }) }
  jobsStore.setState((before) => applyJobUpdate(before, update))
}

beforeEach(() => {
  jobsStore.setState({ running: [], ended: {} })
  importStore.setState(importStore.getInitialState(), true)
  undoStore.setState(undoStore.getInitialState(), true)
  noticeStore.setState({ notices: [], message: null })
})

describe('a backfill from the window', () => {
  it('U13: shows the row difference first, whatever else was ticked, and applies that very file', async () => {
    const requests = connect('a', 'b')
    chooseImport({ table: 'decisions', backfill: true, dryRun: true })
    await applyImport()
    expect(requests).toEqual([])
    await submitImport()
    expect(importStore.getState().phase).toBe('looking')
    end('a', 'done', { dryRun: true })
    expect(importStore.getState()).toMatchObject({ phase: 'difference', end: { receipt: { days: [DAY] } } })
    await applyImport()
    expect(importStore.getState().phase).toBe('running')
    end('b', 'done')
    expect(importStore.getState()).toMatchObject({ phase: 'ended', end: { dryRun: false } })
    expect(requests).toEqual([
      ['importFile', { table: 'decisions', backfill: true, dryRun: true }],
      ['importFile', { table: 'decisions', backfill: true, fileOf: 'a' }],
    ])
  })

  it('U13: a comparison that was cancelled or failed is none; a refused replacement leaves it in sight', async () => {
    const requests = connect('a', 'b', 'c', 'refuse', 'd')
    chooseImport({ table: 'stats', backfill: true })
    await submitImport()
    end('a', 'cancelled', { dryRun: true })
    expect(importStore.getState()).toMatchObject({ phase: 'form', end: null, choice: { backfill: true } })
    await submitImport()
    end('b', 'failed', { error: true })
    expect(importStore.getState()).toMatchObject({ phase: 'form', failure: { code: 'LOCKED' } })
    await submitImport()
    end('c', 'done', { dryRun: true })
    await applyImport()
    expect(importStore.getState()).toMatchObject({
      phase: 'difference',
      job: 'c',
      failure: { code: 'LOCKED' },
    })
    expect(noticeStore.getState().notices).toMatchObject([{ report: { code: 'LOCKED' } }])
    await applyImport()
    expect(importStore.getState()).toMatchObject({ phase: 'running', job: 'd', failure: null })
    end('d', 'failed', { error: true })
    expect(importStore.getState()).toMatchObject({
      phase: 'difference',
      job: 'c',
      failure: { code: 'LOCKED' },
    })
    expect(requests).toHaveLength(5)
  })

  it('U13: is there for tables of days and for no other', async () => {
    expect(STORE_TABLES.filter(hasBackfill)).toEqual(['candles', 'decisions', 'audits', 'stats'])
    const requests = connect('a')
    chooseImport({ table: 'policies', backfill: true })
    await submitImport()
    expect(requests).toEqual([['importFile', { table: 'policies', dryRun: false }]])
  })
})

describe('an import from the window', () => {
  it('U12: a dropped file is imported as what it is taken for, and kept for another try', async () => {
    const requests = connect('a', 'b', 'c')
    expect(takeDropped(FILE, { table: 'decisions', by: 'first line' })).toBe(true)
    expect(importStore.getState().choice).toEqual({ table: 'decisions', backfill: false, dryRun: false })
    chooseImport({ dryRun: true })
    await submitImport()
    expect(takeDropped({ name: 'other', size: 1 }, null)).toBe(false)
    end('a', 'failed', { error: true })
    expect(importStore.getState()).toMatchObject({
      phase: 'form',
      dropped: FILE,
      guess: { by: 'first line' },
    })
    await submitImport()
    end('b', 'done', { dryRun: true })
    expect(importStore.getState()).toMatchObject({ phase: 'ended', end: { dryRun: true } })
    await applyImport()
    expect(requests).toEqual([
      ['importDropped', { table: 'decisions', dryRun: true }],
      ['importDropped', { table: 'decisions', dryRun: true }],
      ['importFile', { table: 'decisions', fileOf: 'b' }],
    ])
  })

  it('U12: a cancelled file dialog leaves the form as it was', async () => {
    connect(null)
    chooseImport({ table: 'audits' })
    await submitImport()
    expect(importStore.getState()).toMatchObject({
      phase: 'form',
      failure: null,
      choice: { table: 'audits' },
    })
  })

  it('U14: one that the native menu began shows its progress and receipt like any other', () => {
    const progress = { done: 0, total: 9, step: 'line 1' }
    jobsStore.setState((before) =>
      applyJobUpdate(before, { job: 'm', kind: 'import', state: 'running', progress }),
    )
    expect(importStore.getState()).toMatchObject({ phase: 'running', job: 'm' })
    newImport('stats')
    expect(importStore.getState().phase).toBe('running')
    end('m', 'done')
    expect(importStore.getState()).toMatchObject({ phase: 'ended', end: { file: '/f' } })
    newImport('stats')
    expect(importStore.getState()).toMatchObject({ phase: 'form', choice: { table: 'stats' } })
    // The same end told again, as with any later job, is no new receipt.
    jobsStore.setState((state) => ({ ...state, running: [] }))
    expect(importStore.getState().phase).toBe('form')
    forgetEndedJobs()
    expect(importStore.getState().end).toBeNull()
  })
})

describe('an undo from the window', () => {
  const back = { ...DAY, canUndo: true }
  const endUndo = (job: string, state: JobUpdate['state'], ok = true): void => {
    const progress = { done: 1, total: 1, step: '' }
    const result = { kind: 'undo', receipt: { days: [DAY] } } as const
    const update: JobUpdate = { job, kind: 'undo', state, progress, ...(ok ? { result } : {}) }
    jobsStore.setState((before) => applyJobUpdate(before, update))
  }

  it('U15: shows the difference first; the day in the receipt it came from can be undone once', async () => {
    const requests = connect('a', 'b', 'c')
    chooseImport({ table: 'decisions' })
    await submitImport()
    end('a', 'done')
    const ended = importStore.getState().end
    if (ended === null) throw new Error('no receipt')
    importStore.setState({ end: { ...ended, receipt: { ...ended.receipt, days: [back] } } })
    const day = { table: 'decisions', day: '2024-03-08' } as const
    await planUndo(day)
    expect(undoStore.getState().phase).toBe('planning')
    endUndo('b', 'done')
    expect(undoStore.getState()).toMatchObject({ phase: 'planned', receipt: { days: [DAY] } })
    expect(importStore.getState().end?.receipt.days).toMatchObject([{ canUndo: true }])
    await runUndo()
    discardUndo()
    expect(undoStore.getState().phase).toBe('running')
    endUndo('c', 'done')
    expect(undoStore.getState().phase).toBe('ended')
    expect(importStore.getState().end?.receipt.days).toMatchObject([{ canUndo: false }])
    expect(requests.slice(1)).toEqual([
      ['undo', { ...day, dryRun: true }],
      ['undo', day],
    ])
  })

  it('U2, U15: a failed look leaves nothing, a failed or refused undo leaves the difference', async () => {
    const requests = connect('a', 'b', 'c', 'refuse')
    await runUndo()
    expect(requests).toEqual([])
    const day = { table: 'stats', day: '2024-03-08' } as const
    await planUndo(day)
    endUndo('a', 'failed', false)
    expect(undoStore.getState().phase).toBe('idle')
    await planUndo(day)
    endUndo('b', 'done')
    await runUndo()
    endUndo('c', 'failed', false)
    expect(undoStore.getState().phase).toBe('planned')
    await runUndo()
    expect(undoStore.getState().phase).toBe('planned')
    expect(noticeStore.getState().notices).toMatchObject([{ report: { code: 'LOCKED' } }])
  })
})
