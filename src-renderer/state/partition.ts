import { createStore } from 'zustand/vanilla'
import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { PartitionPlan } from '../../schemas/contract/ledger.ts'
import { engine, failureReport } from '../engine/client.ts'
import { showOverlay } from './app-store.ts'
import { announce, reportFailure } from './notices.ts'

export type PartitionColumn = PartitionPlan['column']

/** By what decisions of days to come are split: what a choice would come to is always shown before it is set. */
export interface PartitionState {
  /** The choice in sight; undefined until the first answer said what holds now. */
  readonly column: PartitionColumn | undefined
  /** What `column` would come to, once counted. */
  readonly plan: PartitionPlan | null
  readonly busy: boolean
  readonly failure: ErrorReport | null
}

const FRESH: PartitionState = { column: undefined, plan: null, busy: false, failure: null }

export const partitionStore = createStore<PartitionState>(() => FRESH)

let asked = 0

/** Opens the dialog on what holds now. */
export async function openPartition(): Promise<void> {
  partitionStore.setState(FRESH)
  showOverlay('partition')
  const plan = await ask(null, true)
  if (plan === null) return
  if (plan.current === undefined || plan.current === null) partitionStore.setState({ column: null, plan })
  else await choosePartition(plan.current)
}

/** Counts what splitting by a column would come to. Changes nothing. */
export async function choosePartition(column: PartitionColumn): Promise<void> {
  partitionStore.setState({ column, plan: null })
  const plan = await ask(column, true)
  if (plan !== null) partitionStore.setState({ plan })
}

/** Sets what is in sight. */
export async function applyPartition(): Promise<void> {
  const { column, plan, busy } = partitionStore.getState()
  if (busy || column === undefined || plan === null || plan.refused !== null) return
  const done = await ask(column, false)
  if (done === null) return
  partitionStore.setState({ plan: done })
  if (!done.applied) return
  showOverlay(null)
  announce(
    column === null ? 'Decisions are split by day alone' : `Decisions to come are split by ${column}`,
    'partition',
  )
}

/** @returns null when it failed (which is shown), or when another question came after it */
async function ask(column: PartitionColumn, dryRun: boolean): Promise<PartitionPlan | null> {
  const mine = ++asked
  partitionStore.setState({ busy: true, failure: null })
  try {
    const plan = await engine.call('partition', dryRun ? { column, dryRun } : { column })
    return mine === asked ? plan : null
  } catch (thrown) {
    if (mine === asked) partitionStore.setState({ failure: failureReport(thrown) })
    reportFailure('The partition could not be looked at', thrown)
    return null
  } finally {
    if (mine === asked) partitionStore.setState({ busy: false })
  }
}
