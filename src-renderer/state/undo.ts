import { createStore } from 'zustand/vanilla'
import type { JobUpdate, UndoReceipt } from '../../schemas/contract/jobs.ts'
import type { UndoRequest } from '../../schemas/generated/requests.ts'
import { markUndone } from './import.ts'
import { jobsStore, startJob } from './jobs.ts'

/** A ledger's day whose backfill may be taken back. */
export type UndoneDay = Pick<UndoRequest, 'table' | 'day'>

/** From the question to the receipt: nothing is put back before the row difference was shown. */
export interface UndoState {
  readonly phase: 'idle' | 'planning' | 'planned' | 'running' | 'ended'
  readonly day: UndoneDay | null
  readonly job: string | null
  /** What would come back while planned and running, what did once ended. */
  readonly receipt: UndoReceipt | null
}

const IDLE: UndoState = { phase: 'idle', day: null, job: null, receipt: null }

export const undoStore = createStore<UndoState>(() => IDLE)

/** Dry run first: shows what would come back. Does nothing while one runs. */
export async function planUndo(day: UndoneDay): Promise<void> {
  const { phase } = undoStore.getState()
  if (phase === 'planning' || phase === 'running') return
  undoStore.setState({ ...IDLE, phase: 'planning', day })
  await start({ ...day, dryRun: true }, 'The undo could not be planned')
}

/** Brings back what is in sight. */
export async function runUndo(): Promise<void> {
  const { phase, day } = undoStore.getState()
  if (phase !== 'planned' || day === null) return
  undoStore.setState({ phase: 'running' })
  await start(day, 'The undo could not start')
}

/** Puts plan or receipt away; while work runs it stays. */
export function discardUndo(): void {
  const { phase } = undoStore.getState()
  if (phase !== 'planning' && phase !== 'running') undoStore.setState(IDLE)
}

async function start(request: UndoRequest, title: string): Promise<void> {
  const job = await startJob('undo', request, title)
  if (job === null) {
    // Refused (another process holds the lock): the notice says why, a plan stays for another try.
    if (request.dryRun) undoStore.setState(IDLE)
    else undoStore.setState({ phase: 'planned' })
    return
  }
  undoStore.setState({ job })
  // A short job may have ended before its name came back.
  takeEnd(jobsStore.getState().ended.undo)
}

function takeEnd(update: JobUpdate | undefined): void {
  const state = undoStore.getState()
  if (update === undefined || update.job !== state.job) return
  const receipt = update.result?.kind === 'undo' ? update.result.receipt : null
  if (state.phase === 'running') {
    // Failed or cancelled as a whole: the plan still holds.
    if (receipt === null) undoStore.setState({ phase: 'planned', job: null })
    else {
      undoStore.setState({ phase: 'ended', receipt, job: null })
      for (const { table, day } of receipt.days) markUndone(table, day)
    }
  } else if (state.phase === 'planning') {
    if (update.state === 'done') undoStore.setState({ phase: 'planned', receipt, job: null })
    else undoStore.setState(IDLE)
  }
}

jobsStore.subscribe(({ ended }) => takeEnd(ended.undo))
