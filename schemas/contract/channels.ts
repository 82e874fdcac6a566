import type { CallName, EventName } from './engine.ts'

/** Payload definition (in requests.schema.json) of each call; also the allow-list that main checks names against. */
export const CALL_PAYLOADS = {
  launchInfo: 'NoPayload',
  storeInfo: 'NoPayload',
  viewport: 'ViewportRequest',
  objectHistory: 'ObjectHistoryRequest',
  follow: 'FollowRequest',
  liveHealth: 'NoPayload',
  storageOverview: 'NoPayload',
  ledgerQuery: 'LedgerQuery',
  ledgerSummary: 'LedgerSummaryRequest',
  ledgerFacets: 'LedgerFacetsRequest',
  decisionDetail: 'DecisionDetailRequest',
  decisionMarkers: 'DecisionMarkersRequest',
  performance: 'PerformanceRequest',
  featureStability: 'StabilityRequest',
  hitCalendar: 'HitCalendarRequest',
  auditTimeline: 'AuditTimelineRequest',
  partition: 'PartitionRequest',
  compact: 'CompactRequest',
  purge: 'PurgeRequest',
  undo: 'UndoRequest',
  exportTable: 'ExportRequest',
  doctor: 'NoPayload',
  runAfterClose: 'AfterCloseRequest',
  afterCloseState: 'NoPayload',
  storeSettings: 'NoPayload',
  changeStoreSettings: 'SettingsChange',
  operations: 'OperationsRequest',
  saveImage: 'ImageRequest',
  copyImage: 'CopyImageRequest',
  repair: 'NoPayload',
  rebuildSnapshot: 'NoPayload',
  importFile: 'ImportRequest',
  createSample: 'NoPayload',
  cancelJob: 'JobRequest',
  openStore: 'NoPayload',
  revealStore: 'NoPayload',
  revealFile: 'RevealRequest',
  endpointState: 'NoPayload',
  setEndpoint: 'EndpointRequest',
  renewEndpointToken: 'NoPayload',
  copyEndpointToken: 'NoPayload',
  preferences: 'NoPayload',
  setPreferences: 'Preferences',
  ready: 'NoPayload',
} as const satisfies Record<CallName, string>

export const EVENT_NAMES = [
  'job',
  'storeOpened',
  'live',
  'afterClose',
  'endpoint',
  'command',
] as const satisfies readonly EventName[]

/** The one invoke channel; the call's name travels in the message and is checked there. */
export const CALL_CHANNEL = 'barkeep:call'
/** Files that were dropped on the window. A channel of its own: whatever name the page gives a call, it never gets here. */
export const DROP_CHANNEL = 'barkeep:drop'
/** The one push channel. */
export const EVENT_CHANNEL = 'barkeep:event'
