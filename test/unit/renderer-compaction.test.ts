import { beforeEach, describe, expect, it } from 'vitest'
import type {
  Answer,
  CallName,
  EngineBridge,
  EngineCalls,
  EngineEvents,
  EventName,
} from '../../schemas/contract/engine.ts'
import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { CompactedDay, JobUpdate } from '../../schemas/contract/jobs.ts'
import {
  compactionStore,
  discardCompaction,
  planCompaction,
  runPlan,
} from '../../src-renderer/state/compaction.ts'
import { applyJobUpdate, jobsStore } from '../../src-renderer/state/jobs.ts'
import { noticeStore } from '../../src-renderer/state/notices.ts'

const day = (name: string, skipped: CompactedDay['skipped']): CompactedDay => ({
  table: 'candles',
  timeframe: '2m',
  day: name,
  parts: 3,
  rows: 195,
  conflicts: 0,
  digest: null,
  file: `data/2m/${name}.parquet`,
  skipped,
})

/** The far end of the bridge, answering `compact` in turn: with a job's name, or with a refusal. */
class FarEnd implements EngineBridge {
  readonly requests: unknown[] = []
  readonly #answers: (string | ErrorReport)[]

  constructor(...answers: (string | ErrorReport)[]) {
    this.#answers = answers
  }

  async call<Name extends CallName>(
    _name: Name,
    payload: unknown,
  ): Promise<Answer<ReturnType<EngineCalls[Name]>>> {
    this.requests.push(payload)
    const answer = this.#answers.shift()
    if (answer === undefined) throw new Error('nothing to answer')
    if (typeof answer !== 'string') return { ok: false, error: answer }
    // Only calls that start jobs are made here.
    return { ok: true, value: { job: answer } as ReturnType<EngineCalls[Name]> }
  }

  importDropped(): Promise<never> {
    throw new Error('nothing is dropped here')
  }

  on<Name extends EventName>(_name: Name, _listener: (event: EngineEvents[Name]) => void): () => void {
    return () => {}
  }
}

function connect(...answers: (string | ErrorReport)[]): FarEnd {
  const farEnd = new FarEnd(...answers)
  Object.defineProperty(globalThis, 'window', { value: { barkeep: farEnd }, configurable: true })
  return farEnd
}

function end(job: string, state: JobUpdate['state'], days: readonly CompactedDay[] | null): void {
  const result = days === null ? undefined : ({ kind: 'compact', receipt: { days } } as const)
  const update: JobUpdate = { job, kind: 'compact', state, progress: { done: 1, total: 1, step: '' }, result }
  jobsStore.setState((before) => applyJobUpdate(before, update))
}

beforeEach(() => {
  jobsStore.setState({ running: [], ended: {} })
  compactionStore.setState(compactionStore.getInitialState())
  noticeStore.setState({ notices: [], message: null })
})

describe('compaction from the window', () => {
  it('U3: a dry run comes first, then the same without it; days without work are not planned', async () => {
    const farEnd = connect('a', 'b')
    await planCompaction({ table: 'candles', timeframe: '2m' })
    expect(compactionStore.getState().phase).toBe('planning')
    end('a', 'done', [day('2024-03-08', 'dry run'), day('2024-03-11', 'nothing to do')])
    expect(compactionStore.getState()).toMatchObject({ phase: 'planned', days: [{ day: '2024-03-08' }] })
    await runPlan()
    expect(compactionStore.getState().phase).toBe('running')
    end('b', 'done', [day('2024-03-08', null)])
    expect(compactionStore.getState()).toMatchObject({
      phase: 'ended',
      end: 'done',
      days: [{ skipped: null }],
    })
    expect(farEnd.requests).toEqual([
      { table: 'candles', timeframe: '2m', dryRun: true },
      { table: 'candles', timeframe: '2m' },
    ])
    discardCompaction()
    expect(compactionStore.getState()).toMatchObject({ phase: 'idle', days: [] })
  })

  it('U3: an end that comes before the answer with its name is not lost', async () => {
    connect('a')
    const planning = planCompaction({})
    end('a', 'done', [day('2024-03-08', 'dry run')])
    await planning
    expect(compactionStore.getState().phase).toBe('planned')
  })

  it('U3: the end of another compaction is nothing to this one', async () => {
    connect('b')
    await planCompaction({})
    end('a', 'done', [day('2024-03-08', null)])
    expect(compactionStore.getState().phase).toBe('planning')
  })

  it('U3: a cancelled run keeps its partial receipt', async () => {
    connect('a', 'b')
    await planCompaction({})
    end('a', 'done', [day('2024-03-08', 'dry run'), day('2024-03-11', 'dry run')])
    await runPlan()
    end('b', 'cancelled', [day('2024-03-08', null), day('2024-03-11', 'cancelled')])
    expect(compactionStore.getState()).toMatchObject({ phase: 'ended', end: 'cancelled' })
    expect(compactionStore.getState().days).toHaveLength(2)
  })

  it('U2, U3: refused because another works: told with its code, and the plan stays for another try', async () => {
    const locked: ErrorReport = { code: 'LOCKED', message: 'Process 17 compacts.' }
    connect('a', locked)
    await planCompaction({})
    end('a', 'done', [day('2024-03-08', 'dry run')])
    await runPlan()
    expect(noticeStore.getState().notices).toMatchObject([{ report: locked, times: 1 }])
    expect(compactionStore.getState()).toMatchObject({ phase: 'planned', days: [{ day: '2024-03-08' }] })
  })

  it('U3: a run that fails as a whole leaves the plan, a plan that fails leaves nothing', async () => {
    connect('a', 'b', 'c')
    await planCompaction({})
    end('a', 'done', [day('2024-03-08', 'dry run')])
    await runPlan()
    end('b', 'failed', null)
    expect(compactionStore.getState().phase).toBe('planned')
    await planCompaction({})
    end('c', 'failed', null)
    expect(compactionStore.getState().phase).toBe('idle')
  })

  it('U3: one at a time, and nothing is put away while it runs', async () => {
    const farEnd = connect('a', 'b')
    await planCompaction({})
    await planCompaction({})
    discardCompaction()
    expect(farEnd.requests).toHaveLength(1)
    expect(compactionStore.getState().phase).toBe('planning')
  })
})
