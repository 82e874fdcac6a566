import { beforeEach, describe, expect, it } from 'vitest'
import type { Answer, CallName, EngineBridge, EngineCalls } from '../../schemas/contract/engine.ts'
import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { JobUpdate } from '../../schemas/contract/jobs.ts'
import type { AfterCloseReceipt, AfterCloseState } from '../../schemas/contract/live.ts'
import {
  afterCloseStore,
  discardAfterClose,
  followAfterClose,
  planAfterClose,
  runAfterClose,
} from '../../src-renderer/state/after-close.ts'
import { appStore } from '../../src-renderer/state/app-store.ts'
import { applyJobUpdate, jobsStore } from '../../src-renderer/state/jobs.ts'
import { noticeStore } from '../../src-renderer/state/notices.ts'
import {
  changeStoreSettings,
  readStoreSettings,
  storeSettingsStore,
} from '../../src-renderer/state/store-settings.ts'

const RECEIPT: AfterCloseReceipt = { session: '2024-03-08', days: [], emas: [], purge: null, left: [] }
const STATE: AfterCloseState = {
  on: true,
  time: '15:15',
  nextAt: Date.UTC(2024, 2, 11, 20, 15),
  nextSession: '2024-03-11',
  last: null,
  error: null,
}

/** The far end of the bridge, answering in turn; what it pushes goes to whoever listens. */
class FarEnd implements EngineBridge {
  readonly requests: unknown[] = []
  readonly #answers: (object | ErrorReport)[]
  push: (state: AfterCloseState) => void = () => undefined

  constructor(...answers: object[]) {
    this.#answers = answers
  }

  async call<Name extends CallName>(
    name: Name,
    payload: unknown,
  ): Promise<Answer<ReturnType<EngineCalls[Name]>>> {
    this.requests.push([name, payload])
    const answer = this.#answers.shift()
    if (answer === undefined) throw new Error(`nothing to answer to ${name}`)
    if ('code' in answer) return { ok: false, error: answer }
    return { ok: true, value: answer as ReturnType<EngineCalls[Name]> }
  }

  importDropped(): Promise<never> {
    throw new Error('nothing is dropped here')
  }

  on(name: string, listener: (event: never) => void): () => void {
    if (name === 'afterClose') this.push = listener as (state: AfterCloseState) => void
    return () => undefined
  }
}

function connect(...answers: object[]): FarEnd {
  const farEnd = new FarEnd(...answers)
  Object.defineProperty(globalThis, 'window', { value: { barkeep: farEnd }, configurable: true })
  return farEnd
}

function end(job: string, state: JobUpdate['state'], receipt: AfterCloseReceipt | null): void {
  const result = receipt === null ? undefined : ({ kind: 'after-close', receipt } as const)
  const progress = { done: 1, total: 1, step: '' }
  jobsStore.setState((before) =>
    applyJobUpdate(before, { job, kind: 'after-close', state, progress, result }),
  )
}

beforeEach(() => {
  jobsStore.setState({ running: [], ended: {} })
  afterCloseStore.setState(afterCloseStore.getInitialState())
  noticeStore.setState({ notices: [], message: null })
})

describe('the run after the close, from the window', () => {
  it('F48: a dry run comes first, then the same without it; a run on schedule is not taken for it', async () => {
    const farEnd = connect({ job: 'a' }, { job: 'b' })
    await planAfterClose()
    end('scheduled', 'done', RECEIPT)
    expect(afterCloseStore.getState().phase).toBe('planning')
    end('a', 'done', RECEIPT)
    expect(afterCloseStore.getState()).toMatchObject({ phase: 'planned', receipt: RECEIPT })
    await runAfterClose()
    end('b', 'cancelled', { ...RECEIPT, session: '2024-03-11' })
    expect(afterCloseStore.getState()).toMatchObject({ phase: 'ended', end: 'cancelled' })
    expect(farEnd.requests).toEqual([
      ['runAfterClose', { dryRun: true }],
      ['runAfterClose', {}],
    ])
    discardAfterClose()
    expect(afterCloseStore.getState()).toMatchObject({ phase: 'idle', receipt: null })
  })

  it('F48: refused or failed it says why, and a plan stays for another try', async () => {
    const locked: ErrorReport = { code: 'LOCKED', message: 'Process 17 compacts.' }
    connect(locked, { job: 'a' }, locked, { job: 'b' })
    await planAfterClose()
    expect(afterCloseStore.getState().phase).toBe('idle')
    await planAfterClose()
    end('a', 'done', RECEIPT)
    await runAfterClose()
    expect(afterCloseStore.getState().phase).toBe('planned')
    expect(noticeStore.getState().notices.map(({ report }) => report.code)).toEqual(['LOCKED', 'LOCKED'])
    await runAfterClose()
    end('b', 'failed', null)
    expect(afterCloseStore.getState().phase).toBe('planned')
  })

  it('F45: the schedule follows what main tells, and begins anew with another store', async () => {
    const farEnd = connect({ ...STATE, time: '16:00' })
    followAfterClose()
    farEnd.push(STATE)
    expect(afterCloseStore.getState().state).toEqual(STATE)
    appStore.setState(({ storeGeneration }) => ({ storeGeneration: storeGeneration + 1 }))
    expect(afterCloseStore.getState().state).toBeNull()
    await expect.poll(() => afterCloseStore.getState().state?.time).toBe('16:00')
  })

  it('F49: settings that can’t be read or kept say why; what was read stays', async () => {
    const broken: ErrorReport = { code: 'BAD_SETTINGS', message: 'no JSON', file: '.barkeep/settings.json' }
    connect(broken, { recoveryDays: 3 }, broken, { recoveryDays: 5 })
    await readStoreSettings()
    expect(storeSettingsStore.getState()).toEqual({ settings: null, busy: false, error: broken })
    await readStoreSettings()
    expect(storeSettingsStore.getState()).toEqual({ settings: { recoveryDays: 3 }, busy: false, error: null })
    expect(await changeStoreSettings({ set: { recoveryDays: 5 } })).toBe(false)
    expect(storeSettingsStore.getState()).toMatchObject({ settings: { recoveryDays: 3 }, error: broken })
    expect(await changeStoreSettings({ set: { recoveryDays: 5 } })).toBe(true)
    expect(storeSettingsStore.getState()).toMatchObject({ settings: { recoveryDays: 5 }, error: null })
  })
})
