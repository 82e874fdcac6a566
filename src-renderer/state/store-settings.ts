import { createStore } from 'zustand/vanilla'
import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { SettingsChange, StoreSettings } from '../../schemas/generated/requests.ts'
import { engine, failureReport } from '../engine/client.ts'

export interface StoreSettingsView {
  /** As they are kept; null until they were read, and while their file is broken. */
  readonly settings: StoreSettings | null
  readonly busy: boolean
  /** Why they could not be read or kept the last time. */
  readonly error: ErrorReport | null
}

/** The open store's own settings. */
export const storeSettingsStore = createStore<StoreSettingsView>(() => ({
  settings: null,
  busy: false,
  error: null,
}))

/** Reads them anew: a person may have edited their file. What was read before stays until the answer. */
export async function readStoreSettings(): Promise<void> {
  storeSettingsStore.setState({ busy: true, error: null })
  if (!(await take(() => engine.call('storeSettings', null)))) storeSettingsStore.setState({ settings: null })
}

/** @returns whether they are kept; else the view's `error` says why not, and what was there still is */
export async function changeStoreSettings(change: SettingsChange): Promise<boolean> {
  if (storeSettingsStore.getState().busy) return false
  storeSettingsStore.setState({ busy: true, error: null })
  return await take(() => engine.call('changeStoreSettings', change))
}

async function take(ask: () => Promise<StoreSettings>): Promise<boolean> {
  try {
    storeSettingsStore.setState({ settings: await ask(), busy: false, error: null })
    return true
  } catch (thrown) {
    storeSettingsStore.setState({ busy: false, error: failureReport(thrown) })
    return false
  }
}
