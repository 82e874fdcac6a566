import { createStore } from 'zustand/vanilla'
import { showView } from '../app/frame-commands.ts'
import { preferencesStore, setPreferences } from '../state/preferences.ts'

/** What the view was left at. */
export interface PoliciesState {
  /** The version looked at; null is the last one. */
  readonly version: string | null
  /** What it is compared with; null is the one before it. */
  readonly against: string | null
  /** Also what both versions have in common. */
  readonly all: boolean
}

const INITIAL: PoliciesState = { version: null, against: null, all: false }

export const policiesStore = createStore<PoliciesState>(() => INITIAL)

/** What was kept, as far as it still means something. */
export function restoredPolicies(text: string | undefined): PoliciesState {
  if (text === undefined) return INITIAL
  try {
    const kept: unknown = JSON.parse(text)
    if (typeof kept !== 'object' || kept === null) return INITIAL
    const textIn = (name: string): string | null => {
      const value = (kept as Readonly<Record<string, unknown>>)[name]
      return typeof value === 'string' ? value : null
    }
    return {
      version: textIn('version'),
      against: textIn('against'),
      all: (kept as Readonly<Record<string, unknown>>).all === true,
    }
  } catch {
    // Kept by another version: the view begins anew.
    return INITIAL
  }
}

export function restorePolicies(): void {
  policiesStore.setState(restoredPolicies(preferencesStore.getState().policiesView), true)
}

/** Changes the view, and keeps it for the next start. */
export function setPolicies(change: Partial<PoliciesState>): void {
  policiesStore.setState(change)
  setPreferences({ policiesView: JSON.stringify(policiesStore.getState()) })
}

/** Opens the view on what changed from one version to another. */
export function comparePolicies(against: string, version: string): void {
  setPolicies({ version, against })
  showView('policies')
}
