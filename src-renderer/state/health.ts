import { createStore } from 'zustand/vanilla'
import type { Finding } from '../../schemas/contract/health.ts'
import type { JobUpdate } from '../../schemas/contract/jobs.ts'
import { jobsStore, startJob } from './jobs.ts'

/**
 * What the last look at the store found, and the way from there to a repair: nothing is mended before what would be done
 * was shown. `planned` waits for the person.
 */
export interface HealthState {
  readonly phase: 'looked' | 'planned' | 'repairing'
  /** Null until the store was checked since it was opened. */
  readonly findings: readonly Finding[] | null
  /** What the findings come from: those of a repair hold what it mended. */
  readonly from: 'check' | 'repair'
  readonly cancelled: boolean
}

const NOT_CHECKED: HealthState = { phase: 'looked', findings: null, from: 'check', cancelled: false }

export const healthStore = createStore<HealthState>(() => NOT_CHECKED)

/** Reads the whole store and lists what it finds; nothing is changed by looking. */
export async function checkStore(): Promise<void> {
  await startJob('doctor', null, 'The store could not be checked')
}

/** Findings that a repair can do something about. */
export function mendable(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ repair, repaired }) => repair !== undefined && !repaired)
}

/** Shows what a repair would do, by the findings of the last look. */
export function planRepair(): void {
  if (mendable(healthStore.getState().findings ?? []).length > 0) healthStore.setState({ phase: 'planned' })
}

export function discardRepair(): void {
  if (healthStore.getState().phase === 'planned') healthStore.setState({ phase: 'looked' })
}

/** Carries out the plan in sight. */
export async function runRepair(): Promise<void> {
  if (healthStore.getState().phase !== 'planned') return
  healthStore.setState({ phase: 'repairing' })
  const job = await startJob('repair', null, 'The repair could not start')
  // Refused, as when another process holds the lock: the notice says why, the plan stays for another try.
  if (job === null) healthStore.setState({ phase: 'planned' })
}

let seen: { readonly check: JobUpdate | undefined; readonly repair: JobUpdate | undefined } = {
  check: undefined,
  repair: undefined,
}

jobsStore.subscribe(({ ended: { doctor: check, repair } }) => {
  const before = seen
  seen = { check, repair }
  if (check === undefined && repair === undefined) {
    if (before.check !== undefined || before.repair !== undefined) healthStore.setState(NOT_CHECKED)
    return
  }
  if (check !== before.check && check?.result?.kind === 'doctor') {
    const { findings } = check.result
    healthStore.setState({ phase: 'looked', findings, from: 'check', cancelled: check.state === 'cancelled' })
  }
  if (repair === before.repair || repair === undefined) return
  // One that failed as a whole leaves the plan; the notice says why.
  if (repair.result?.kind !== 'repair') healthStore.setState({ phase: 'planned' })
  else healthStore.setState({ phase: 'looked', from: 'repair', ...repair.result.receipt })
})
