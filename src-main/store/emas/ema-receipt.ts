import type { ErrorReport } from '../../../schemas/contract/errors.ts'
import type { Timeframe, UtcDay } from '../../../schemas/contract/units.ts'

/** A day of candles whose moving averages are written. */
export interface EmaDay {
  readonly timeframe: Timeframe
  readonly day: UtcDay
}

/** Days of which moving averages are written; all unless given. UTC days, inclusive. */
export interface EmaRange {
  readonly timeframe?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/** What became of the files of moving averages below `emas/` (SPEC F37). */
export interface EmaReceipt {
  /** Written, relative to the store. */
  readonly files: readonly string[]
  /** In the files that were written. */
  readonly rows: number
  /** Days whose file holds what it should already. */
  readonly unchanged: number
  /** Files of days that have no bars any more, moved to `.barkeep/previous/`. */
  readonly removed: readonly string[]
  /** Days that failed; the others are written. */
  readonly problems: readonly ErrorReport[]
}
