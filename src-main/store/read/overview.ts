import type {
  DayState,
  FilesAndBytes,
  StorageOverview,
  TableState,
} from '../../../schemas/contract/health.ts'
import { utcDayOf } from '../../../schemas/contract/market-time.ts'
import type { StorePath, Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import { OBJECT_SNAPSHOT } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import type { LoadedFile } from '../events/event-files.ts'
import type { Timeline } from '../events/timeline.ts'
import { checkFile } from '../layout/checksums.ts'
import {
  dayfilePath,
  EMAS_FOLDER,
  parsePartName,
  parseStorePath,
  QUARANTINE,
  RECOVERY,
  SNAPSHOT,
  within,
} from '../layout/file-names.ts'
import { FLAG_IMAGES, IMAGES } from '../layout/image-names.ts'
import type { DayBlocks } from './day-blocks.ts'
import { partPath } from './day-plan.ts'
import type { DayfileFactsCache } from './dayfile-facts.ts'
import { ledgerTables, policyFile } from './ledger-overview.ts'
import { candleSeries, type ListedDay, listDays, listTimeframes } from './listing.ts'
import { forEachOf } from './shared-work.ts'
import { readFiles } from './table-files.ts'

const STATS_AT_ONCE = 16

export interface OverviewSources {
  readonly context: StoreContext
  readonly blocks: DayBlocks
  readonly facts: DayfileFactsCache
  readonly timeline: Timeline
}

/**
 * What stands on disk, day by day. The first call reads every dayfile once (see `DayfileFactsCache`), the parts that
 * wait, the timeline, and of the ledger footers and SHA-256; later ones look at names, sizes and times.
 * @throws CANCELLED; IO when the file system fails
 */
export async function storageOverview(
  sources: OverviewSources,
  signal?: AbortSignal,
): Promise<StorageOverview> {
  const { context } = sources
  const tables: TableState[] = []
  for (const timeframe of await listTimeframes(context)) {
    const days = await candleDays(sources, timeframe, signal)
    if (days.length > 0) tables.push({ table: 'candles', timeframe, days, missing: [] })
  }
  const events = await eventDays(sources)
  if (events.length > 0) tables.push({ table: 'object_events', timeframe: null, days: events, missing: [] })
  tables.push(...(await ledgerTables(context, signal)))
  const policies = await policyFile(context, signal)
  return {
    tables,
    ...(policies === undefined ? {} : { policies }),
    recovery: await sizeOf(context, RECOVERY),
    quarantine: await sizeOf(context, QUARANTINE),
    emas: await sizeOf(context, EMAS_FOLDER),
    pictures: sumOf(await sizeOf(context, IMAGES), await sizeOf(context, FLAG_IMAGES)),
    snapshot: await snapshotState(context),
  }
}

function sumOf(a: FilesAndBytes, b: FilesAndBytes): FilesAndBytes {
  return { files: a.files + b.files, bytes: a.bytes + b.bytes }
}

async function candleDays(
  { context, blocks, facts }: OverviewSources,
  timeframe: Timeframe,
  signal: AbortSignal | undefined,
): Promise<readonly DayState[]> {
  const days = await listDays(context, timeframe)
  const known = await facts.of(days, true, signal)
  const waiting = days.filter(({ parts }) => parts.length > 0).map(({ day }) => day)
  const problems = new Map<UtcDay, Problem>()
  for (const block of await blocks.ofDays(timeframe, waiting, signal)) {
    const [first] = block.problems
    if (first !== undefined) problems.set(block.day, first)
  }
  const states: DayState[] = []
  for (const listed of days) {
    const { day, dayfile, parts } = listed
    const fact = known.get(day)
    if (dayfile === null && parts.length === 0) continue
    states.push({
      day,
      dayfile:
        dayfile === null
          ? null
          : {
              file: dayfilePath(candleSeries(timeframe), day),
              rows: fact?.rows ?? null,
              bytes: dayfile.size,
              sha256: fact?.sha256 ?? null,
            },
      partsWaiting: parts.length,
      partBytes: await bytesOf(context, pathsOf(listed)),
      problem: told(fact?.problem ?? problems.get(day)),
    })
  }
  return states
}

function pathsOf(day: ListedDay): readonly StorePath[] {
  return day.parts.map((name) => partPath(day, name))
}

function told(problem: Problem | undefined): string | null {
  if (problem === undefined) return null
  return `${problem.code}: ${problem.file.split('/').at(-1)}: ${problem.detail}`
}

interface EventDay {
  dayfile: LoadedFile | null
  month: MonthShare | null
  readonly parts: LoadedFile[]
}

async function eventDays({ context, timeline }: OverviewSources): Promise<readonly DayState[]> {
  await timeline.current()
  const days = new Map<string, EventDay>()
  const dayAt = (day: string): EventDay => {
    const known = days.get(day)
    if (known !== undefined) return known
    const made: EventDay = { dayfile: null, month: null, parts: [] }
    days.set(day, made)
    return made
  }
  for (const file of timeline.files) {
    const named = parseStorePath(file.file)
    if (named.kind === 'dayfile') dayAt(named.day).dayfile = file
    else if (named.kind === 'monthfile')
      for (const [day, share] of daysOfMonth(file)) dayAt(day).month = share
    else if (named.kind === 'part') dayAt(dayOfEventPart(file)).parts.push(file)
  }
  const states: DayState[] = []
  for (const [day, { dayfile, month, parts }] of [...days].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [problem] = [dayfile, month?.file, ...parts].flatMap((file) => file?.problems ?? [])
    states.push({
      day,
      dayfile: month === null ? await dayfileState(context, dayfile) : await monthState(context, month),
      partsWaiting: parts.length,
      partBytes: await bytesOf(
        context,
        parts.map(({ file }) => file),
      ),
      problem: told(problem),
    })
  }
  return states
}

/** A part that can't be read is counted on the day it was written: its name tells that, and nothing else. */
function dayOfEventPart({ file, rows }: LoadedFile): string {
  const [first] = rows
  if (first !== undefined) return utcDayOf(first.ts)
  const [month = '', name = ''] = file.split('/').slice(-2)
  const written = parsePartName(name)
  return written === null ? `${month}-01` : utcDayOf(written.writtenMicros / 1000)
}

/** What of a month's file is of one day. */
interface MonthShare {
  readonly file: LoadedFile
  /** Null when the file can't be read. */
  readonly rows: number | null
  /** Events of the earlier days. */
  readonly before: number
}

function daysOfMonth(file: LoadedFile): ReadonlyMap<string, MonthShare> {
  const shares = new Map<string, MonthShare>()
  const named = parseStorePath(file.file)
  if (file.rows.length === 0 && named.kind === 'monthfile')
    return shares.set(`${named.month}-01`, { file, rows: file.failed ? null : 0, before: 0 })
  const counts = new Map<string, number>()
  for (const { ts } of file.rows) counts.set(utcDayOf(ts), (counts.get(utcDayOf(ts)) ?? 0) + 1)
  let before = 0
  for (const [day, rows] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    shares.set(day, { file, rows, before })
    before += rows
  }
  return shares
}

/** A day that stands in its month's file has its share of the bytes: all days together have all of them. */
async function monthState(
  context: StoreContext,
  { file: { file, rows: all }, rows, before }: MonthShare,
): Promise<DayState['dayfile']> {
  const check = await checkFile(context, file)
  if (check.state === 'missing') return null
  const { size } = check.stat
  const until = (count: number): number => (all.length === 0 ? size : Math.round((size * count) / all.length))
  const bytes = all.length === 0 ? size : until(before + (rows ?? 0)) - until(before)
  return { file, rows, bytes, sha256: check.sha256 }
}

async function dayfileState(context: StoreContext, dayfile: LoadedFile | null): Promise<DayState['dayfile']> {
  if (dayfile === null) return null
  const { file, rows, failed } = dayfile
  const check = await checkFile(context, file)
  if (check.state === 'missing') return null
  return { file, rows: failed ? null : rows.length, bytes: check.stat.size, sha256: check.sha256 }
}

async function bytesOf(context: StoreContext, files: readonly StorePath[]): Promise<number> {
  let bytes = 0
  await forEachOf(files, STATS_AT_ONCE, async (file) => {
    const stat = await context.env.stat(at(context, file))
    bytes += stat?.size ?? 0
  })
  return bytes
}

/** Files below a folder of ours, at any depth. */
async function sizeOf(context: StoreContext, folder: StorePath): Promise<{ files: number; bytes: number }> {
  const files = await filesBelow(context, folder)
  return { files: files.length, bytes: await bytesOf(context, files) }
}

/** Every file below a folder, in name order. */
export async function filesBelow(context: StoreContext, folder: StorePath): Promise<readonly StorePath[]> {
  const files: StorePath[] = []
  for (const { name, isDirectory } of await context.env.readDir(at(context, folder))) {
    const child = within(folder, name)
    if (isDirectory) files.push(...(await filesBelow(context, child)))
    else files.push(child)
  }
  return files
}

async function snapshotState(context: StoreContext): Promise<StorageOverview['snapshot']> {
  const stat = await context.env.stat(at(context, SNAPSHOT))
  if (stat === null) return null
  const { files } = await readFiles(context, OBJECT_SNAPSHOT, [SNAPSHOT], { columns: ['id'] })
  return { objects: files[0]?.rows ?? null, bytes: stat.size }
}
