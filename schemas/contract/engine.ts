import type {
  AfterCloseRequest,
  AuditTimelineRequest,
  CompactRequest,
  CopyImageRequest,
  DecisionDetailRequest,
  DecisionMarkersRequest,
  EndpointRequest,
  ExportRequest,
  FollowRequest,
  HitCalendarRequest,
  ImageRequest,
  ImportRequest,
  JobRequest,
  LedgerFacetsRequest,
  LedgerQuery,
  LedgerSummaryRequest,
  ObjectHistoryRequest,
  OperationsRequest,
  PartitionRequest,
  PerformanceRequest,
  Preferences,
  PurgeRequest,
  RevealRequest,
  SettingsChange,
  StabilityRequest,
  StoreSettings,
  UndoRequest,
  ViewportRequest,
} from '../generated/requests.ts'
import type { EndpointState } from './endpoint.ts'
import type { ErrorReport } from './errors.ts'
import type { StorageOverview, StoreInfo } from './health.ts'
import type { JobUpdate } from './jobs.ts'
import type {
  AuditTimeline,
  DecisionDetail,
  DecisionMarkers,
  HitCalendar,
  LedgerFacets,
  LedgerPage,
  PartitionPlan,
  Performance,
  PerformanceReport,
  StabilityReport,
} from './ledger.ts'
import type { AfterCloseState, LiveHealth, LiveUpdate, OperationsPage, SavedImage } from './live.ts'
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
  readonly view: NonNullable<Preferences['view']> | null
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
  /**
   * From now on `live` events bring what is new of this series, until another is followed. @returns the revision from
   * which on they do: what was asked for before holds less.
   */
  follow(payload: FollowRequest): { readonly revision: number }
  /** How live the store is; changes come with `live` events. */
  liveHealth(payload: null): LiveHealth
  storageOverview(payload: null): StorageOverview
  /** A page of a ledger's table (SPEC Q1). */
  ledgerQuery(payload: LedgerQuery): LedgerPage
  /** How the decisions of a filter ended, all together. */
  ledgerSummary(payload: LedgerSummaryRequest): Performance
  ledgerFacets(payload: LedgerFacetsRequest): LedgerFacets
  decisionDetail(payload: DecisionDetailRequest): DecisionDetail
  decisionMarkers(payload: DecisionMarkersRequest): DecisionMarkers
  performance(payload: PerformanceRequest): PerformanceReport
  featureStability(payload: StabilityRequest): StabilityReport
  hitCalendar(payload: HitCalendarRequest): HitCalendar
  auditTimeline(payload: AuditTimelineRequest): AuditTimeline
  /** Shows what a partition of decisions would come to, and (unless a dry run) sets it. */
  partition(payload: PartitionRequest): PartitionPlan
  compact(payload: CompactRequest): StartedJob
  purge(payload: PurgeRequest): StartedJob
  undo(payload: UndoRequest): StartedJob
  /** Null when the person cancelled the file dialog. */
  exportTable(payload: ExportRequest): StartedJob | null
  doctor(payload: null): StartedJob
  /** The run after the close, now. */
  runAfterClose(payload: AfterCloseRequest): StartedJob
  afterCloseState(payload: null): AfterCloseState
  /** The store's own settings, as they are kept. */
  storeSettings(payload: null): StoreSettings
  changeStoreSettings(payload: SettingsChange): StoreSettings
  /** What was done to the store. */
  operations(payload: OperationsRequest): OperationsPage
  /** Keeps a picture in the store's `images/` or `flags/`. */
  saveImage(payload: ImageRequest): SavedImage
  /** Puts a picture of the chart on the clipboard. @throws BAD_REQUEST */
  copyImage(payload: CopyImageRequest): null
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
  /** The same with one of its files marked. @throws NOT_FOUND, BAD_REQUEST for what lies outside the store */
  revealFile(payload: RevealRequest): null
  /** How the ingest endpoint stands; `endpoint` events follow while it changes. */
  endpointState(payload: null): EndpointState
  /** Switches it on or off, or to another port; a port that is taken stands in the state's `error`. */
  setEndpoint(payload: EndpointRequest): EndpointState
  /** A new token: the one before is stale from then on. */
  renewEndpointToken(payload: null): EndpointState
  /** Puts the token on the clipboard: the page itself never has it. */
  copyEndpointToken(payload: null): null
  preferences(payload: null): Preferences
  /** Merges into what is kept. */
  setPreferences(payload: Preferences): null
  /** The first view has drawn: a screenshot may be taken. */
  ready(payload: null): null
}

/** Pushed from main to the window. */
export interface EngineEvents {
  job: JobUpdate
  storeOpened: StoreInfo
  /** What changed in the store: views show it without asking (SPEC F). */
  live: LiveUpdate
  /** The schedule was changed, or a run began, ended or was put off. */
  afterClose: AfterCloseState
  /** The ingest endpoint was switched, took batches or refused requests; twice a second at most. */
  endpoint: EndpointState
  /** A menu item or global shortcut chosen in the native menu. */
  command: MenuCommand
}

export type MenuCommand =
  | 'view-chart'
  | 'view-decisions'
  | 'view-audits'
  | 'view-research'
  | 'view-policies'
  | 'view-storage'
  | 'open-store'
  | 'export-rows'
  | 'compact-all'
  | 'compact-range'
  | 'run-after-close'
  | 'schedule'
  | 'history'
  | 'picture'
  | 'check-store'
  | 'purge'
  | 'partition'
  | 'endpoint'
  | 'notifications'
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

/** A file as the page gets it when it is dropped: what a browser calls `File`; this layer knows no browser. */
export interface DroppedFile {
  readonly name: string
  readonly size: number
}

/** The bridge that preload puts on `window.barkeep`. */
export interface EngineBridge {
  call<Name extends CallName>(
    name: Name,
    payload: Parameters<EngineCalls[Name]>[0],
  ): Promise<Answer<ReturnType<EngineCalls[Name]>>>
  /**
   * Imports a file that a person dropped on the window: preload asks Electron for its path, so that the page can only
   * name what was handed to it.
   */
  importDropped(file: DroppedFile, payload: ImportRequest): Promise<Answer<StartedJob>>
  /** @returns a function that ends the subscription. */
  on<Name extends EventName>(name: Name, listener: (event: EngineEvents[Name]) => void): () => void
}
