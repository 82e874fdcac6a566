import { describe, expect, it, vi } from 'vitest'
import { BarkeepError, reportOf } from '../../schemas/contract/errors.ts'
import type { CompactedDay, JobResult, JobUpdate } from '../../schemas/contract/jobs.ts'
import { Jobs, type JobWork } from '../../src-main/shell/jobs.ts'

/** A registry whose updates can be waited for. */
function registry() {
  const updates: JobUpdate[] = []
  const failures: unknown[] = []
  const waiting: { readonly wanted: (update: JobUpdate) => boolean; readonly met: () => void }[] = []
  const jobs = new Jobs({
    push: (update) => {
      updates.push(update)
      for (const { wanted, met } of waiting) if (wanted(update)) met()
    },
    onFailure: (_kind, thrown) => failures.push(thrown),
  })
  const ended = (job: string) =>
    new Promise<JobUpdate>((resolve) => {
      const wanted = (update: JobUpdate) => update.job === job && update.state !== 'running'
      waiting.push({ wanted, met: () => resolve(updates.findLast(wanted) as JobUpdate) })
    })
  return { jobs, updates, failures, ended }
}

const untilAborted: JobWork = ({ signal, onProgress }) =>
  new Promise((_, reject) => {
    onProgress({ done: 3, total: 40, step: '15m 2024-03-08: verify' })
    signal.addEventListener('abort', () => reject(new BarkeepError('CANCELLED', 'Cancelled.')))
  })

const doctor: JobResult = { kind: 'doctor', findings: [] }

function receipt(skipped: CompactedDay['skipped']): JobResult {
  const day = {
    table: 'candles',
    timeframe: '2m',
    day: '2024-03-08',
    parts: 1,
    rows: 1,
    conflicts: 0,
  } as const
  return { kind: 'compact', receipt: { days: [{ ...day, digest: null, file: 'x.parquet', skipped }] } }
}

describe('jobs', () => {
  it('P7: starts at once, tells progress, and ends once with the result', async () => {
    const { jobs, updates, ended } = registry()
    const { job } = jobs.start('doctor', async ({ onProgress }) => {
      onProgress({ done: 1, total: 2, step: 'reading' })
      return doctor
    })
    expect(updates).toEqual([])
    const end = await ended(job)
    expect(end).toEqual({
      job,
      kind: 'doctor',
      state: 'done',
      progress: { done: 1, total: 2, step: 'reading' },
      result: doctor,
    })
    expect(updates.map((update) => update.state)).toEqual(['running', 'done'])
    expect(jobs.running).toEqual([])
  })

  it('P7: a second writing job is refused with the name and the state of the first, reading goes on beside it', async () => {
    const { jobs, ended } = registry()
    const compaction = jobs.start('compact', untilAborted)
    const examination = jobs.start('doctor', async () => doctor)
    await ended(examination.job)
    for (const kind of ['import', 'compact', 'sample', 'rebuild-snapshot'] as const) {
      expect(() => jobs.start(kind, untilAborted)).toThrow(
        /Compaction is still running \(15m 2024-03-08: verify, 3 of 40\)/,
      )
    }
    expect(() => jobs.refuseWhileRunning()).toThrow(BarkeepError)
    const end = ended(compaction.job)
    jobs.cancel(compaction.job)
    expect((await end).state).toBe('cancelled')
    jobs.refuseWhileRunning()
    const next = jobs.start('import', async () => doctor)
    await ended(next.job)
  })

  it('P7: the same reading job twice is refused as well', async () => {
    const { jobs } = registry()
    jobs.start('doctor', untilAborted)
    try {
      jobs.start('doctor', untilAborted)
      expect.unreachable()
    } catch (thrown) {
      expect(reportOf(thrown).code).toBe('LOCKED')
    }
    await jobs.stop()
  })

  it('P7: a thousand reports become about twenty pushes a second, the newest one at the end', async () => {
    const { jobs, updates, ended } = registry()
    const started = performance.now()
    const { job } = jobs.start('doctor', async ({ onProgress }) => {
      for (let done = 1; done <= 1000; done++) {
        onProgress({ done, total: 1000, step: 'reading' })
        if (done % 5 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      return doctor
    })
    const end = await ended(job)
    const allowed = 2 + (performance.now() - started) / 50
    expect(updates.length - 1).toBeLessThanOrEqual(allowed)
    expect(updates[0]?.progress.done).toBe(1)
    expect(end.progress.done).toBe(1000)
  })

  it('P7: nothing is told after the end, a report that comes late included', async () => {
    vi.useFakeTimers()
    try {
      const { jobs, updates, ended } = registry()
      let late: (() => void) | undefined
      const { job } = jobs.start('doctor', async ({ onProgress }) => {
        late = () => onProgress({ done: 9, total: 9, step: 'too late' })
        for (let done = 0; done < 3; done++) onProgress({ done, total: 3, step: 'reading' })
        return doctor
      })
      await ended(job)
      late?.()
      vi.runAllTimers()
      expect(updates.map((update) => update.state)).toEqual(['running', 'done'])
    } finally {
      vi.useRealTimers()
    }
  })

  it('P7: work that throws ends as failed with its code and is handed to the log, a cancelled one is not', async () => {
    const { jobs, failures, ended } = registry()
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
    const failing = jobs.start('compact', () => Promise.reject(full))
    expect(await ended(failing.job)).toMatchObject({ state: 'failed', error: { code: 'NO_SPACE' } })
    expect(failures).toEqual([full])
    const cancelled = jobs.start('compact', untilAborted)
    const end = ended(cancelled.job)
    jobs.cancel(cancelled.job)
    expect(await end).toMatchObject({ state: 'cancelled', error: { code: 'CANCELLED' } })
    expect(failures).toEqual([full])
  })

  it('P7: work cut short ends as cancelled with its receipt; one that finished before is done', async () => {
    const { jobs, ended } = registry()
    const cut = jobs.start('compact', async () => receipt('cancelled'))
    expect(await ended(cut.job)).toMatchObject({ state: 'cancelled', result: { kind: 'compact' } })
    const counts = { accepted: 1, duplicates: 0, conflicts: 0, completed: 0, rejected: [], cancelled: true }
    const some = jobs.start('import', async () => ({
      kind: 'import',
      file: 'a.ndjson',
      table: 'candles',
      dryRun: false,
      receipt: counts,
    }))
    expect(await ended(some.job)).toMatchObject({ state: 'cancelled', result: { kind: 'import' } })
    const whole = jobs.start('compact', async () => {
      jobs.cancel(whole.job)
      return receipt(null)
    })
    expect(await ended(whole.job)).toMatchObject({ state: 'done' })
  })

  it('P7: a job cancelled before its work began never begins', async () => {
    const { jobs, ended } = registry()
    let began = false
    const { job } = jobs.start('compact', async () => {
      began = true
      return receipt(null)
    })
    const end = ended(job)
    jobs.cancel(job)
    expect((await end).state).toBe('cancelled')
    expect(began).toBe(false)
  })

  it('P7: cancelling what doesn’t run is NOT_FOUND', () => {
    const { jobs } = registry()
    expect(() => jobs.cancel('compact-1')).toThrow(/no running job "compact-1"/)
  })

  it('P7: stop cancels all and waits until the last has stopped', async () => {
    const { jobs, updates } = registry()
    let stopped = false
    jobs.start('compact', async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      await new Promise((resolve) => setTimeout(resolve, 20))
      stopped = true
      return receipt('cancelled')
    })
    jobs.start('doctor', untilAborted)
    // Both have begun once the microtasks of this turn have run.
    await new Promise((resolve) => setImmediate(resolve))
    await jobs.stop()
    expect(stopped).toBe(true)
    expect(updates.filter((update) => update.state === 'cancelled')).toHaveLength(2)
  })
})
