import type { StorePath, UtcDay, UtcMonth } from '../../../schemas/contract/units.ts'
import { DAILY_TABLES } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import {
  companion,
  DATA,
  dayfilePath,
  dayOfName,
  firstName,
  GENERATIONS,
  monthfilePath,
  monthOfName,
  type NamedFile,
  PREVIOUS,
  parseStorePath,
  partFolder,
  RECOVERY,
  TIMELINE,
  timeframeOfFolder,
  within,
} from '../layout/file-names.ts'
import { candleSeries, parquetNames } from '../read/listing.ts'
import { filesBelow } from '../read/overview.ts'
import { generationPath, readGeneration } from './generation.ts'
import type { MonthSeries } from './resolver.ts'

const EVENTS: MonthSeries = { table: 'object_events' }

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
    if (month === null) continue
    const files = await parquetIn(context, companion(RECOVERY, within(TIMELINE, month)))
    aside.push(...(await monthAside(context, { series: EVENTS, month }, files)))
  }
  return [...aside, ...(await ledgersAside(context))]
}

/** A ledger's months share their folder, in recovery too: told apart by the names of files. */
async function ledgersAside(context: StoreContext): Promise<readonly PutAside[]> {
  const months = new Map<string, { readonly of: Month; readonly files: StorePath[] }>()
  for (const table of DAILY_TABLES) {
    for (const path of await filesBelow(context, companion(RECOVERY, table as string as StorePath))) {
      const named = parseStorePath(firstName(path.slice(RECOVERY.length + 1) as StorePath))
      if (named.kind !== 'dayfile' && named.kind !== 'monthfile') continue
      if (named.series.table === 'candles') continue
      const of = monthOf(named)
      const key = monthfilePath(of.month, of.series)
      const known = months.get(key)
      if (known === undefined) months.set(key, { of, files: [path] })
      else known.files.push(path)
    }
  }
  const aside: PutAside[] = []
  for (const { of, files } of months.values()) aside.push(...(await monthAside(context, of, files)))
  return aside
}

function monthOf(named: Extract<NamedFile, { kind: 'dayfile' | 'monthfile' }>): Month {
  const series = named.series as MonthSeries
  return { series, month: named.kind === 'monthfile' ? named.month : (named.day.slice(0, 7) as UtcMonth) }
}

/** Files that a backfill replaced, or another program's that were merged with: for undo, and never purged unasked. */
export async function putInPrevious(context: StoreContext): Promise<readonly PutAside[]> {
  const aside: PutAside[] = []
  for (const path of await filesBelow(context, PREVIOUS)) {
    const file = firstName(path.slice(PREVIOUS.length + 1) as StorePath)
    const named = parseStorePath(file)
    if (named.kind !== 'dayfile' && named.kind !== 'monthfile' && named.kind !== 'policies') continue
    const isAlone = named.kind === 'policies' || named.series.table === 'candles'
    const holders = isAlone ? [file] : await holdersOf(context, monthOf(named), file)
    // A record of now is at least as young as that of the replacement.
    const written = Date.parse((await readGeneration(context, file))?.writtenAt ?? '')
    const folder = path.slice(0, path.lastIndexOf('/')) as StorePath
    const since = Number.isNaN(written) ? await changedAt(context, folder) : written
    aside.push({ folder, files: [path], since, holders })
  }
  return aside
}

/** A month of events, or of a ledger's folder. */
interface Month {
  readonly series: MonthSeries
  readonly month: UtcMonth
}

/** @param files what lies in recovery of the month */
async function monthAside(
  context: StoreContext,
  of: Month,
  files: readonly StorePath[],
): Promise<readonly PutAside[]> {
  const standing = new Set(files)
  const [first] = files
  if (first === undefined) return []
  const folder = first.slice(0, first.lastIndexOf('/')) as StorePath
  const aside: PutAside[] = []
  const holders = new Set<StorePath>()
  for (const file of await recordedFiles(context, of)) {
    const holding = await holdersOf(context, of, file)
    for (const holder of holding) holders.add(holder)
    const generation = await readGeneration(context, file)
    if (generation === null) continue
    const { inputs, earlier = [], replaces, writtenAt } = generation
    const moved = [...earlier.map(({ to }) => to), ...inputs.map(({ to }) => to), replaces?.keptAs ?? null]
    const recorded = moved.filter((each): each is StorePath => each !== null && standing.delete(each))
    if (recorded.length > 0)
      aside.push({ folder, files: recorded, since: Date.parse(writtenAt), holders: holding })
  }
  // What no record names (a repeated event's part) goes with the whole month.
  if (standing.size > 0) {
    const since = await changedAt(context, folder)
    aside.push({ folder, files: [...standing], since, holders: [...holders] })
  }
  return aside
}

/** The files of a month that have a record, the month's own last: what a part was moved for first is its day's. */
async function recordedFiles(context: StoreContext, { series, month }: Month): Promise<readonly StorePath[]> {
  const recorded = new Set<string>()
  const records = companion(GENERATIONS, partFolder(series, `${month}-01` as UtcDay))
  for (const { name } of await context.env.readDir(at(context, records))) recorded.add(within(records, name))
  const days = daysOf(month).map((day) => dayfilePath(series, day))
  return [...days, monthfilePath(month, series)].filter((file) => recorded.has(generationPath(file)))
}

function daysOf(month: UtcMonth): readonly UtcDay[] {
  return Array.from({ length: 31 }, (_, index) =>
    dayOfName(`${month}-${String(index + 1).padStart(2, '0')}`),
  ).filter((day) => day !== null)
}

/** A day file's rows are in its month's file once that has taken its place, and in both while both stand. */
async function holdersOf(
  context: StoreContext,
  { series, month }: Month,
  file: StorePath,
): Promise<readonly StorePath[]> {
  const monthfile = monthfilePath(month, series)
  if (file === monthfile || (await context.env.stat(at(context, monthfile))) === null) return [file]
  return (await context.env.stat(at(context, file))) === null ? [monthfile] : [file, monthfile]
}

async function parquetIn(context: StoreContext, folder: StorePath): Promise<readonly StorePath[]> {
  return (await parquetNames(context, folder)).map((name) => within(folder, name))
}

async function changedAt(context: StoreContext, folder: StorePath): Promise<number> {
  return (await context.env.stat(at(context, folder)))?.mtimeMs ?? Number.POSITIVE_INFINITY
}
