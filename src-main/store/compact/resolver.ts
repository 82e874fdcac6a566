import type { StorePath, UtcDay } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import type { Series } from '../layout/file-names.ts'
import type { Row } from '../write/part-writer.ts'

/** What one day's files amount to by the table's rule (SPEC C1), and what becomes of each part. */
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
}

/** What compaction asks of a table: the machinery around it (stage, verify, publish, move) is the same for all. */
export interface DayResolver {
  readonly table: TableSchema
  readonly series: Series
  /** Days with parts that `merge` would take, ascending, from a fresh listing. */
  waiting(): Promise<readonly UtcDay[]>
  /**
   * Reads the day's parts and dayfile. Changes nothing.
   * @throws UNREADABLE, BAD_CHECKSUM when the dayfile is damaged: merging parts over it would lose its rows
   */
  merge(day: UtcDay, signal?: AbortSignal): Promise<DayMerge>
}
