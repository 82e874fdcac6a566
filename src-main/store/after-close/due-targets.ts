import type { AfterCloseReceipt } from '../../../schemas/contract/live.ts'
import { utcDayStart } from '../../../schemas/contract/market-time.ts'
import type { StorePath, UtcDay, UtcMonth } from '../../../schemas/contract/units.ts'
import { readDay } from '../candles/day-files.ts'
import { NUMBERED } from '../candles/numbering.ts'
import { refusalOf } from '../compact/month-closing.ts'
import type { DayResolver, MonthSeries, Target } from '../compact/resolver.ts'
import { type PlannedTarget, resolversFor, targetOf } from '../compact/run.ts'
import { at, type StoreContext } from '../context.ts'
import { dayOfPart, isRecovered } from '../events/event-places.ts'
import { TIER } from '../events/event-set.ts'
import type { Timeline } from '../events/timeline.ts'
import {
  monthfilePath,
  monthOfName,
  parsePartName,
  partFolder,
  seriesFolder,
  TIMELINE,
  timeframeOf,
  within,
} from '../layout/file-names.ts'
import { listLedgerFiles } from '../ledger/ledger-files.ts'
import { parquetNames } from '../read/listing.ts'
import { isInTurn } from '../write/turns.ts'
import {
  type DueRule,
  HALF_WRITTEN_MILLIS,
  isOverForAll,
  judgeDay,
  type Verdict,
  type WaitingDay,
} from './due-days.ts'

/** What compacts object events, and what they are read from. */
export interface EventSources {
  readonly events: DayResolver
  readonly timeline: Timeline
}

/** The files that a run is to make, and the days that it leaves. */
export interface DueTargets {
  readonly planned: readonly PlannedTarget[]
  readonly left: AfterCloseReceipt['left']
  /** Some of those left should have been done: the run is to be tried again. */
  readonly isPutOff: boolean
}

/**
 * What is due now (SPEC F22): days of candles and of object events, and months of object events and of the ledger that
 * have closed. Looks at everything that has files waiting; reads only days that are not over yet or that were written to
 * in the last hour.
 */
export async function dueTargets(
  context: StoreContext,
  sources: EventSources,
  rule: DueRule,
): Promise<DueTargets> {
  const planned: PlannedTarget[] = []
  const left: { timeframe: string | null; day: string; why: string }[] = []
  let isPutOff = false
  const take = (resolver: DayResolver, target: Target, waiting: WaitingDay): Verdict => {
    const verdict = judgeDay(waiting, rule)
    if (verdict.due) planned.push({ resolver, target })
    else leave(resolver, target, verdict.why, verdict.later)
    return verdict
  }
  const leave = ({ series }: DayResolver, { month, day }: Target, why: string, later: boolean): void => {
    left.push({ timeframe: timeframeOf(series), day: month ?? day, why })
    isPutOff ||= !later
  }
  for (const resolver of await resolversFor(context, {}, sources.events)) {
    const { series } = resolver
    if (series.table === 'candles') {
      let before: { readonly day: UtcDay; readonly later: boolean } | null = null
      for (const day of [...(await resolver.waiting())].sort()) {
        const target = await targetOf(resolver, day)
        // Numbers go on from day to day: those of an earlier day that comes later would be gone.
        if (before !== null) {
          leave(resolver, target, `its bars are numbered after those of ${before.day}`, before.later)
          continue
        }
        const verdict = take(resolver, target, await candlesWaiting(context, resolver, target, rule))
        if (!verdict.due && series.timeframe === NUMBERED) before = { day, later: verdict.later }
      }
      continue
    }
    const closed = await closedMonths(context, resolver)
    for (const month of closed) {
      const target = await resolver.monthOf?.(month)
      if (target != null) take(resolver, target, await monthWaiting(context, series, month, rule))
    }
    if (series.table !== 'object_events') continue
    for (const day of await resolver.waiting()) {
      if (closed.includes(day.slice(0, 7) as UtcMonth)) continue
      take(resolver, await targetOf(resolver, day), eventsWaiting(context, sources, resolver, day, rule))
    }
  }
  return { planned, left, isPutOff }
}

async function candlesWaiting(
  context: StoreContext,
  { series }: DayResolver,
  { day, folder }: Target,
  rule: DueRule,
): Promise<WaitingDay> {
  if (series.table !== 'candles') throw new RangeError('no candles')
  // A folder changes with each file that comes; one that rests has nothing new in it.
  const writes = await lateWrites(context, [folder], rule.now)
  const files = writes.size === 0 ? [] : await lateWritesIn(context, folder, rule.now)
  const needed = writes.size > 0 || !isOverForAll(day, rule)
  const parts = needed ? (await readDay(context, series.timeframe, day)).parts : []
  const late = new Map(files)
  return {
    day,
    symbols: [...new Set(parts.flatMap(({ rows }) => rows.map(({ symbol }) => symbol)))],
    lastWrite: newest(late.values(), rule.now),
    isInTurn: isInTurn(context, series, day),
    unreadable: parts.find(({ file, blemish }) => isBroken(blemish?.code) && late.has(file))?.file ?? null,
  }
}

function eventsWaiting(
  context: StoreContext,
  { timeline }: EventSources,
  { series }: DayResolver,
  day: UtcDay,
  rule: DueRule,
): WaitingDay {
  const folder = partFolder(series, day)
  const parts = timeline.files.filter(({ file, tier }) => tier === TIER.part && !isRecovered(file))
  const own = parts.filter((part) => dayOfPart(part) === day)
  const writtenAt = (file: StorePath, mtime: number | undefined): number =>
    mtime ?? (parsePartName(file.slice(file.lastIndexOf('/') + 1))?.writtenMicros ?? 0) / 1000
  const written = own.map(({ file, stat }) => writtenAt(file, stat?.mtimeMs))
  // Of one that can't be read nobody knows the day: it may be of any of its month.
  const broken = parts.find(
    ({ file, failed, stat }) =>
      failed && file.startsWith(`${folder}/`) && isLate(writtenAt(file, stat?.mtimeMs), rule.now),
  )
  return {
    day,
    symbols: [...new Set(own.flatMap(({ rows }) => rows.map(({ symbol }) => symbol)))],
    lastWrite: newest(written, rule.now),
    isInTurn: isInTurn(context, series, day),
    unreadable: broken?.file ?? null,
  }
}

/** Months of which files wait to become one, and that have closed (SPEC C19, E21). */
async function closedMonths(context: StoreContext, resolver: DayResolver): Promise<readonly UtcMonth[]> {
  const { series } = resolver
  if (series.table === 'candles') return []
  const months = new Set<UtcMonth>()
  if (series.table === 'object_events') {
    for (const { name } of await context.env.readDir(at(context, TIMELINE))) {
      const month = monthOfName(name)
      if (month === null) continue
      const files = await parquetNames(context, within(TIMELINE, name))
      const folder = within(TIMELINE, name)
      if (files.some((file) => within(folder, file) !== monthfilePath(month))) months.add(month)
    }
  } else {
    for (const { day, month, series: of } of await listLedgerFiles(context, series.table))
      if (day !== null && seriesFolder(of) === seriesFolder(series)) months.add(month)
  }
  const closed: UtcMonth[] = []
  for (const month of [...months].sort())
    if ((await refusalOf(context, resolver, month)) === null) closed.push(month)
  return closed
}

/** A closed month is over for everybody; only what is just being written keeps it. */
async function monthWaiting(
  context: StoreContext,
  series: MonthSeries,
  month: UtcMonth,
  { now }: DueRule,
): Promise<WaitingDay> {
  const first = `${month}-01` as UtcDay
  const files =
    series.table === 'object_events'
      ? (await parquetNames(context, partFolder(series, first))).map((name) =>
          within(partFolder(series, first), name),
        )
      : (await listLedgerFiles(context, series.table)).flatMap(({ file, day, month: of, series: its }) =>
          day !== null && of === month && seriesFolder(its) === seriesFolder(series) ? file : [],
        )
  const foreign = files.filter((file) => file !== monthfilePath(month, series))
  const writes = await lateWrites(context, foreign, now)
  return {
    day: new Date(utcDayStart(first) + 27 * 86_400_000).toISOString().slice(0, 10),
    symbols: [],
    lastWrite: newest(writes.values(), now),
    isInTurn: isInTurn(context, series, first),
    unreadable: null,
  }
}

/** When each file (or folder) was written, of those that were in the last hour. */
async function lateWrites(
  context: StoreContext,
  files: readonly StorePath[],
  now: number,
): Promise<ReadonlyMap<StorePath, number>> {
  const late = new Map<StorePath, number>()
  for (const file of files) {
    const stat = await context.env.stat(at(context, file))
    if (stat !== null && isLate(stat.mtimeMs, now)) late.set(file, stat.mtimeMs)
  }
  return late
}

/** The same of everything in a folder, files included that don't have their final name yet. */
async function lateWritesIn(
  context: StoreContext,
  folder: StorePath,
  now: number,
): Promise<ReadonlyMap<StorePath, number>> {
  const entries = await context.env.readDir(at(context, folder))
  const files = entries.flatMap(({ name, isDirectory }) => (isDirectory ? [] : within(folder, name)))
  return lateWrites(context, files, now)
}

function isLate(written: number, now: number): boolean {
  return Math.abs(now - written) < HALF_WRITTEN_MILLIS
}

/** The one nearest to now; null without any in the last hour. */
function newest(written: Iterable<number>, now: number): number | null {
  let found: number | null = null
  for (const each of written) {
    if (isLate(each, now) && (found === null || Math.abs(now - each) < Math.abs(now - found))) found = each
  }
  return found
}

function isBroken(code: string | undefined): boolean {
  return code === 'UNREADABLE' || code === 'BAD_CHECKSUM'
}
