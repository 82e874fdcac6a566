import { createStore } from 'zustand/vanilla'
import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { StorageOverview } from '../../schemas/contract/health.ts'
import { engine, failureReport } from '../engine/client.ts'

export interface OverviewState {
  /** The last answer; stays in sight while a new one is fetched. */
  readonly overview: StorageOverview | null
  readonly error: ErrorReport | null
}

/** What stands on disk, as last asked. */
export const overviewStore = createStore<OverviewState>(() => ({ overview: null, error: null }))

let asking = false
let askAgain = false

/** Asks what stands on disk; calls that come while one is under way end in one more. */
export async function refreshOverview(): Promise<void> {
  if (asking) {
    askAgain = true
    return
  }
  asking = true
  try {
    overviewStore.setState({ overview: await engine.call('storageOverview', null), error: null })
  } catch (thrown) {
    overviewStore.setState({ error: failureReport(thrown) })
  } finally {
    asking = false
  }
  if (askAgain) {
    askAgain = false
    await refreshOverview()
  }
}

/** Forgets the last answer: another store is open. */
export function forgetOverview(): void {
  overviewStore.setState({ overview: null, error: null })
}
