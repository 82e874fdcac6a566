import { beforeEach, describe, expect, it } from 'vitest'
import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { Finding } from '../../schemas/contract/health.ts'
import type { JobKind, JobResult, JobUpdate } from '../../schemas/contract/jobs.ts'
import { outcomeText } from '../../src-renderer/app/job-outcomes.ts'
import {
  checkStore,
  discardRepair,
  healthStore,
  mendable,
  planRepair,
  runRepair,
} from '../../src-renderer/state/health.ts'
import { applyJobUpdate, forgetEndedJobs, jobsStore } from '../../src-renderer/state/jobs.ts'
import { noticeStore } from '../../src-renderer/state/notices.ts'

const damaged: Finding = {
  code: 'BAD_CHECKSUM',
  path: 'data/2m/2024-03-08.parquet',
  detail: 'left out',
  repair: 'make the file again',
  repaired: false,
}
const conflict: Finding = { code: 'CONFLICT', path: 'data/2m/x.parquet', detail: 'differs', repaired: false }
const mended: Finding = { ...damaged, repair: 'made again', repaired: true }

/** Calls that were made, answered in turn with a job's name or a refusal. */
function connect(...answers: (string | ErrorReport)[]): string[] {
  const calls: string[] = []
  const call = async (name: string) => {
    calls.push(name)
    const answer = answers.shift()
    return typeof answer === 'string' ? { ok: true, value: { job: answer } } : { ok: false, error: answer }
  }
  const barkeep = { call, on: () => () => undefined }
  Object.defineProperty(globalThis, 'window', { value: { barkeep }, configurable: true })
  return calls
}

function end(kind: JobKind, result: JobResult | undefined, state: JobUpdate['state'] = 'done'): void {
  const update: JobUpdate = {
    job: `${kind}-1`,
    kind,
    state,
    progress: { done: 1, total: 1, step: '' },
    result,
  }
  jobsStore.setState((before) => applyJobUpdate(before, update))
}

beforeEach(() => {
  forgetEndedJobs()
  healthStore.setState(healthStore.getInitialState())
  noticeStore.setState({ notices: [], message: null })
})

describe('from a check to a repair', () => {
  it('U10: what a repair would do is shown before it does it, and only that can be mended', async () => {
    const calls = connect('doctor-1', 'repair-1')
    await checkStore()
    end('doctor', { kind: 'doctor', findings: [damaged, conflict] })
    expect(healthStore.getState()).toMatchObject({ phase: 'looked', from: 'check', cancelled: false })
    await runRepair()
    expect(calls).toEqual(['doctor'])
    planRepair()
    expect(healthStore.getState().phase).toBe('planned')
    expect(mendable(healthStore.getState().findings ?? [])).toEqual([damaged])
    await runRepair()
    expect(calls).toEqual(['doctor', 'repair'])
    expect(healthStore.getState().phase).toBe('repairing')
    end('repair', { kind: 'repair', receipt: { findings: [mended, conflict], cancelled: false } })
    expect(healthStore.getState()).toMatchObject({
      phase: 'looked',
      from: 'repair',
      findings: [mended, conflict],
    })
    // Nothing is left that could be mended.
    planRepair()
    expect(healthStore.getState().phase).toBe('looked')
  })

  it('U10: a repair that is refused or fails as a whole leaves the plan', async () => {
    const locked: ErrorReport = { code: 'LOCKED', message: 'Process 17 compacts.' }
    connect(locked, 'repair-1')
    end('doctor', { kind: 'doctor', findings: [damaged] })
    planRepair()
    await runRepair()
    expect(healthStore.getState().phase).toBe('planned')
    expect(noticeStore.getState().notices).toMatchObject([{ report: locked }])
    await runRepair()
    end('repair', undefined, 'failed')
    expect(healthStore.getState()).toMatchObject({ phase: 'planned', findings: [damaged] })
    discardRepair()
    expect(healthStore.getState().phase).toBe('looked')
  })

  it('U10: a new check takes the place of a receipt, and another store has not been checked', () => {
    end('repair', { kind: 'repair', receipt: { findings: [mended], cancelled: true } })
    expect(healthStore.getState()).toMatchObject({ from: 'repair', cancelled: true })
    end('doctor', { kind: 'doctor', findings: [] })
    expect(healthStore.getState()).toMatchObject({ from: 'check', findings: [], cancelled: false })
    forgetEndedJobs()
    expect(healthStore.getState().findings).toBeNull()
  })

  it('U10: the end of a repair is told with its numbers', () => {
    const result = { kind: 'repair', receipt: { findings: [mended, conflict], cancelled: false } } as const
    const progress = { done: 1, total: 1, step: '' }
    expect(outcomeText({ job: 'repair-1', kind: 'repair', state: 'done', progress, result })).toBe(
      'Repaired 1 finding, 1 left',
    )
  })
})
