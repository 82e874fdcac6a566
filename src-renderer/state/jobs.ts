import { createStore } from 'zustand/vanilla'
import type { EngineCalls } from '../../schemas/contract/engine.ts'
import type { JobKind, JobUpdate } from '../../schemas/contract/jobs.ts'
import { engine } from '../engine/client.ts'
import { reportFailure } from './notices.ts'

/** Calls that answer with a started job. */
export type JobCall =
  | 'compact'
  | 'runAfterClose'
  | 'purge'
  | 'undo'
  | 'exportTable'
  | 'doctor'
  | 'repair'
  | 'rebuildSnapshot'
  | 'importFile'
  | 'createSample'

export interface JobsState {
  /** Work under way, in the order it was first heard of. */
  readonly running: readonly JobUpdate[]
  /** The last ended job of each kind, with its result or error. */
  readonly ended: Readonly<Partial<Record<JobKind, JobUpdate>>>
}

export const jobsStore = createStore<JobsState>(() => ({ running: [], ended: {} }))

/** Takes in one update. Pure in the store's own terms, so that the order of updates is all that matters. */
export function applyJobUpdate(state: JobsState, update: JobUpdate): JobsState {
  const others = state.running.filter((job) => job.job !== update.job)
  if (update.state !== 'running') return { running: others, ended: { ...state.ended, [update.kind]: update } }
  const known = others.length !== state.running.length
  return {
    ...state,
    running: known
      ? state.running.map((job) => (job.job === update.job ? update : job))
      : [...state.running, update],
  }
}

/** Drops what was learnt about a store that is no longer open. */
export function forgetEndedJobs(): void {
  jobsStore.setState({ ended: {} })
}

/**
 * Asks for a piece of work. Its progress and end come through `jobsStore`.
 * @returns the job's id; null when the person cancelled the dialog, or when it could not start (then a notice
 * says why).
 */
export async function startJob<Name extends JobCall>(
  name: Name,
  payload: Parameters<EngineCalls[Name]>[0],
  title: string,
): Promise<string | null> {
  try {
    return (await engine.call(name, payload))?.job ?? null
  } catch (thrown) {
    reportFailure(title, thrown)
    return null
  }
}

/** Asks a job to stop at its next safe point; its last update then says `cancelled`. */
export async function cancelJob(job: string): Promise<void> {
  try {
    await engine.call('cancelJob', { job })
  } catch (thrown) {
    reportFailure('Could not cancel', thrown)
  }
}
