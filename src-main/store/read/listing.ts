import { compareTimeframes } from '../../../schemas/contract/timeframe.ts'
import type { StorePath, Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { sameFile } from '../layout/checksums.ts'
import {
  DATA,
  dayfilePath,
  dayOfName,
  isParquet,
  partFolder,
  type Series,
  seriesFolder,
  timeframeOfFolder,
} from '../layout/file-names.ts'
import { KnownFolder } from '../layout/known-folder.ts'

/** What stands on disk for one UTC day of a timeframe. */
export interface ListedDay {
  readonly timeframe: Timeframe
  readonly day: UtcDay
  /** File names in the part folder, in name order: any `*.parquet` (SPEC L6). */
  readonly parts: readonly string[]
  readonly dayfile: FileStat | null
}

export function candleSeries(timeframe: Timeframe): Series {
  return { table: 'candles', timeframe }
}

/** The timeframes that have a folder, shorter bars first. */
export async function listTimeframes(context: StoreContext): Promise<readonly Timeframe[]> {
  const entries = await context.env.readDir(at(context, DATA))
  return entries
    .flatMap(({ name, isDirectory }) => (isDirectory ? (timeframeOfFolder(name) ?? []) : []))
    .sort(compareTimeframes)
}

/**
 * The days of a timeframe from `first` to `last`, both inclusive, ascending. Pruned by name; of the days in between,
 * the part folders and dayfiles are looked at, parts before the dayfile: compaction publishes the dayfile before it
 * moves the parts, so a reader that comes in between sees a bar twice (and settles it) rather than not at all.
 */
export async function listDays(
  context: StoreContext,
  timeframe: Timeframe,
  first: string = '',
  last: string = '~',
): Promise<readonly ListedDay[]> {
  const days = new Map<UtcDay, boolean>()
  const folder = new KnownFolder(context.env, at(context, seriesFolder(candleSeries(timeframe))))
  await folder.list()
  for (const { name, isDirectory } of folder.entries) {
    // By text before anything dearer: a window of a day stands in a folder of thousands.
    const start = name.slice(0, 10)
    if (start < first || start > last || isDirectory === isParquet(name)) continue
    const day = dayOfName(name)
    if (day !== null) days.set(day, isDirectory || (days.get(day) ?? false))
  }
  const sorted = [...days].sort(([a], [b]) => (a < b ? -1 : 1))
  return Promise.all(sorted.map(([day, hasFolder]) => listDay(context, timeframe, day, hasFolder)))
}

/** One day anew. @param hasFolder false when it is known that no part folder stands */
export async function listDay(
  context: StoreContext,
  timeframe: Timeframe,
  day: UtcDay,
  hasFolder = true,
): Promise<ListedDay> {
  const series = candleSeries(timeframe)
  const parts = hasFolder ? await parquetNames(context, partFolder(series, day)) : []
  const dayfile = await context.env.stat(at(context, dayfilePath(series, day)))
  return { timeframe, day, parts, dayfile: dayfile?.isDirectory === false ? dayfile : null }
}

/** Names of the Parquet files directly in a folder, in name order. */
export async function parquetNames(context: StoreContext, folder: StorePath): Promise<readonly string[]> {
  const entries = await context.env.readDir(at(context, folder))
  return entries.flatMap(({ name, isDirectory }) => (!isDirectory && isParquet(name) ? name : []))
}

/** Whether two looks found the same file, or both found none. */
export function sameLook(a: FileStat | null, b: FileStat | null): boolean {
  return a === null || b === null ? a === b : sameFile(a, b)
}
