import { reportOf } from '../../../schemas/contract/errors.ts'
import type { CompactedDay, CompactReceipt } from '../../../schemas/contract/jobs.ts'
import { parseUtcDay } from '../../../schemas/contract/market-time.ts'
import { parseTimeframe } from '../../../schemas/contract/timeframe.ts'
import type { UtcDay } from '../../../schemas/contract/units.ts'
import type { CompactRequest } from '../../../schemas/generated/requests.ts'
import type { WorkOptions } from '../api.ts'
import { candleResolver } from '../candles/day-resolver.ts'
import { BarNumbers } from '../candles/numbering.ts'
import { at, type StoreContext } from '../context.ts'
import { withWriterLock } from '../fs/writer-lock.ts'
import { dayfilePath } from '../layout/file-names.ts'
import { listTimeframes } from '../read/listing.ts'
import { compactDay } from './compact-day.ts'
import { finishPending } from './interrupted.ts'
import type { DayStep } from './publish-day.ts'
import type { DayResolver } from './resolver.ts'
import { purgeRecovery } from './retention.ts'

/** A day to be compacted. */
export interface PlannedDay {
  readonly resolver: DayResolver
  readonly day: UtcDay
}

/**
 * Compacts a day, a timeframe, a table or all that has parts waiting (SPEC C1–C11): timeframes by length, days ascending,
 * for the 15m numbers go on from day to day. A day that fails carries its error and stops no other; after a
 * cancellation the days that were not reached are in the receipt as such.
 * @param events what compacts object events
 * @throws LOCKED naming the owner; BAD_REQUEST
 */
export async function compactStore(
  context: StoreContext,
  request: CompactRequest,
  events: DayResolver,
  options: WorkOptions = {},
): Promise<CompactReceipt> {
  const run = async (): Promise<CompactReceipt> => {
    const days = await planDays(context, request, events)
    return { days: await compactDays(context, days, request, options) }
  }
  // A dry run changes nothing, the lock file included.
  if (request.dryRun === true) return run()
  return withWriterLock(context, 'compact', async () => {
    await finishPending(context)
    const receipt = await run()
    await purgeRecovery(context)
    return receipt
  })
}

/** The days that a request means, in the order of the work. */
export async function planDays(
  context: StoreContext,
  request: CompactRequest,
  events: DayResolver,
): Promise<readonly PlannedDay[]> {
  const wanted = request.day === undefined ? null : parseUtcDay(request.day)
  const planned: PlannedDay[] = []
  for (const resolver of await resolversFor(context, request, events)) {
    const waiting = await resolver.waiting()
    const days = wanted === null ? waiting : waiting.filter((day) => day === wanted)
    for (const day of [...days].sort()) planned.push({ resolver, day })
    // A day asked for by name is in the receipt even with nothing to do.
    if (wanted !== null && days.length === 0) {
      const stat = await context.env.stat(at(context, dayfilePath(resolver.series, wanted)))
      if (stat !== null) planned.push({ resolver, day: wanted })
    }
  }
  return planned
}

async function resolversFor(
  context: StoreContext,
  { table, timeframe }: CompactRequest,
  events: DayResolver,
): Promise<readonly DayResolver[]> {
  const wanted = timeframe === undefined ? null : parseTimeframe(timeframe)
  const resolvers: DayResolver[] = []
  if (table !== 'object_events') {
    const numbers = new BarNumbers(context)
    for (const found of await listTimeframes(context)) {
      if (wanted === null || found === wanted) resolvers.push(candleResolver(context, found, numbers))
    }
  }
  // Events belong to every timeframe: one that is asked for alone means candles.
  if (table !== 'candles' && wanted === null) resolvers.push(events)
  return resolvers
}

async function compactDays(
  context: StoreContext,
  days: readonly PlannedDay[],
  request: CompactRequest,
  { onProgress, signal }: WorkOptions,
): Promise<readonly CompactedDay[]> {
  const receipts: CompactedDay[] = []
  for (const [done, { resolver, day }] of days.entries()) {
    const { series } = resolver
    const name = series.table === 'candles' ? series.timeframe : 'events'
    const onStep = (step: DayStep): void =>
      onProgress?.({ done, total: days.length, step: `${name} ${day}: ${step}` })
    if (signal?.aborted === true) {
      receipts.push({ ...untouched({ resolver, day }), skipped: 'cancelled' })
      continue
    }
    try {
      const { dryRun = false, keepParts = false } = request
      receipts.push(await compactDay(context, resolver, day, { dryRun, keepParts, signal, onStep }))
    } catch (error) {
      const report = reportOf(error)
      const cancelled = report.code === 'CANCELLED'
      receipts.push({
        ...untouched({ resolver, day }),
        ...(cancelled ? { skipped: 'cancelled' } : { skipped: 'failed', error: report }),
      })
    }
  }
  onProgress?.({ done: receipts.length, total: days.length, step: 'done' })
  return receipts
}

function untouched({ resolver: { series }, day }: PlannedDay): Omit<CompactedDay, 'skipped'> {
  return {
    table: series.table,
    timeframe: series.table === 'candles' ? series.timeframe : null,
    day,
    parts: 0,
    rows: 0,
    conflicts: 0,
    digest: null,
    file: dayfilePath(series, day),
  }
}
