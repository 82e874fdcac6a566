import type { PurgeReceipt } from '../../../schemas/contract/jobs.ts'
import { formatUtcIso } from '../../../schemas/contract/market-time.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import type { PurgeRequest } from '../../../schemas/generated/requests.ts'
import type { WorkOptions } from '../api.ts'
import { at, type StoreContext } from '../context.ts'
import { withWriterLock } from '../fs/writer-lock.ts'
import { readMetadata } from '../read/table-files.ts'
import { finishPending } from './interrupted.ts'
import { type PutAside, putInPrevious, putInRecovery } from './put-aside.ts'
import { DAY_MILLIS, recoveryDaysOf, removeEmptied, Wholeness } from './retention.ts'

type Removed = PurgeReceipt['removed'][number]
type Kept = PurgeReceipt['kept'][number]

/**
 * Removes what retention allows (SPEC C22): files in recovery, and previous generations of our own, that were put aside
 * at least so many days ago and whose rows a whole file holds. Stops between folders when cancelled.
 * @throws LOCKED naming the owner; IO, and what was removed until then is gone
 */
export async function purgeStore(
  context: StoreContext,
  request: PurgeRequest,
  options: WorkOptions = {},
): Promise<PurgeReceipt> {
  const { dryRun = false } = request
  const days = request.olderThanDays ?? (await recoveryDaysOf(context))
  const ages: PurgeAges = { recoveryDays: days, previousDays: days, dryRun }
  if (dryRun) return purgeAside(context, ages, options)
  return withWriterLock(context, 'purge', async () => {
    // Until an interrupted compaction is finished its file has no recorded SHA-256.
    await finishPending(context)
    return purgeAside(context, ages, options)
  })
}

/** From how many days on files go. */
export interface PurgeAges {
  readonly recoveryDays: number
  /** Of previous generations, which are for undo; null: they all stay. */
  readonly previousDays: number | null
  readonly dryRun: boolean
}

/** The purge itself, for one who holds the writer lock and has finished what was interrupted. */
export async function purgeAside(
  context: StoreContext,
  { recoveryDays, previousDays, dryRun }: PurgeAges,
  { onProgress, signal }: WorkOptions,
): Promise<PurgeReceipt> {
  const now = context.env.now()
  const previous = previousDays === null ? [] : await putInPrevious(context)
  const groups = [
    ...(await putInRecovery(context)).map((group) => ({ group, days: recoveryDays })),
    ...previous.map((group) => ({ group, days: previousDays ?? recoveryDays })),
  ]
  const foreign = await foreignFiles(context, previous)
  const wholeness = new Wholeness(context)
  const removed: Removed[] = []
  const kept: Kept[] = []
  let cancelled = false
  for (const [done, { group, days }] of groups.entries()) {
    onProgress?.({ done, total: groups.length, step: group.folder })
    if (signal?.aborted === true) {
      cancelled = true
      break
    }
    const why = await whyKept(group, now, days, foreign, wholeness)
    if (why !== null) kept.push({ path: nameOf(group), why })
    else removed.push(...(await remove(context, group, dryRun)))
  }
  onProgress?.({ done: groups.length, total: groups.length, step: 'done' })
  const bytes = removed.reduce((sum, file) => sum + file.bytes, 0)
  return { files: removed.length, bytes, removed, kept, ...(cancelled ? { cancelled } : {}) }
}

async function remove(context: StoreContext, group: PutAside, dryRun: boolean): Promise<readonly Removed[]> {
  const why = `put aside ${formatUtcIso(group.since)}; its rows are in ${group.holders.join(' and ')}`
  const removed: Removed[] = []
  for (const path of group.files) {
    const stat = await context.env.stat(at(context, path))
    if (stat === null) continue
    if (!dryRun) await context.env.removeFile(at(context, path))
    removed.push({ path, bytes: stat.size, why })
  }
  if (!dryRun) await removeEmptied(context, group.folder)
  return removed
}

/** Null when the files may go. */
async function whyKept(
  group: PutAside,
  now: number,
  days: number,
  foreign: ReadonlySet<StorePath>,
  wholeness: Wholeness,
): Promise<string | null> {
  const { files, since, holders } = group
  if (since > now - days * DAY_MILLIS)
    return `put aside ${formatUtcIso(since)}: stays until ${formatUtcIso(since + days * DAY_MILLIS)}`
  if (files.some((file) => foreign.has(file)))
    return 'of another program: it may hold columns that Barkeep has no place for. Remove it yourself if you know better'
  if (holders.length === 0) return 'no record tells what holds its rows'
  const broken = await wholeness.firstBroken(holders)
  return broken === null ? null : `${broken} is not whole: this may be all that is left of it`
}

/** Previous generations that don't bear our metadata, or can't be read. */
async function foreignFiles(
  context: StoreContext,
  previous: readonly PutAside[],
): Promise<ReadonlySet<StorePath>> {
  const files = previous.flatMap((group) => group.files)
  if (files.length === 0) return new Set()
  const metadata = await readMetadata(context, files)
  return new Set(files.filter((file) => metadata.get(file)?.has('barkeep.table') !== true))
}

/** One file by its name, several by their folder. */
function nameOf({ folder, files }: PutAside): string {
  const [only, ...others] = files
  return only !== undefined && others.length === 0 ? only : folder
}
