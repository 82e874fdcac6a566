import { createStore } from 'zustand/vanilla'
import type { JobUpdate, PurgeReceipt } from '../../schemas/contract/jobs.ts'
import type { PurgeRequest } from '../../schemas/generated/requests.ts'
import { jobsStore, startJob } from './jobs.ts'

/** Days that files must have been kept; null means the store's own retention. */
export type PurgeAge = number | null

/**
 * From the question to the receipt, as a compaction goes: nothing is removed before the list of it was shown. `planned`
 * waits for the person.
 */
export interface PurgeState {
  readonly phase: 'idle' | 'planning' | 'planned' | 'running' | 'ended'
  readonly age: PurgeAge
  readonly job: string | null
  /** What would go while planned and running, what went once ended. */
  readonly receipt: PurgeReceipt | null
  /** How it ended; null before, and after a plan. */
  readonly end: JobUpdate['state'] | null
}

const IDLE: PurgeState = { phase: 'idle', age: null, job: null, receipt: null, end: null }

export const purgeStore = createStore<PurgeState>(() => IDLE)

/** Dry run first: lists what a purge would remove. Does nothing while one runs. */
export async function planPurge(age: PurgeAge = null): Promise<void> {
  const { phase } = purgeStore.getState()
  if (phase === 'planning' || phase === 'running') return
  purgeStore.setState({ ...IDLE, phase: 'planning', age })
  await start({ ...requestOf(age), dryRun: true }, 'The purge could not be planned')
}

/** Removes what the plan in sight lists, as far as that still holds. */
export async function runPurge(): Promise<void> {
  const { phase, age } = purgeStore.getState()
  if (phase !== 'planned') return
  purgeStore.setState({ phase: 'running' })
  await start(requestOf(age), 'The purge could not start')
}

/** Puts plan or receipt away; while work runs it stays. */
export function discardPurge(): void {
  const { phase } = purgeStore.getState()
  if (phase !== 'planning' && phase !== 'running') purgeStore.setState(IDLE)
}

function requestOf(age: PurgeAge): PurgeRequest {
  return age === null ? {} : { olderThanDays: age }
}

async function start(request: PurgeRequest, title: string): Promise<void> {
  const job = await startJob('purge', request, title)
  if (job === null) {
    // Refused (another process holds the lock): the notice says why, a plan stays for another try.
    if (request.dryRun) purgeStore.setState(IDLE)
    else purgeStore.setState({ phase: 'planned' })
    return
  }
  purgeStore.setState({ job })
  // A short job may have ended before its name came back.
  takeEnd(jobsStore.getState().ended.purge)
}

function takeEnd(update: JobUpdate | undefined): void {
  const state = purgeStore.getState()
  if (update === undefined || update.job !== state.job) return
  const receipt = update.result?.kind === 'purge' ? update.result.receipt : null
  if (state.phase === 'running') {
    // Failed as a whole: what the plan lists may still be there.
    if (receipt === null) purgeStore.setState({ phase: 'planned', job: null })
    else purgeStore.setState({ phase: 'ended', receipt, end: update.state, job: null })
  } else if (state.phase === 'planning') {
    if (update.state === 'done') purgeStore.setState({ phase: 'planned', receipt, job: null })
    else purgeStore.setState(IDLE)
  }
}

jobsStore.subscribe(({ ended }) => takeEnd(ended.purge))
