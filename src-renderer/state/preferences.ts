import { createStore } from 'zustand/vanilla'
import type { Preferences } from '../../schemas/generated/requests.ts'
import { engine } from '../engine/client.ts'
import { reportFailure } from './notices.ts'

/** Long enough to merge a drag or a scroll into one write, short enough that a crash loses nothing one noticed. */
const WRITE_AFTER_MS = 300

/** What survives a restart, as loaded and changed since. Read it with zustand's `useStore`. */
export const preferencesStore = createStore<Preferences>(() => ({}))

let unsaved: Preferences = {}
let timer: ReturnType<typeof setTimeout> | undefined

/** Fills the store from what was kept. @throws EngineFailure; the store then stays empty, which is a valid state. */
export async function loadPreferences(): Promise<Preferences> {
  const kept = await engine.call('preferences', null)
  preferencesStore.setState(kept, true)
  return kept
}

/** Merges into what is kept: at once in the window, on disk a moment later with whatever else changed by then. */
export function setPreferences(change: Preferences): void {
  preferencesStore.setState(change)
  unsaved = { ...unsaved, ...change }
  clearTimeout(timer)
  timer = setTimeout(flushPreferences, WRITE_AFTER_MS)
}

/** Writes now what still waits; called when the window is about to go. */
export function flushPreferences(): void {
  clearTimeout(timer)
  if (Object.keys(unsaved).length === 0) return
  const change = unsaved
  unsaved = {}
  engine.call('setPreferences', change).catch((thrown) => reportFailure('Preferences were not kept', thrown))
}
