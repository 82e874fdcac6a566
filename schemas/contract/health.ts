import type { LedgerTable } from '../tables/index.ts'
import type { ErrorCode } from './errors.ts'

/** One symbol in one timeframe and the time it spans (bar opens, ms UTC). */
export interface Series {
  readonly symbol: string
  readonly timeframe: string
  readonly firstTs: number
  readonly lastTs: number
}

/** What the status bar and the first-run screen need. */
export interface StoreInfo {
  readonly path: string
  /** False until the folder holds a first bar, event or entry of a ledger. */
  readonly hasData: boolean
  readonly marketZone: string
  readonly series: readonly Series[]
  readonly partsWaiting: number
  /** The newest bar of the store, by bar open. */
  readonly lastBar: { readonly symbol: string; readonly timeframe: string; readonly ts: number } | null
}

/** A UTC day of a table and, for candles, a timeframe: what stands on disk. */
export interface DayState {
  readonly day: string
  /** Null while the day was never compacted. Of a day that stands in its month's file: that file, with the day's share. */
  readonly dayfile: {
    /** Relative to the store. */
    readonly file: string
    readonly rows: number | null
    readonly bytes: number
    /** Null where there are several files, or none was recorded. */
    readonly sha256: string | null
    /** Of a ledger's day in several files (hive folders, a day beside its month): `file` is the first of so many. */
    readonly files?: number | undefined
  } | null
  /** Of a ledger: day files beside their month's, which the next compaction merges into it. */
  readonly partsWaiting: number
  readonly partBytes: number
  /** Why a file of this day is left out of answers. */
  readonly problem: string | null
  /** Of a ledger's day: whether what its last backfill replaced is kept, for `undo`. */
  readonly canUndo?: boolean | undefined
}

export interface TableState {
  readonly table: 'candles' | 'object_events' | LedgerTable
  /** Null for all but candles: object events belong to every timeframe. */
  readonly timeframe: string | null
  readonly days: readonly DayState[]
  /**
   * Days without anything on which a symbol of this timeframe should have bars, by its trading calendar (SPEC D6, D7),
   * ascending. Events come when they come: none are missing.
   */
  readonly missing: readonly string[]
}

export interface StorageOverview {
  readonly tables: readonly TableState[]
  readonly recovery: FilesAndBytes
  readonly quarantine: FilesAndBytes
  /** Moving averages of compacted days; derived. */
  readonly emas?: FilesAndBytes | undefined
  /** Pictures of the chart and of flags. */
  readonly pictures?: FilesAndBytes | undefined
  readonly snapshot: { readonly objects: number | null; readonly bytes: number } | null
  /** Absent while no policy was handed in: it is one file, without days. */
  readonly policies?: PolicyFileState | undefined
}

export interface FilesAndBytes {
  readonly files: number
  readonly bytes: number
}

/** The file of policies, a row a version. */
export interface PolicyFileState {
  /** Relative to the store. */
  readonly file: string
  /** Null when it can't be read. */
  readonly versions: number | null
  readonly bytes: number
  readonly sha256: string | null
  /** Why it is left out of answers. */
  readonly problem: string | null
}

export interface Finding {
  readonly code: FindingCode
  /** Relative to the store. */
  readonly path: string
  readonly detail: string
  /** What a repair would do about it, or, once `repaired`, what it did. Absent where only a person can help. */
  readonly repair?: string | undefined
  /** Mended by the repair that answers with it. */
  readonly repaired: boolean
}

/** What a repair did, and what is left for a person. */
export interface RepairReceipt {
  /** Mended ones with `repaired` true and what was done; the others as a look found them afterwards. */
  readonly findings: readonly Finding[]
  /** Stopped on request: what is told as repaired is done, the rest was not tried. */
  readonly cancelled: boolean
}

/** What doctor can find; the store's errors, and states that are no error of a file. */
export type FindingCode =
  | ErrorCode
  | 'PARTS_WAITING'
  | 'PARTS_COMPACTED'
  | 'ORPHAN_STAGING'
  | 'DUPLICATE'
  | 'SNAPSHOT_STALE'
  | 'GLOBAL_X_GAP'
  | 'EVENT_WITHOUT_CREATE'
  | 'FOREIGN_FILE'
  | 'QUARANTINED'
  | 'GAP'
  | 'INTERRUPTED'
  /** Decisions name a policy that policies.parquet doesn't hold. */
  | 'POLICY_MISSING'
  /** A policy is dated after a decision that names it. */
  | 'POLICY_LATE'
  | 'BAD_DERIVED'
  /** Stored moving averages are older than the bars, or the periods, that they are worked out from. */
  | 'EMAS_STALE'
  /** Compacted days without stored moving averages, between days that have some. */
  | 'EMAS_MISSING'
