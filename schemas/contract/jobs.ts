import type { DailyTable, StoreTable } from '../tables/index.ts'
import type { ErrorReport } from './errors.ts'
import type { Problem } from './viewport.ts'

/** Why a day was left as it is. */
export type CompactSkip = 'nothing to do' | 'dry run' | 'cancelled' | 'failed'

/** Tables that can be compacted. */
export type CompactedTable = 'candles' | 'object_events' | DailyTable

/** One day (or month of events or a ledger) of a compaction, done or (in a dry run) planned. Also a line of the receipt. */
export interface CompactedDay {
  readonly table: CompactedTable
  /** Null for all but candles. */
  readonly timeframe: string | null
  /** The UTC day; of a month file the UTC month, `2024-03`. */
  readonly day: string
  /** Parts merged, or that would be. */
  readonly parts: number
  /** Of a month: day files that its file takes the place of. */
  readonly dayfiles?: number | undefined
  /** Rows of the file afterwards. */
  readonly rows: number
  /** Parts that lost to another with their key and other values. */
  readonly conflicts: number
  /** Digest over all values (SPEC C5), before publishing equal to the one re-read. */
  readonly digest: string | null
  /** The dayfile or month file, relative to the store. */
  readonly file: string
  readonly skipped: CompactSkip | null
  readonly error?: ErrorReport | undefined
  /** Of a month of a ledger: day files that stay beside it, and why. */
  readonly left?: readonly Problem[] | undefined
}

export interface CompactReceipt {
  readonly days: readonly CompactedDay[]
}

/** What a purge removed, or (in a dry run) would: files in recovery and previous generations. Paths relative to the store. */
export interface PurgeReceipt {
  readonly files: number
  readonly bytes: number
  readonly removed: readonly { readonly path: string; readonly bytes: number; readonly why: string }[]
  /** What stays, and why: a file, or a folder of several that were put aside together. */
  readonly kept: readonly { readonly path: string; readonly why: string }[]
  /** Stopped on request before the end; what is listed as removed is gone. */
  readonly cancelled?: boolean | undefined
}

export interface RejectedLine {
  /** From 1. */
  readonly line: number
  /** Null where the line is no document at all: torn, too long, not JSON. */
  readonly field: string | null
  readonly reason: string
}

/** A whole day that a backfill or an undo replaced, against what stood there before. */
export interface BackfilledDay {
  readonly table: 'candles' | DailyTable
  /** Null for all but candles. */
  readonly timeframe: string | null
  readonly day: string
  readonly added: number
  readonly changed: number
  readonly removed: number
  readonly rows: number
  /** Null when the day's file already held exactly these rows ("unchanged"), or in a dry run. */
  readonly file: string | null
  /** Whether `undo` can bring back what stood before. */
  readonly canUndo?: boolean | undefined
}

/** What an undo brought back, or (in a dry run) would. */
export interface UndoReceipt {
  readonly days: readonly BackfilledDay[]
}

/** What became of a file or stream that was handed in. */
export interface IngestReceipt {
  readonly accepted: number
  readonly duplicates: number
  readonly conflicts: number
  readonly completed: number
  /** The first 1,000 at most: a receipt must not grow with the input. The command line tells them all as they come. */
  readonly rejected: readonly RejectedLine[]
  /** How many were rejected in all. */
  readonly rejectedCount?: number | undefined
  /** Where all of them are kept with their text (SPEC X3), relative to the store; null when there are none. */
  readonly rejectsFile?: string | null | undefined
  /** Of a backfill the days it replaced (or would, in a dry run), with the row difference. */
  readonly days?: readonly BackfilledDay[] | null | undefined
  /** Stopped on request before the end of the input; what is counted here is stored. */
  readonly cancelled?: boolean | undefined
}

export interface Progress {
  readonly done: number
  /** Null while it isn't known (a stream). */
  readonly total: number | null
  /** What is being worked on, for a person: `15m 2024-03-08: verify`. */
  readonly step: string
}

export type JobKind =
  | 'after-close'
  | 'undo'
  | 'export'
  | 'compact'
  | 'purge'
  | 'doctor'
  | 'repair'
  | 'rebuild-snapshot'
  | 'sample'
  | 'import'

/** Pushed to the window while work runs, and once when it ends. */
export interface JobUpdate {
  readonly job: string
  readonly kind: JobKind
  readonly state: 'running' | 'done' | 'failed' | 'cancelled'
  readonly progress: Progress
  readonly error?: ErrorReport | undefined
  /** The receipt, once done; partial when cancelled. */
  readonly result?: JobResult | undefined
}

/** What an export wrote. */
export interface ExportReceipt {
  /** As it was named. */
  readonly file: string
  readonly rows: number
  readonly bytes: number
  readonly sha256: string
  /** Files that were left out, and rows that broke their schema and are in the export as they were read. */
  readonly problems: readonly import('./viewport.ts').Problem[]
}

export type JobResult =
  | { readonly kind: 'after-close'; readonly receipt: import('./live.ts').AfterCloseReceipt }
  | { readonly kind: 'compact'; readonly receipt: CompactReceipt }
  | { readonly kind: 'purge'; readonly receipt: PurgeReceipt }
  | { readonly kind: 'undo'; readonly receipt: UndoReceipt }
  | { readonly kind: 'export'; readonly receipt: ExportReceipt }
  | { readonly kind: 'doctor'; readonly findings: readonly import('./health.ts').Finding[] }
  | { readonly kind: 'repair'; readonly receipt: import('./health.ts').RepairReceipt }
  | { readonly kind: 'rebuild-snapshot'; readonly objects: number }
  | {
      readonly kind: 'sample'
      readonly bars: number
      readonly events: number
      readonly decisions: number
      readonly audits: number
      readonly stats: number
      readonly policies: number
    }
  | {
      readonly kind: 'import'
      readonly file: string
      readonly table: StoreTable
      readonly dryRun: boolean
      readonly receipt: IngestReceipt
    }
