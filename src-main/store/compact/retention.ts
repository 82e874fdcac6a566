import type { StorePath, UtcDay } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'
import { checkFile } from '../layout/checksums.ts'
import {
  companion,
  DATA,
  dayfilePath,
  dayOfName,
  GENERATIONS,
  monthOfName,
  partFolder,
  RECOVERY,
  type Series,
  TIMELINE,
  timeframeOfFolder,
  within,
} from '../layout/file-names.ts'
import { candleSeries, parquetNames } from '../read/listing.ts'
import { readGeneration } from './generation.ts'

const DAY_MILLIS = 86_400_000
const EVENTS: Series = { table: 'object_events' }

/** Recovery parts whose time is up, as far as their dayfiles are sound. */
export interface Expired {
  readonly folder: StorePath
  readonly files: readonly StorePath[]
  /** What holds their rows. While one of them isn't whole, the parts are all that is left of it. */
  readonly dayfiles: readonly StorePath[]
}

/**
 * Finds recovery parts older than the retention (SPEC C9). A folder's own time is that of the last move into it; a month
 * of events, into which something moves every day, is told apart by the records of its days.
 */
export async function expiredRecovery(context: StoreContext): Promise<readonly Expired[]> {
  const limit = context.env.now() - context.recoveryDays * DAY_MILLIS
  const expired: Expired[] = []
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
      if (!(await isOlder(context, folder, limit))) continue
      expired.push({ folder, files: await partsIn(context, folder), dayfiles: [dayfilePath(series, day)] })
    }
  }
  for (const { name } of await context.env.readDir(at(context, companion(RECOVERY, TIMELINE)))) {
    if (monthOfName(name) !== null)
      expired.push(...(await expiredEvents(context, within(TIMELINE, name), limit)))
  }
  return expired
}

async function expiredEvents(
  context: StoreContext,
  month: StorePath,
  limit: number,
): Promise<readonly Expired[]> {
  const folder = companion(RECOVERY, month)
  const standing = await partsIn(context, folder)
  if (standing.length === 0) return []
  const expired: Expired[] = []
  const dayfiles: StorePath[] = []
  for (const day of await recordedDays(context, month)) {
    const dayfile = dayfilePath(EVENTS, day)
    dayfiles.push(dayfile)
    const generation = await readGeneration(context, dayfile)
    if (generation === null || Date.parse(generation.writtenAt) > limit) continue
    const moved = new Set(generation.inputs.map(({ to }) => to))
    const files = standing.filter((file) => moved.has(file))
    if (files.length > 0) expired.push({ folder, files, dayfiles: [dayfile] })
  }
  // What no record names (a repeated event's part, an earlier generation's) goes with the whole month.
  if (dayfiles.length > 0 && (await isOlder(context, folder, limit)))
    expired.push({ folder, files: standing, dayfiles })
  return expired
}

async function recordedDays(context: StoreContext, month: StorePath): Promise<readonly UtcDay[]> {
  const entries = await context.env.readDir(at(context, companion(GENERATIONS, month)))
  return entries.flatMap(({ name }) =>
    name.endsWith('.json') ? (dayOfName(name.slice(0, -'.json'.length)) ?? []) : [],
  )
}

async function partsIn(context: StoreContext, folder: StorePath): Promise<readonly StorePath[]> {
  return (await parquetNames(context, folder)).map((name) => within(folder, name))
}

async function isOlder(context: StoreContext, folder: StorePath, limit: number): Promise<boolean> {
  const stat = await context.env.stat(at(context, folder))
  return stat !== null && stat.mtimeMs <= limit
}

/** Removes expired recovery parts, but none whose dayfile isn't whole. Under the writer lock. @returns files removed */
export async function purgeRecovery(context: StoreContext): Promise<number> {
  let removed = 0
  for (const { folder, files, dayfiles } of await expiredRecovery(context)) {
    if (!(await allWhole(context, dayfiles))) continue
    for (const file of files) await context.env.removeFile(at(context, file))
    removed += files.length
    if ((await context.env.readDir(at(context, folder))).length === 0) {
      await context.env.removeDir(at(context, folder))
    }
  }
  return removed
}

async function allWhole(context: StoreContext, dayfiles: readonly StorePath[]): Promise<boolean> {
  for (const file of dayfiles) {
    if ((await checkFile(context, file)).state !== 'same') return false
  }
  return true
}
