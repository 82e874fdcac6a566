import type { StoreSettings } from '../../schemas/generated/requests.ts'
import { preferencesStore, setPreferences } from '../state/preferences.ts'

const USUAL: readonly number[] = [13, 48, 200]

/** The periods that a store's settings ask for; the usual ones while nobody chose, or they aren't known yet. */
export function emaPeriods(settings: StoreSettings | null): readonly number[] {
  return settings?.emaPeriods ?? USUAL
}

export function toggleEmas(): void {
  setPreferences({ showEmas: preferencesStore.getState().showEmas === false })
}
