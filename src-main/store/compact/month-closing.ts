import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { UtcMonth } from '../../../schemas/contract/units.ts'
import type { StoreContext } from '../context.ts'
import { readStoreSettings } from '../integrity/store-settings.ts'
import type { DayResolver } from './resolver.ts'

/** A month is closed so long after its end: by then the bots' last rows of it have come. */
const CLOSES_AFTER_HOURS = 24
const HOUR_MILLIS = 3_600_000

/**
 * Why a month can't be one file yet (SPEC C19, E21): it closes 24 hours after its last UTC instant, a ledger's not before
 * its last day is sealed. Null when it can.
 */
export async function refusalOf(
  context: StoreContext,
  { series: { table } }: DayResolver,
  month: UtcMonth,
): Promise<BarkeepError | null> {
  let hours = CLOSES_AFTER_HOURS
  if (table !== 'object_events') {
    try {
      const { sealHours = 0 } = await readStoreSettings(context)
      hours = Math.max(hours, sealHours)
    } catch (error) {
      if (error instanceof BarkeepError && error.code === 'BAD_SETTINGS') return error
      throw error
    }
  }
  const closes = endOf(month) + hours * HOUR_MILLIS
  if (context.env.now() >= closes) return null
  const from = `${new Date(closes).toISOString().slice(0, 16)}Z`
  const until =
    table === 'object_events'
      ? 'Until then compact its days with --day or --all.'
      : 'Until then its days stay.'
  return new BarkeepError('BAD_REQUEST', `${month} can be one file from ${from} on. ${until}`)
}

/** Its first instant that is no longer its own, ms UTC. */
function endOf(month: UtcMonth): number {
  const [year = 0, number = 0] = month.split('-').map(Number)
  return Date.UTC(year, number)
}
