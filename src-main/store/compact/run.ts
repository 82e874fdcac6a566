import { BarkeepError, type ErrorReport, reportOf } from '../../../schemas/contract/errors.ts'
import type { CompactedDay, CompactReceipt } from '../../../schemas/contract/jobs.ts'
import { parseUtcDay, parseUtcMonth } from '../../../schemas/contract/market-time.ts'
import { parseTimeframe } from '../../../schemas/contract/timeframe.ts'
import type { UtcDay, UtcMonth } from '../../../schemas/contract/units.ts'
import type { CompactRequest } from '../../../schemas/generated/requests.ts'
import { DAILY_TABLES } from '../../../schemas/tables/index.ts'
import type { WorkOptions } from '../api.ts'
import { candleResolver } from '../candles/day-resolver.ts'
import { BarNumbers } from '../candles/numbering.ts'
import { at, type StoreContext } from '../context.ts'
import { withWriterLock } from '../fs/writer-lock.ts'
import { type Series, seriesFolder } from '../layout/file-names.ts'
import { ledgerResolver, ledgerSeries } from '../ledger/month-resolver.ts'
import { listTimeframes } from '../read/listing.ts'
import { compactDay, receiptOf } from './compact-day.ts'
import { removeEmptyPartFolders } from './empty-folders.ts'
import { finishPending } from './interrupted.ts'
import { refusalOf } from './month-closing.ts'
import type { DayStep } from './publish-day.ts'
import { type DayResolver, dayTarget, type Target } from './resolver.ts'
import { purgeRecovery } from './retention.ts'

/** A file to be made. */
export interface PlannedTarget {
  readonly resolver: DayResolver
  readonly target: Target
  /** Why it can't be, known before any work. */
  readonly refused?: ErrorReport
}

/**
 * Compacts a day, a range of days, a month, a timeframe, a table or all that has parts waiting (SPEC C1–C11, C19): timeframes by length,
 * days ascending, for the 15m numbers go on from day to day. A day that fails carries its error and stops no other;
 * after a cancellation the days that were not reached are in the receipt as such.
 * @param events what compacts object events
 * @throws LOCKED naming the owner; BAD_REQUEST, also when only a month of events is asked for that isn't closed yet
 */
export async function compactStore(
  context: StoreContext,
  request: CompactRequest,
  events: DayResolver,
  options: WorkOptions = {},
): Promise<CompactReceipt> {
  const run = async (): Promise<CompactReceipt> => {
    const targets = await planTargets(context, request, events)
    return { days: await compactTargets(context, targets, request, options) }
  }
  // A dry run changes nothing, the lock file included.
  if (request.dryRun === true) return run()
  return withWriterLock(context, 'compact', async () => {
    await finishPending(context)
    const receipt = await run()
    await purgeRecovery(context)
    await removeEmptyPartFolders(context)
    return receipt
  })
}

/** The files that a request means, in the order of the work. */
async function planTargets(
  context: StoreContext,
  request: CompactRequest,
  events: DayResolver,
): Promise<readonly PlannedTarget[]> {
  const day = request.day === undefined ? null : parseUtcDay(request.day)
  const month = request.month === undefined ? null : parseUtcMonth(request.month)
  const range = rangeOf(request)
  if ([day, month, range].filter((choice) => choice !== null).length > 1)
    throw new BarkeepError(
      'BAD_REQUEST',
      'Ask for a day, for a month or for a range of days, not for several.',
    )
  const planned: PlannedTarget[] = []
  for (const resolver of await resolversFor(context, request, events)) {
    if (month !== null && resolver.monthOf !== undefined) {
      const alone = request.table === resolver.series.table
      planned.push(...(await plannedMonth(context, resolver, month, alone)))
    } else planned.push(...(await plannedDays(context, resolver, day, isMeant(month, range))))
  }
  return planned
}

interface DayRange {
  readonly from: UtcDay
  readonly to: UtcDay
}

/** @throws BAD_REQUEST for half a range, and for one that ends before it begins */
function rangeOf({ from, to }: CompactRequest): DayRange | null {
  if (from === undefined && to === undefined) return null
  if (from === undefined || to === undefined)
    throw new BarkeepError('BAD_REQUEST', 'A range of days has a first and a last one: give both.')
  const range = { from: parseUtcDay(from), to: parseUtcDay(to) }
  if (range.from > range.to)
    throw new BarkeepError('BAD_REQUEST', `${from} comes after ${to}: give the earlier day first.`)
  return range
}

function isMeant(month: UtcMonth | null, range: DayRange | null): (day: UtcDay) => boolean {
  return (day) =>
    (month === null || day.startsWith(`${month}-`)) &&
    (range === null || (day >= range.from && day <= range.to))
}

async function plannedDays(
  context: StoreContext,
  resolver: DayResolver,
  wanted: UtcDay | null,
  isMeantToo: (day: UtcDay) => boolean,
): Promise<readonly PlannedTarget[]> {
  const targets = new Map<string, Target>()
  for (const day of [...(await resolver.waiting())].sort()) {
    if (wanted !== null && day !== wanted) continue
    if (!isMeantToo(day)) continue
    const target = await targetOf(resolver, day)
    targets.set(target.file, target)
  }
  // A day asked for by name is in the receipt even with nothing to do.
  if (wanted !== null && targets.size === 0) {
    const target = await targetOf(resolver, wanted)
    if ((await context.env.stat(at(context, target.file))) !== null) targets.set(target.file, target)
  }
  return [...targets.values()].map((target) => ({ resolver, target }))
}

/** The file that a day's rows belong in. */
export async function targetOf(resolver: DayResolver, day: UtcDay): Promise<Target> {
  return (await resolver.targetOf?.(day)) ?? dayTarget(resolver.series, day)
}

/** @param alone nothing else was asked for: what can't be done is the answer */
async function plannedMonth(
  context: StoreContext,
  resolver: DayResolver,
  month: UtcMonth,
  alone: boolean,
): Promise<readonly PlannedTarget[]> {
  const refusal = await refusalOf(context, resolver, month)
  if (alone && refusal !== null) throw refusal
  const target = await resolver.monthOf?.(month)
  if (target == null) return []
  return [{ resolver, target, ...(refusal === null ? {} : { refused: refusal.toReport() }) }]
}

/** What compacts each series that the store has, in the order of the work. */
export async function resolversFor(
  context: StoreContext,
  { table, timeframe }: CompactRequest,
  events: DayResolver,
): Promise<readonly DayResolver[]> {
  const wanted = timeframe === undefined ? null : parseTimeframe(timeframe)
  const resolvers: DayResolver[] = []
  if (table === undefined || table === 'candles') {
    const numbers = new BarNumbers(context)
    for (const found of await listTimeframes(context)) {
      if (wanted === null || found === wanted) resolvers.push(candleResolver(context, found, numbers))
    }
  }
  // All others belong to every timeframe: one that is asked for alone means candles.
  if (wanted !== null) return resolvers
  if (table === undefined || table === 'object_events') resolvers.push(events)
  const ledgers = DAILY_TABLES.filter((each) => table === undefined || each === table)
  for (const series of await ledgerSeries(context, ledgers)) resolvers.push(ledgerResolver(context, series))
  return resolvers
}

function nameOf(series: Series): string {
  if (series.table === 'candles') return series.timeframe
  return series.table === 'object_events' ? 'events' : seriesFolder(series)
}

/** Takes planned files through compaction, one after the other. Under the writer lock, unless it is a dry run. */
export async function compactTargets(
  context: StoreContext,
  planned: readonly PlannedTarget[],
  request: Pick<CompactRequest, 'dryRun' | 'keepParts'>,
  { onProgress, signal }: WorkOptions,
): Promise<readonly CompactedDay[]> {
  const receipts: CompactedDay[] = []
  for (const [done, { resolver, target, refused }] of planned.entries()) {
    const { series, day, month } = target
    const name = `${nameOf(series)} ${month ?? day}`
    const onStep = (step: DayStep): void =>
      onProgress?.({ done, total: planned.length, step: `${name}: ${step}` })
    if (refused !== undefined) {
      receipts.push({ ...receiptOf(target), skipped: 'failed', error: refused })
      continue
    }
    if (signal?.aborted === true) {
      receipts.push({ ...receiptOf(target), skipped: 'cancelled' })
      continue
    }
    try {
      const { dryRun = false, keepParts = false } = request
      receipts.push(await compactDay(context, resolver, target, { dryRun, keepParts, signal, onStep }))
    } catch (error) {
      const report = reportOf(error)
      const cancelled = report.code === 'CANCELLED'
      receipts.push({
        ...receiptOf(target),
        ...(cancelled ? { skipped: 'cancelled' } : { skipped: 'failed', error: report }),
      })
    }
  }
  onProgress?.({ done: receipts.length, total: planned.length, step: 'done' })
  return receipts
}
