import type { AfterCloseReceipt } from '../../../schemas/contract/live.ts'
import type { Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import { DAY_MILLIS } from '../compact/retention.ts'
import type { StoreContext } from '../context.ts'
import { emaDays } from '../emas/ema-files.ts'
import type { EmaDay } from '../emas/ema-receipt.ts'
import { listDays, listTimeframes } from '../read/listing.ts'

/** Dayfiles this young have averages made by a run, whoever made the dayfile: a run that was cut before them included. */
const RECENT_MILLIS = 7 * DAY_MILLIS

/**
 * The days of candles that a run writes moving averages of: those it compacted, and those that got their dayfile in the
 * last week and have none yet. What was stored before and isn't right any more is for the writer to find.
 */
export async function emaDaysOf(
  context: StoreContext,
  days: AfterCloseReceipt['days'],
): Promise<readonly EmaDay[]> {
  const found = new Map<string, EmaDay>()
  const take = (timeframe: Timeframe, day: UtcDay): void => {
    found.set(`${timeframe} ${day}`, { timeframe, day })
  }
  for (const { table, timeframe, day, skipped } of days) {
    if (table === 'candles' && timeframe !== null && skipped === null)
      take(timeframe as Timeframe, day as UtcDay)
  }
  const since = context.env.now() - RECENT_MILLIS
  for (const timeframe of await listTimeframes(context)) {
    const stored = new Set(await emaDays(context, timeframe))
    for (const { day, dayfile } of await listDays(context, timeframe))
      if (dayfile !== null && dayfile.mtimeMs >= since && !stored.has(day)) take(timeframe, day)
  }
  return [...found.values()]
}
