import { createStore } from 'zustand/vanilla'
import type { CompactedDay, JobUpdate } from '../../schemas/contract/jobs.ts'
import type { CompactRequest } from '../../schemas/generated/requests.ts'
import { jobsStore, startJob } from './jobs.ts'

/** What is to be compacted: everything when empty, else a day, a month or a range of days, of one table or all. */
export type CompactScope = Omit<CompactRequest, 'dryRun'>

/**
 * From the question to the receipt: nothing is written before a plan was shown. `planned` waits for the person;
 * `ended` keeps the receipt until the next plan.
 */
export interface CompactionState {
  readonly phase: 'idle' | 'planning' | 'planned' | 'running' | 'ended'
  readonly scope: CompactScope
  readonly job: string | null
  /** The plan while planned and running, the receipt once ended. */
  readonly days: readonly CompactedDay[]
  /** How it ended; null before, and after a plan. */
  readonly end: JobUpdate['state'] | null
  /** Counts plans: the view that shows them comes forward when it moves. */
  readonly plans: number
}

const IDLE = { phase: 'idle', scope: {}, job: null, days: [], end: null } as const

export const compactionStore = createStore<CompactionState>(() => ({ ...IDLE, plans: 0 }))

/** Dry run first: lists what a compaction of `scope` would do. Does nothing while one runs. */
export async function planCompaction(scope: CompactScope): Promise<void> {
  const { phase } = compactionStore.getState()
  if (phase === 'planning' || phase === 'running') return
  compactionStore.setState(({ plans }) => ({ ...IDLE, phase: 'planning', scope, plans: plans + 1 }))
  await start({ ...scope, dryRun: true }, 'The compaction could not be planned')
}

/** Carries out the plan in sight. */
export async function runPlan(): Promise<void> {
  const { phase, scope } = compactionStore.getState()
  if (phase !== 'planned') return
  compactionStore.setState({ phase: 'running' })
  await start(scope, 'The compaction could not start')
}

/** Puts plan or receipt away; while work runs it stays. */
export function discardCompaction(): void {
  const { phase } = compactionStore.getState()
  if (phase !== 'planning' && phase !== 'running') compactionStore.setState(IDLE)
}

async function start(request: CompactRequest, title: string): Promise<void> {
  const job = await startJob('compact', request, title)
  if (job === null) {
    // Refused (another process holds the lock): the notice says why, a plan stays for another try.
    if (request.dryRun) compactionStore.setState(IDLE)
    else compactionStore.setState({ phase: 'planned' })
    return
  }
  compactionStore.setState({ job })
  // A short job may have ended before its name came back.
  takeEnd(jobsStore.getState().ended.compact)
}

function takeEnd(update: JobUpdate | undefined): void {
  const state = compactionStore.getState()
  if (update === undefined || update.job !== state.job) return
  const days = update.result?.kind === 'compact' ? update.result.receipt.days : []
  if (state.phase === 'running') {
    // Failed as a whole: as above.
    if (update.result === undefined) compactionStore.setState({ phase: 'planned', job: null })
    else compactionStore.setState({ phase: 'ended', days, end: update.state, job: null })
  } else if (state.phase === 'planning') {
    if (update.state === 'done') compactionStore.setState({ phase: 'planned', days: toDo(days), job: null })
    else compactionStore.setState(IDLE)
  }
}

function toDo(days: readonly CompactedDay[]): readonly CompactedDay[] {
  return days.filter((day) => day.skipped !== 'nothing to do')
}

jobsStore.subscribe(({ ended }) => takeEnd(ended.compact))
