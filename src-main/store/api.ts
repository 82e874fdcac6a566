import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { Finding, RepairReceipt, StorageOverview, StoreInfo } from '../../schemas/contract/health.ts'
import type {
  BackfilledDay,
  CompactReceipt,
  ExportReceipt,
  Progress,
  PurgeReceipt,
  RejectedLine,
  UndoReceipt,
} from '../../schemas/contract/jobs.ts'
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
} from '../../schemas/contract/ledger.ts'
import type {
  AfterCloseReceipt,
  LiveHealth,
  LiveUpdate,
  OperationsPage,
  SavedImage,
} from '../../schemas/contract/live.ts'
import type { MarketZone } from '../../schemas/contract/market-time.ts'
import type { ObjectHistory, Problem, Viewport } from '../../schemas/contract/viewport.ts'
import type {
  AfterCloseRequest,
  AuditTimelineRequest,
  CompactRequest,
  DecisionDetailRequest,
  DecisionMarkersRequest,
  ExportRequest,
  FollowRequest,
  HitCalendarRequest,
  ImageRequest,
  LedgerFacetsRequest,
  LedgerQuery,
  LedgerSummaryRequest,
  OperationsRequest,
  PartitionRequest,
  PerformanceRequest,
  PurgeRequest,
  SettingsChange,
  StabilityRequest,
  StoreSettings,
  UndoRequest,
  ViewportRequest,
} from '../../schemas/generated/requests.ts'
import type { ObjectEventRow, OperationRow } from '../../schemas/generated/rows.ts'
import type { DailyTable, LedgerTable, StoreTable } from '../../schemas/tables/index.ts'
import type { EmaRange, EmaReceipt } from './emas/ema-receipt.ts'
import type { Env } from './fs/env.ts'
import type { NotedOperation } from './operations/noted-operation.ts'

/** Long work reports here and stops at the next safe point when the signal aborts (code CANCELLED). */
export interface WorkOptions {
  readonly onProgress?: ((progress: Progress) => void) | undefined
  readonly signal?: AbortSignal | undefined
  /** A step of something larger that puts its own row into the log of operations. */
  readonly untold?: boolean | undefined
}

/** A run after the close, by whom. */
export interface AfterCloseWork extends WorkOptions {
  /** Manual unless given; what a schedule begins is done once a session. */
  readonly origin?: OperationRow['origin'] | undefined
  /** Compacts a day though something is being written into it: it was put off for an hour already. */
  readonly insists?: boolean | undefined
}

/** Answers questions; can't change a file. Safe beside any number of writers, in this process or another. */
export interface StoreReader {
  info(): Promise<StoreInfo>
  viewport(request: ViewportRequest, options?: { signal?: AbortSignal | undefined }): Promise<Viewport>
  /** @throws NOT_FOUND when no event names the object. */
  objectHistory(objectId: string): Promise<ObjectHistory>
  /** All object events up to an instant (inclusive), in the order of the fold. */
  events(
    until: number,
  ): Promise<{ readonly rows: readonly ObjectEventRow[]; readonly problems: readonly Problem[] }>
  overview(): Promise<StorageOverview>
  doctor(options?: WorkOptions): Promise<readonly Finding[]>
  /** The store's own settings, as they are kept. @throws BAD_SETTINGS */
  settings(): Promise<StoreSettings>
  /** What was done to the store, newest first (SPEC F30). */
  operations(request: OperationsRequest): Promise<OperationsPage>
  readonly ledger: LedgerReader
}

/** A question can be withdrawn: its query is interrupted (CANCELLED). */
export interface Asking {
  readonly signal?: AbortSignal | undefined
}

/**
 * Answers questions about decisions, audits, stats and policies (SPEC Q). Files that can't be read are named in
 * `problems` and left out.
 * @throws BAD_REQUEST for a filter or column that the table doesn't have, CANCELLED
 */
export interface LedgerReader {
  query(request: LedgerQuery, asking?: Asking): Promise<LedgerPage>
  summary(request: LedgerSummaryRequest, asking?: Asking): Promise<Performance>
  facets(request: LedgerFacetsRequest, asking?: Asking): Promise<LedgerFacets>
  /** @throws NOT_FOUND when no file of its day holds the decision */
  decisionDetail(request: DecisionDetailRequest, asking?: Asking): Promise<DecisionDetail>
  decisionMarkers(request: DecisionMarkersRequest, asking?: Asking): Promise<DecisionMarkers>
  performance(request: PerformanceRequest, asking?: Asking): Promise<PerformanceReport>
  featureStability(request: StabilityRequest, asking?: Asking): Promise<StabilityReport>
  hitCalendar(request: HitCalendarRequest, asking?: Asking): Promise<HitCalendar>
  auditTimeline(request: AuditTimelineRequest, asking?: Asking): Promise<AuditTimeline>
  /** A text for each table that differs whenever its files do: for noticing what others write. Opens no file. */
  marks(): Promise<Readonly<Record<LedgerTable, string>>>
}

/** What became of one document handed to a writer; once it is told, the row is durable (or was not taken). */
export type Outcome =
  | { readonly outcome: 'accepted' | 'duplicate' | 'conflict' }
  | { readonly outcome: 'rejected'; readonly field: string | null; readonly reason: string }

export interface AppendOptions {
  /** Tell the outcomes, against what the store holds now and within this call, and write nothing. */
  readonly dryRun?: boolean | undefined
}

/** What became of one document of a ledger; one of several rows is told by its most notable row. */
export type LedgerOutcome =
  | Outcome
  /** The row that stands got its outcome, which was not known before. */
  | { readonly outcome: 'completed' }
  /** The row that stands has other values in this field; it stays, and the document's is in no file. */
  | { readonly outcome: 'conflict'; readonly field: string; readonly reason: string }

export interface LedgerAppend extends AppendOptions, WorkOptions {
  /** Stem of the file that the documents come from: an audit without an id is named for it. */
  readonly source?: string | undefined
  /** Of an import in several batches, one set for all: the days that it made, which stay open to it (SPEC E5). */
  readonly begun?: Set<string> | undefined
  /** Milliseconds to wait for a writer in another process before LOCKED; some seconds unless given. */
  readonly patience?: number | undefined
}

/** A year of dayfiles, gathered into one derived file. */
export interface RebuiltTier {
  readonly timeframe: string
  readonly year: string
  readonly days: number
  /** Size of the file. */
  readonly bytes: number
}

export interface TierReceipt {
  readonly tiers: readonly RebuiltTier[]
  /** Dayfiles that can't be read, and so are in no tier. */
  readonly leftOut: readonly Problem[]
}

export interface BackfillReceipt {
  readonly outcomes: readonly LedgerOutcome[]
  readonly days: readonly BackfilledDay[]
}

/** A refused line as it is kept. */
export interface RejectedText extends RejectedLine {
  /** As it came, cut off where it is long; what of it is no UTF-8 replaced. */
  readonly text: string
}

/** Lines that were refused, kept so that nothing a bot said is lost (SPEC X3). */
export interface RejectsFile {
  /** Relative to the store; null until a line was kept. */
  readonly file: string | null
  /** Durable when it resolves. */
  keep(lines: readonly RejectedText[]): Promise<void>
}

/** Takes documents from bots: NDJSON lines already parsed, as they came. Needs no lock. */
export interface StoreWriter {
  /**
   * Checks each document and writes each new bar as a part (SPEC W1–W9). Outcomes in the order of the documents,
   * after everything accepted is durable. A bad document is an outcome; only a failing disk throws (NO_SPACE, IO),
   * and then every document before the failing one is durable.
   */
  appendCandles(documents: readonly unknown[], options?: AppendOptions): Promise<readonly Outcome[]>
  /** The same for object events; the snapshot follows before this resolves. */
  appendEvents(documents: readonly unknown[], options?: AppendOptions): Promise<readonly Outcome[]>
  /**
   * Replaces the whole past days that the documents hold, without parts. Takes the writer lock.
   * @throws LOCKED, NO_SPACE, IO, VERIFY_FAILED, CANCELLED
   */
  backfillCandles(
    documents: AsyncIterable<unknown> | Iterable<unknown>,
    options?: WorkOptions & { dryRun?: boolean },
  ): Promise<BackfillReceipt>
  /**
   * Takes one batch of a ledger: all of it in one rewrite of each day's file it touches, under the writer lock (SPEC
   * E1–E9). Outcomes in the order of the documents.
   * @throws LOCKED, NO_SPACE, IO, VERIFY_FAILED, BAD_SETTINGS, and CONFLICT for a file that another program never leaves
   * alone; days that were published before stay, and handing the batch in again takes the rest
   */
  appendLedger(
    table: LedgerTable,
    documents: readonly unknown[],
    options?: LedgerAppend,
  ): Promise<readonly LedgerOutcome[]>
  /**
   * Replaces the whole past days that the documents hold, and keeps what stood there for `undo` (SPEC E10).
   * @throws LOCKED, NO_SPACE, IO, VERIFY_FAILED, CANCELLED
   */
  backfillLedger(
    table: DailyTable,
    documents: AsyncIterable<unknown> | Iterable<unknown>,
    options?: LedgerAppend,
  ): Promise<BackfillReceipt>
  /**
   * Writes rows outward, to a file anywhere: in the table's own schema as Parquet, or as CSV (SPEC Q12). Nothing in the
   * store changes.
   * @param file absolute; replaced when it is there, once the new one is whole
   * @throws BAD_REQUEST, NO_SPACE, IO, CANCELLED
   */
  exportTable(request: ExportRequest, file: string, options?: WorkOptions): Promise<ExportReceipt>
  /** @throws BAD_SETTINGS, BAD_REQUEST, NO_SPACE, IO */
  changeSettings(change: SettingsChange): Promise<StoreSettings>
  /** Keeps a picture of the chart below `images/` or `flags/` (SPEC F40). @throws BAD_REQUEST, NO_SPACE, IO */
  saveImage(request: ImageRequest): Promise<SavedImage>
  /** A new rejects file for one import; nothing is on disk before its first line. */
  rejects(table: StoreTable): RejectsFile
  /** Folds the timeline again and writes the snapshot anew. @returns the number of objects. */
  rebuildSnapshot(): Promise<number>
  /**
   * Reads every dayfile and writes the tiers anew (SPEC R13). Takes the writer lock.
   * @throws LOCKED, NO_SPACE, IO, CANCELLED; years that were finished before stay
   */
  rebuildTiers(options?: WorkOptions): Promise<TierReceipt>
  /**
   * Writes the moving averages of compacted days below `emas/` anew, with the periods of the settings (SPEC F37). Takes the
   * writer lock.
   * @throws LOCKED, BAD_REQUEST, BAD_SETTINGS, CANCELLED; days that were written before stay
   */
  rebuildEmas(range: EmaRange, options?: WorkOptions): Promise<EmaReceipt>
  /** Adds a row to the log of operations for what was done by several calls. A log that can't be written is told by `onProblem`. */
  noteOperation(operation: NotedOperation): Promise<void>
}

/** Owns the writer lock while it works. */
export interface StoreCompactor {
  /**
   * Mends what can be mended without losing anything; what it would do stands in the findings of `doctor`.
   * @throws LOCKED naming the owner; CANCELLED when nothing was done yet
   */
  repair(options?: WorkOptions): Promise<RepairReceipt>
  /** @throws LOCKED naming the owner. A day that fails carries its error in the receipt; the others go on. */
  compact(request: CompactRequest, options?: WorkOptions): Promise<CompactReceipt>
  /**
   * The run after the close: compacts the days that are due, writes their moving averages, purges what retention lets go
   * (SPEC F20). A second run finds nothing to do.
   * @throws LOCKED, BAD_SETTINGS, CANCELLED; a day that fails carries its error in the receipt
   */
  runAfterClose(request: AfterCloseRequest, options?: AfterCloseWork): Promise<AfterCloseReceipt>
  /**
   * Removes files that were put aside, as far as retention allows.
   * @throws LOCKED naming the owner; IO
   */
  purge(request: PurgeRequest, options?: WorkOptions): Promise<PurgeReceipt>
  /**
   * Brings back what a backfill of a ledger's day replaced (SPEC E11).
   * @throws NOT_FOUND when nothing is kept of it, CONFLICT when the day was written since, LOCKED, BAD_CHECKSUM, BAD_ROW,
   * VERIFY_FAILED, NO_SPACE, IO
   */
  undo(request: UndoRequest, options?: WorkOptions): Promise<UndoReceipt>
  /**
   * Counts what a partition of decisions would come to, and unless it is refused or a dry run sets it (SPEC E12).
   * @throws LOCKED, BAD_SETTINGS, IO
   */
  partition(request: PartitionRequest): Promise<PartitionPlan>
}

/** The live side of a store, from `watch` on. */
export interface StoreWatch {
  /** Of the last update told. */
  readonly revision: number
  /** Tells what is new of this series bar by bar from now on. */
  follow(request: FollowRequest): { readonly revision: number }
  health(): LiveHealth
  /** Resolves once what stood on disk at the call has been looked at and told. */
  look(): Promise<void>
  /** Nothing is told after it resolves. */
  stop(): Promise<void>
}

export interface WatchOptions {
  readonly onUpdate: (update: LiveUpdate) => void
  /** A look failed; the next one is tried all the same. Must not throw. */
  readonly onProblem: (problem: ErrorReport) => void
}

export interface Store {
  /** Absolute path of the folder. */
  readonly root: string
  readonly reader: StoreReader
  readonly writer: StoreWriter
  readonly compactor: StoreCompactor
  /** Notices what changes, by us or by others, and tells it as increments (SPEC F). Once at a time; ends with the store. */
  watch(options: WatchOptions): StoreWatch
  close(): Promise<void>
}

export interface OpenOptions {
  /** The seam for faults in tests; the real file system unless given. */
  readonly env?: Env
  readonly zone?: MarketZone
  /** Make the folder when it isn't there; otherwise a missing one throws NO_STORE. */
  readonly create?: boolean
  /** Days that parts stay in recovery, 0 = removed at once; unless given what the store's settings say, else 7. */
  readonly recoveryDays?: number
  /** Who opens it, as the log of operations tells it. */
  readonly program?: OperationRow['program']
  /** Leave what is older than that where it is when opening: for one who wants to see it first. */
  readonly keepExpired?: boolean
  /**
   * Bound of what stays in memory between questions, in bytes: four fifths bars of days, one fifth tiers. Unless given, the
   * store's own `cacheMegabytes` (`.barkeep/settings.json`), else 352 MB. One window may take more while it is answered.
   */
  readonly cacheBytes?: number
  /**
   * Told of what went wrong beside the answer to a call: what was asked for was done, but a derived file is behind, or an
   * interrupted compaction could not be finished. Must not throw.
   */
  readonly onProblem?: (problem: ErrorReport) => void
}
