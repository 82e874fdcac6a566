import { createStore } from 'zustand/vanilla'
import type { LaunchInfo } from '../../schemas/contract/engine.ts'
import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { StoreInfo } from '../../schemas/contract/health.ts'
import type { Preferences } from '../../schemas/generated/requests.ts'

export type ViewName = NonNullable<Preferences['view']>
export type ThemeName = 'dark' | 'light'
export type Overlay =
  | 'palette'
  | 'keys'
  | 'import'
  | 'export'
  | 'partition'
  | 'endpoint'
  | 'schedule'
  | 'compact-range'

export interface AppState {
  /** `starting` until launch info, preferences and the store's info are known: nothing is drawn before that. */
  readonly phase: 'starting' | 'running'
  readonly launch: LaunchInfo | null
  /** Null: no store is open, the first-run screen shows. */
  readonly store: StoreInfo | null
  /** Why the store that was asked for could not be opened; cleared by the next one that opens. */
  readonly openingError: ErrorReport | null
  readonly view: ViewName
  /** The theme in force, after `system` was looked up. */
  readonly theme: ThemeName
  readonly overlay: Overlay | null
  /** Moves, calmly, when files of the store changed; views that show files ask again when it does. */
  readonly storeRevision: number
  /** `storeRevision` when the last check ended: findings from before a change may be settled. */
  readonly checkedRevision: number | null
  /** Counts opened stores, so that a view can start afresh even when the same path is opened twice. */
  readonly storeGeneration: number
}

/** What the frame and every view know in common. Framework-free: React reads it with zustand's `useStore`. */
export const appStore = createStore<AppState>(() => ({
  phase: 'starting',
  launch: null,
  store: null,
  openingError: null,
  view: 'chart',
  theme: 'dark',
  overlay: null,
  storeRevision: 0,
  checkedRevision: null,
  storeGeneration: 0,
}))

export function showOverlay(overlay: Overlay | null): void {
  appStore.setState({ overlay })
}
