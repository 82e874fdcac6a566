import { createStore } from 'zustand/vanilla'
import type { JobUpdate } from '../../schemas/contract/jobs.ts'
import type { AfterCloseReceipt, AfterCloseState } from '../../schemas/contract/live.ts'
import { engine } from '../engine/client.ts'
import { appStore } from './app-store.ts'
import { jobsStore, startJob } from './jobs.ts'
import { reportFailure } from './notices.ts'

/**
 * The run after the close: how its schedule stands, and a run by hand from the question to the receipt. Nothing is written
 * before its plan was shown; `planned` waits for the person.
 */
export interface AfterCloseView {
  /** As main last told it; null until it did. */
  readonly state: AfterCloseState | null
  readonly phase: 'idle' | 'planning' | 'planned' | 'running' | 'ended'
  readonly job: string | null
  /** What a run would do while planned and running, what it did once ended. */
  readonly receipt: AfterCloseReceipt | null
  /** How it ended; null before, and after a plan. */
  readonly end: JobUpdate['state'] | null
  /** Counts plans: the view that shows them comes forward when it moves. */
  readonly plans: number
}

const IDLE = { phase: 'idle', job: null, receipt: null, end: null } as const

export const afterCloseStore = createStore<AfterCloseView>(() => ({ ...IDLE, state: null, plans: 0 }))

/** Hears of the schedule from now on; a store that is opened begins anew. */
export function followAfterClose(): void {
  engine.on('afterClose', (state) => afterCloseStore.setState({ state }))
  appStore.subscribe((now, before) => {
    if (now.storeGeneration === before.storeGeneration) return
    afterCloseStore.setState({ ...IDLE, state: null })
    void askAfterClose()
  })
}

/** Asks how the schedule stands. */
export async function askAfterClose(): Promise<void> {
  try {
    afterCloseStore.setState({ state: await engine.call('afterCloseState', null) })
  } catch (thrown) {
    reportFailure('The schedule could not be looked at', thrown)
  }
}

/** Dry run first: lists what a run would do now. Does nothing while one runs. */
export async function planAfterClose(): Promise<void> {
  const { phase } = afterCloseStore.getState()
  if (phase === 'planning' || phase === 'running') return
  afterCloseStore.setState(({ plans }) => ({ ...IDLE, phase: 'planning', plans: plans + 1 }))
  await start(true, 'The run after the close could not be planned')
}

/** Carries out the plan in sight, as far as it still holds. */
export async function runAfterClose(): Promise<void> {
  if (afterCloseStore.getState().phase !== 'planned') return
  afterCloseStore.setState({ phase: 'running' })
  await start(false, 'The run after the close could not start')
}

/** Puts plan or receipt away; while work runs it stays. */
export function discardAfterClose(): void {
  const { phase } = afterCloseStore.getState()
  if (phase !== 'planning' && phase !== 'running') afterCloseStore.setState(IDLE)
}

async function start(dryRun: boolean, title: string): Promise<void> {
  const job = await startJob('runAfterClose', dryRun ? { dryRun } : {}, title)
  if (job === null) {
    // Refused (another process holds the lock): the notice says why, a plan stays for another try.
    afterCloseStore.setState(dryRun ? IDLE : { phase: 'planned' })
    return
  }
  afterCloseStore.setState({ job })
  // A short job may have ended before its name came back.
  takeEnd(jobsStore.getState().ended['after-close'])
}

/** Only of the run that was asked for here: one on schedule has its receipt in the history. */
function takeEnd(update: JobUpdate | undefined): void {
  const state = afterCloseStore.getState()
  if (update === undefined || update.job !== state.job) return
  const receipt = update.result?.kind === 'after-close' ? update.result.receipt : null
  if (state.phase === 'running') {
    // Failed as a whole: what was planned is still to do.
    if (receipt === null) afterCloseStore.setState({ phase: 'planned', job: null })
    else afterCloseStore.setState({ phase: 'ended', receipt, end: update.state, job: null })
  } else if (state.phase === 'planning') {
    if (update.state === 'done') afterCloseStore.setState({ phase: 'planned', receipt, job: null })
    else afterCloseStore.setState(IDLE)
  }
}

jobsStore.subscribe(({ ended }) => takeEnd(ended['after-close']))
