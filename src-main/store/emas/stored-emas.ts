import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { EmaRange, EmaReceipt, WorkOptions } from '../api.ts'
import type { StoreContext } from '../context.ts'
import type { DayBlocks } from '../read/day-blocks.ts'
import type { WindowEmas } from './window-emas.ts'

/** A day of candles whose moving averages are written. */
export interface EmaDay {
  readonly timeframe: Timeframe
  readonly day: UtcDay
}

/** What stored averages are worked out from: what answers windows, so that both give the same bits. */
export interface EmaSources {
  readonly context: StoreContext
  readonly blocks: DayBlocks
  readonly emas: WindowEmas
}

const NOTHING: EmaReceipt = { files: [], rows: 0, unchanged: 0, removed: [], problems: [] }

export async function writeEmas(
  _sources: EmaSources,
  _days: readonly EmaDay[],
  _work: WorkOptions = {},
): Promise<EmaReceipt> {
  return NOTHING
}

export async function rebuildEmas(
  _sources: EmaSources,
  _range: EmaRange,
  _work: WorkOptions = {},
): Promise<EmaReceipt> {
  throw new BarkeepError('INTERNAL', 'Not there yet.')
}
