import type { StorePath, UtcDay, UtcMonth } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'
import {
  companion,
  DATA,
  dayfilePath,
  dayOfName,
  GENERATIONS,
  monthfilePath,
  monthOfName,
  PREVIOUS,
  parseStorePath,
  partFolder,
  RECOVERY,
  type Series,
  TIMELINE,
  timeframeOfFolder,
  within,
} from '../layout/file-names.ts'
import { candleSeries, parquetNames } from '../read/listing.ts'
import { filesBelow } from '../read/overview.ts'
import { generationPath, readGeneration } from './generation.ts'

const EVENTS: Series = { table: 'object_events' }

/** Files that were put aside together, below a private folder. */
export interface PutAside {
  readonly folder: StorePath
  readonly files: readonly StorePath[]
  /** When they were put aside, ms UTC, or later. */
  readonly since: number
  /** What holds their rows now. While one of them isn't whole, these files may be all that is left of it. */
  readonly holders: readonly StorePath[]
}

/**
 * What lies in recovery (SPEC C9, C22). A folder's own time is that of the last move into it; a month of events, into which
 * something moves every day, is told apart by the records of its files.
 */
export async function putInRecovery(context: StoreContext): Promise<readonly PutAside[]> {
  const aside: PutAside[] = []
  for (const { name } of await context.env.readDir(at(context, companion(RECOVERY, DATA)))) {
    const timeframe = timeframeOfFolder(name)
    if (timeframe === null) continue
    const series = candleSeries(timeframe)
    for (const { name: child } of await context.env.readDir(
      at(context, companion(RECOVERY, within(DATA, name))),
    )) {
      const day = dayOfName(child)
      if (day === null) continue
      const folder = companion(RECOVERY, partFolder(series, day))
      const files = await parquetIn(context, folder)
      const holders = [dayfilePath(series, day)]
      aside.push({ folder, files, since: await changedAt(context, folder), holders })
    }
  }
  for (const { name } of await context.env.readDir(at(context, companion(RECOVERY, TIMELINE)))) {
    const month = monthOfName(name)
    if (month !== null) aside.push(...(await eventsAside(context, month)))
  }
  return aside
}

/** Files that a backfill replaced, or another program's that were merged with: for undo, and never purged unasked. */
export async function putInPrevious(context: StoreContext): Promise<readonly PutAside[]> {
  const aside: PutAside[] = []
  for (const path of await filesBelow(context, PREVIOUS)) {
    const file = path.slice(PREVIOUS.length + 1) as StorePath
    const { kind } = parseStorePath(file)
    if (kind !== 'dayfile' && kind !== 'monthfile') continue
    // A record of now is at least as young as that of the replacement.
    const written = Date.parse((await readGeneration(context, file))?.writtenAt ?? '')
    const folder = path.slice(0, path.lastIndexOf('/')) as StorePath
    const since = Number.isNaN(written) ? await changedAt(context, folder) : written
    aside.push({ folder, files: [path], since, holders: [file] })
  }
  return aside
}

async function eventsAside(context: StoreContext, month: UtcMonth): Promise<readonly PutAside[]> {
  const folder = companion(RECOVERY, within(TIMELINE, month))
  const standing = new Set(await parquetIn(context, folder))
  if (standing.size === 0) return []
  const aside: PutAside[] = []
  const holders = new Set<StorePath>()
  for (const file of await recordedFiles(context, month)) {
    const holding = await holdersOf(context, month, file)
    for (const holder of holding) holders.add(holder)
    const generation = await readGeneration(context, file)
    if (generation === null) continue
    const { inputs, earlier = [], replaces, writtenAt } = generation
    const moved = [...earlier.map(({ to }) => to), ...inputs.map(({ to }) => to), replaces?.keptAs ?? null]
    const files = moved.filter((each): each is StorePath => each !== null && standing.delete(each))
    if (files.length > 0) aside.push({ folder, files, since: Date.parse(writtenAt), holders: holding })
  }
  // What no record names (a repeated event's part) goes with the whole month.
  if (standing.size > 0) {
    const since = await changedAt(context, folder)
    aside.push({ folder, files: [...standing], since, holders: [...holders] })
  }
  return aside
}

/** The files of a month that have a record, the month's own last: what a part was moved for first is its day's. */
async function recordedFiles(context: StoreContext, month: UtcMonth): Promise<readonly StorePath[]> {
  const days: UtcDay[] = []
  const records = companion(GENERATIONS, within(TIMELINE, month))
  for (const { name } of await context.env.readDir(at(context, records))) {
    const day = name.endsWith('.json') ? dayOfName(name.slice(0, -'.json'.length)) : null
    if (day !== null) days.push(day)
  }
  const files = days.map((day) => dayfilePath(EVENTS, day))
  const monthfile = monthfilePath(month)
  const recorded = (await context.env.stat(at(context, generationPath(monthfile)))) !== null
  return recorded ? [...files, monthfile] : files
}

/** A day file's rows are in its month's file once that has taken its place, and in both while both stand. */
async function holdersOf(
  context: StoreContext,
  month: UtcMonth,
  file: StorePath,
): Promise<readonly StorePath[]> {
  const monthfile = monthfilePath(month)
  if (file === monthfile || (await context.env.stat(at(context, monthfile))) === null) return [file]
  return (await context.env.stat(at(context, file))) === null ? [monthfile] : [file, monthfile]
}

async function parquetIn(context: StoreContext, folder: StorePath): Promise<readonly StorePath[]> {
  return (await parquetNames(context, folder)).map((name) => within(folder, name))
}

async function changedAt(context: StoreContext, folder: StorePath): Promise<number> {
  return (await context.env.stat(at(context, folder)))?.mtimeMs ?? Number.POSITIVE_INFINITY
}
