import type { StorePath, UtcDay, UtcMonth } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import type { FileStat } from '../fs/env.ts'
import { dayfilePath, monthfilePath, partFolder, type Series } from '../layout/file-names.ts'
import type { Row } from '../write/part-writer.ts'

/** Days of these may become a month's file. */
export type MonthSeries = Exclude<Series, { readonly table: 'candles' }>

/** A file that compaction makes: of a day, or of a month of events or a ledger. */
export interface Target {
  readonly series: Series
  /** The day; of a month its first. */
  readonly day: UtcDay
  /** Null for a day. */
  readonly month: UtcMonth | null
  readonly file: StorePath
  /** Where its parts stand. */
  readonly folder: StorePath
}

export function dayTarget(series: Series, day: UtcDay): Target {
  return { series, day, month: null, file: dayfilePath(series, day), folder: partFolder(series, day) }
}

/** A month of object events, or of a ledger's folder; candles have none. */
export function monthTarget(month: UtcMonth, series: MonthSeries = { table: 'object_events' }): Target {
  const day = `${month}-01` as UtcDay
  return { series, day, month, file: monthfilePath(month, series), folder: partFolder(series, day) }
}

/** A day file that a month file takes the place of. */
export interface ReplacedFile {
  readonly file: StorePath
  readonly rows: number
}

/** What the files of a target amount to by the table's rule (SPEC C1), and what becomes of each. */
export interface DayMerge {
  readonly day: UtcDay
  /** The dayfile as it stands: its rows as read, in the file's order; null when there is none. */
  readonly standing: readonly Row[] | null
  /**
   * Why the dayfile that stands can't be used, when `rows` are proven to hold all of its rows without it: it is kept in
   * quarantine. `standing` is null then.
   */
  readonly damaged?: Problem | null
  /** Rows that the dayfile must hold, in the table's order. Empty and nothing standing: no dayfile is needed. */
  readonly rows: readonly Row[]
  /** Every row that was read for the day, losers and repetitions included: what C6's digest of inputs is over. */
  readonly inputs: readonly Row[]
  /** Parts that gave their rows, or whose rows stand already or lost to a later part: to recovery once published. */
  readonly merged: readonly StorePath[]
  /** Parts whose values lost against a dayfile: to quarantine (C9). */
  readonly lost: readonly StorePath[]
  /** Parts that stay where they are, with why: unreadable, broken rows, rows of another day. */
  readonly left: readonly Problem[]
  /** Rows that lost to another with their key and other values. */
  readonly conflicts: number
  /** Of a month: its day files. Each is in `merged` or `lost` as well. */
  readonly replaced?: readonly ReplacedFile[]
  /**
   * Of a month: those of `merged` of which values lost. They are in quarantine for good, and in recovery too: what else they
   * hold is in no other file than the month's.
   */
  readonly contested?: readonly StorePath[]
  /** Files that another program may have replaced since: what they were when their rows were read. */
  readonly identities?: readonly { readonly file: StorePath; readonly stat: FileStat }[]
}

/** What compaction asks of a table: the machinery around it (stage, verify, publish, move) is the same for all. */
export interface DayResolver {
  readonly table: TableSchema
  readonly series: Series
  /** Days with files that `merge` would take, ascending, from a fresh listing. */
  waiting(): Promise<readonly UtcDay[]>
  /** The file that a day's rows belong in: its month's, where that stands. Without this the day's own. */
  targetOf?(day: UtcDay): Promise<Target>
  /** The month's file as a target, where a month is one file; null when there is nothing of that month. */
  monthOf?(month: UtcMonth): Promise<Target | null>
  /**
   * Reads the parts of a target and the file that stands. Changes nothing.
   * @throws UNREADABLE, BAD_CHECKSUM when that is damaged: merging parts over it would lose its rows
   */
  merge(target: Target, signal?: AbortSignal): Promise<DayMerge>
}
