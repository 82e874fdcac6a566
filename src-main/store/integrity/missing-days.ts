import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { Series, StorageOverview } from '../../../schemas/contract/health.ts'
import { utcDayOf } from '../../../schemas/contract/market-time.ts'
import { timeframeMillis } from '../../../schemas/contract/timeframe.ts'
import { calendarOf, tradingDaysBetween } from '../../../schemas/contract/trading-calendar.ts'
import type { Timeframe } from '../../../schemas/contract/units.ts'
import type { StoreSettings } from '../../../schemas/generated/requests.ts'
import type { StoreContext } from '../context.ts'
import { readStoreSettings } from './store-settings.ts'

const DAY = 86_400_000

/**
 * Says in an overview which days should have bars and have nothing (SPEC U6), from each symbol's span alone: what is
 * missing inside a day is doctor's to tell. With settings that can't be understood nothing is missing; doctor says why.
 * @param series every symbol and timeframe of the store with its span
 */
export async function withMissingDays(
  context: StoreContext,
  overview: StorageOverview,
  series: readonly Series[],
): Promise<StorageOverview> {
  const settings = await settingsOrNull(context)
  if (settings === null) return overview
  const tables = overview.tables.map((table) => {
    if (table.timeframe === null) return table
    const present = new Set(table.days.map(({ day }) => day))
    const own = series.filter(({ timeframe }) => timeframe === table.timeframe)
    return { ...table, missing: missingDays(own, present, settings) }
  })
  return { ...overview, tables }
}

function missingDays(
  series: readonly Series[],
  present: ReadonlySet<string>,
  settings: StoreSettings,
): readonly string[] {
  const missing = new Set<string>()
  for (const { symbol, timeframe, firstTs, lastTs } of series) {
    // A bar of several days stands for all of them.
    if (timeframeMillis(timeframe as Timeframe) > DAY) continue
    const calendar = calendarOf(symbol, settings)
    for (const day of tradingDaysBetween(calendar, utcDayOf(firstTs), utcDayOf(lastTs)))
      if (!present.has(day)) missing.add(day)
  }
  return [...missing].sort()
}

async function settingsOrNull(context: StoreContext): Promise<StoreSettings | null> {
  try {
    return await readStoreSettings(context)
  } catch (error) {
    if (error instanceof BarkeepError && error.code === 'BAD_SETTINGS') return null
    throw error
  }
}
