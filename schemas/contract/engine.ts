import type {
  CompactRequest,
  ImportRequest,
  JobRequest,
  ObjectHistoryRequest,
  Preferences,
  PurgeRequest,
  ViewportRequest,
} from '../generated/requests.ts'
import type { ErrorReport } from './errors.ts'
import type { StorageOverview, StoreInfo } from './health.ts'
import type { JobUpdate } from './jobs.ts'
import type { ObjectHistory, Viewport } from './viewport.ts'

/** A started piece of work; its updates come as `job` events, its end as the last of them. */
export interface StartedJob {
  readonly job: string
}

/** How this window was opened; fixed for its life. */
export interface LaunchInfo {
  readonly version: string
  readonly platform: string
  /** From `--view`; wins over the remembered view. */
  readonly view: 'chart' | 'storage' | null
  /** A screenshot run: no animation, and `ready` is waited for. */
  readonly screenshot: boolean
  /** Null when no store is open yet: the first-run screen. */
  readonly storePath: string | null
}

/**
 * What the window may ask of the main process: the one interface that main implements, preload exposes and the
 * renderer's client calls. Each call answers with its value or a coded error, never with a thrown text.
 */
export interface EngineCalls {
  launchInfo(payload: null): LaunchInfo
  storeInfo(payload: null): StoreInfo | null
  viewport(payload: ViewportRequest): Viewport
  objectHistory(payload: ObjectHistoryRequest): ObjectHistory
  storageOverview(payload: null): StorageOverview
  compact(payload: CompactRequest): StartedJob
  purge(payload: PurgeRequest): StartedJob
  doctor(payload: null): StartedJob
  /** Does what the `repair` of each finding says, and looks again. */
  repair(payload: null): StartedJob
  rebuildSnapshot(payload: null): StartedJob
  /** Null when the person cancelled the file dialog. */
  importFile(payload: ImportRequest): StartedJob | null
  /** Asks for an empty folder (or uses the default one) and writes the sample store into it. */
  createSample(payload: null): StartedJob | null
  cancelJob(payload: JobRequest): null
  /** Asks for a folder; null when cancelled. On success a `storeOpened` event follows. */
  openStore(payload: null): StoreInfo | null
  /** Shows the store's folder in the desktop's file manager. */
  revealStore(payload: null): null
  preferences(payload: null): Preferences
  /** Merges into what is kept. */
  setPreferences(payload: Preferences): null
  /** The first view has drawn: a screenshot may be taken. */
  ready(payload: null): null
}

/** Pushed from main to the window. */
export interface EngineEvents {
  job: JobUpdate
  /** Files of the store changed (by us, or seen by looking): views that show them ask again. */
  storeChanged: { readonly tables: readonly ('candles' | 'object_events')[] }
  storeOpened: StoreInfo
  /** A menu item or global shortcut chosen in the native menu. */
  command: MenuCommand
}

export type MenuCommand =
  | 'view-chart'
  | 'view-storage'
  | 'open-store'
  | 'compact-all'
  | 'palette'
  | 'keys'
  | 'fit'
  | 'go-to-date'
  | 'theme-system'
  | 'theme-dark'
  | 'theme-light'

export type CallName = keyof EngineCalls
export type EventName = keyof EngineEvents

/** Every IPC answer: a value, or a coded error. */
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: ErrorReport }

/** The bridge that preload puts on `window.barkeep`. */
export interface EngineBridge {
  call<Name extends CallName>(
    name: Name,
    payload: Parameters<EngineCalls[Name]>[0],
  ): Promise<Answer<ReturnType<EngineCalls[Name]>>>
  /** @returns a function that ends the subscription. */
  on<Name extends EventName>(name: Name, listener: (event: EngineEvents[Name]) => void): () => void
}
