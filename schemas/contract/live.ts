import type { OperationRow } from '../generated/rows.ts'
import type { LedgerTable, StoreTable } from '../tables/index.ts'
import type { ErrorReport } from './errors.ts'
import type { StoreInfo } from './health.ts'
import type { CompactedDay, PurgeReceipt } from './jobs.ts'
import type { DecisionMarker, LedgerEntry } from './ledger.ts'
import type { CandleColumns, EmaColumn, Problem, ViewportObject } from './viewport.ts'

/**
 * What changed in the open store since the update before, pushed as it is noticed (SPEC F). Only what differs is there.
 * Revisions count up by one for as long as a store is open; an answer to a call names the last one that it surely holds,
 * so that later ones are laid over it and earlier ones dropped.
 */
export interface LiveUpdate {
  /** Absolute path of the store that it is about: one that comes after another store was opened is dropped. */
  readonly store: string
  readonly revision: number
  /** Tables of which files are new, changed or gone. */
  readonly tables: readonly StoreTable[]
  /** Of the followed series. */
  readonly bars?: LiveBars | undefined
  /** Of the followed symbol: objects whose state is another, removed ones included. */
  readonly objects?: LiveObjects | undefined
  readonly ledger?: readonly LedgerChange[] | undefined
  /** When series, the last bar or the parts waiting are others than before. */
  readonly info?: StoreInfo | undefined
  readonly health?: LiveHealth | undefined
}

/** Bars of the followed series that are new or have other values, ascending; nothing else of the chart has changed. */
export interface LiveBars {
  readonly symbol: string
  readonly timeframe: string
  /** The level of detail of `candles`, as it was followed. */
  readonly barsPerCandle: number
  readonly candles: CandleColumns
  /** As long as the candles. */
  readonly emas: readonly EmaColumn[]
  /** Opens of bars that are in no file any more. */
  readonly gone: Float64Array
  /** More has changed than increments carry (a backfill, another program's new generation): ask for this time again. */
  readonly stale: { readonly from: number; readonly to: number } | null
}

export interface LiveObjects {
  readonly symbol: string
  readonly changed: readonly ViewportObject[]
  /** Objects of which no event is left, as after a file was taken away. */
  readonly gone: readonly string[]
}

/** Entries of a ledger's table that are new or got their outcome. */
export interface LedgerChange {
  readonly table: LedgerTable
  /** Newest first, 200 at most. */
  readonly entries: readonly LedgerEntry[]
  /** Decisions of the followed symbol among them, as the chart marks them. */
  readonly markers: readonly DecisionMarker[]
  /** There are more, or it can't be told what changed: views ask again. */
  readonly incomplete: boolean
}

/** Whether what is shown can be trusted to be the present. */
export interface LiveHealth {
  readonly feeds: readonly SeriesFeed[]
  readonly clock: ClockState
  readonly folder: FolderState
  readonly watching: WatchState
  /** Files of other programs that can't be read yet, or can't at all. */
  readonly unreadable: readonly WaitingFile[]
  /** The engine's present when it was judged, ms UTC: the clock that all of it is by. */
  readonly lookedAt: number
}

/**
 * How a series stands against its trading calendar: `live`, `stale` (no bar for two intervals in trading hours),
 * `closed` (out of hours, the last bar there), `ahead` (its last bar lies in the future), `unknown` (no calendar).
 */
export interface SeriesFeed {
  readonly symbol: string
  readonly timeframe: string
  readonly state: 'live' | 'stale' | 'closed' | 'ahead' | 'unknown'
  /** Open of its last bar, ms UTC. */
  readonly lastTs: number
  /** Since when, ms UTC: of a stale one when the bar that never came should have closed. */
  readonly since: number
  /** When the next bar is due to close; null out of hours. */
  readonly nextCloseAt: number | null
}

export type ClockState =
  | { readonly state: 'right' }
  /** The computer's clock was set, or it slept: by so much, noticed then. */
  | { readonly state: 'jumped'; readonly byMillis: number; readonly at: number }

export type FolderState =
  | { readonly state: 'there' }
  | { readonly state: 'gone'; readonly since: number; readonly error: ErrorReport }

export type WatchState =
  /** The system tells of changes; looks make up for what it misses. */
  | { readonly mode: 'events' }
  /** Changes show with the next look, every so many milliseconds. */
  | { readonly mode: 'looks'; readonly everyMillis: number; readonly why: string }

export interface WaitingFile extends Problem {
  /** Still tried again; else given up until it changes. */
  readonly trying: boolean
  readonly since: number
}

/** What a run after the close did, or (in a dry run) would do. */
export interface AfterCloseReceipt {
  /** The trading day whose close it was. */
  readonly session: string
  readonly days: readonly CompactedDay[]
  /** Files of moving averages that were written, relative to the store. */
  readonly emas: readonly string[]
  readonly purge: PurgeReceipt | null
  /** Days left for the next run, and why: a bar was being written, a symbol trades on. */
  readonly left: readonly { readonly timeframe: string | null; readonly day: string; readonly why: string }[]
  /** The session's run was done then, ms UTC, and this one is not a person's: nothing was done again. */
  readonly already?: number | undefined
  /** Something that is due failed or was put off: the session isn't done, and is tried again. */
  readonly unfinished?: boolean | undefined
  /** What went wrong beside the compaction: moving averages or the log of operations that could not be written. */
  readonly problems?: readonly ErrorReport[] | undefined
}

/** How the schedule stands. */
export interface AfterCloseState {
  readonly on: boolean
  /** Wall clock in the market zone, `15:15`. */
  readonly time: string
  /** ms UTC; null while off. */
  readonly nextAt: number | null
  /** The trading day whose close the next run follows. */
  readonly nextSession: string | null
  readonly last: OperationRow | null
  /** Why the last try didn't happen; it is tried again. */
  readonly error: ErrorReport | null
}

export interface OperationsPage {
  readonly operations: readonly OperationRow[]
  readonly total: number
  readonly problems: readonly Problem[]
}

/** A picture that was kept. */
export interface SavedImage {
  /** Relative to the store. */
  readonly file: string
  readonly bytes: number
}
