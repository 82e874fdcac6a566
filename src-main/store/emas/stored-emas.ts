import { BarkeepError, type ErrorReport, reportOf } from '../../../schemas/contract/errors.ts'
import type { CompactReceipt } from '../../../schemas/contract/jobs.ts'
import { parseUtcDay } from '../../../schemas/contract/market-time.ts'
import { compareTimeframes, parseTimeframe } from '../../../schemas/contract/timeframe.ts'
import type { Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { StoreSettings } from '../../../schemas/generated/requests.ts'
import type { WorkOptions } from '../api.ts'
import { at, type StoreContext } from '../context.ts'
import { readStoreSettings } from '../integrity/store-settings.ts'
import { checksumPath } from '../layout/checksums.ts'
import { emasPath } from '../layout/file-names.ts'
import { type ListedDay, listDays, listTimeframes } from '../read/listing.ts'
import { throwIfAborted } from '../read/shared-work.ts'
import { DEFAULT_PERIODS } from './ema.ts'
import { emaTimeframes, InputDigests, judgeEmas } from './ema-files.ts'
import type { EmaDay, EmaRange, EmaReceipt } from './ema-receipt.ts'
import { type EmaSources, writeDay } from './write-day.ts'

export type { EmaSources } from './write-day.ts'

/** The periods that are stored, by the store's settings. @throws BAD_SETTINGS */
export async function storedPeriods(context: StoreContext): Promise<readonly number[]> {
  return periodsOf(await readStoreSettings(context))
}

export function periodsOf({ emaPeriods }: StoreSettings): readonly number[] {
  return [...(emaPeriods ?? DEFAULT_PERIODS)].sort((a, b) => a - b)
}

/**
 * Writes the moving averages of compacted days, and of every other day whose file is missing or isn't right any more: its own bars or those
 * that it is worked out from changed, or the periods did (SPEC F37, F38). What is right is left alone. The caller holds the writer lock.
 * @throws BAD_SETTINGS, CANCELLED; a day that fails is in the receipt, and the others are written
 */
export async function writeEmas(
  sources: EmaSources,
  days: readonly EmaDay[],
  work: WorkOptions = {},
): Promise<EmaReceipt> {
  const { context } = sources
  const periods = await storedPeriods(context)
  const wanted = new Map<Timeframe, Set<UtcDay>>()
  for (const timeframe of await emaTimeframes(context)) wanted.set(timeframe, new Set())
  if (periods.length > 0)
    for (const { timeframe, day } of days)
      wanted.set(timeframe, (wanted.get(timeframe) ?? new Set()).add(day))
  const plans: Plan[] = []
  for (const timeframe of [...wanted.keys()].sort(compareTimeframes)) {
    const { missing, stale, left, listed } = await judgeEmas(context, timeframe, periods)
    const write = new Set([...(wanted.get(timeframe) ?? []), ...missing, ...stale])
    plans.push({ timeframe, listed, write: [...write].sort(), remove: left })
  }
  return carryOut(sources, plans, periods, work)
}

/** The same after a compaction by hand: for timeframes that have averages stored already. */
export async function followWithEmas(
  sources: EmaSources,
  days: readonly EmaDay[],
  work: WorkOptions = {},
): Promise<EmaReceipt> {
  const kept = new Set<Timeframe>()
  for (const timeframe of new Set(days.map((each) => each.timeframe)))
    if ((await emaTimeframes(sources.context)).includes(timeframe)) kept.add(timeframe)
  if (kept.size === 0) return { files: [], rows: 0, unchanged: 0, removed: [], problems: [] }
  return writeEmas(
    sources,
    days.filter(({ timeframe }) => kept.has(timeframe)),
    work,
  )
}

/**
 * Writes the moving averages of all compacted days of a range anew. The caller holds the writer lock.
 * @throws BAD_REQUEST, BAD_SETTINGS, CANCELLED; a day that fails is in the receipt, and the others are written
 */
export async function rebuildEmas(
  sources: EmaSources,
  { timeframe, from, to }: EmaRange,
  work: WorkOptions = {},
): Promise<EmaReceipt> {
  const { context } = sources
  const periods = await storedPeriods(context)
  const only = timeframe === undefined ? null : parseTimeframe(timeframe)
  const [first, last] = [
    from === undefined ? '' : parseUtcDay(from),
    to === undefined ? '~' : parseUtcDay(to),
  ]
  if (first > last) throw new BarkeepError('BAD_REQUEST', `There are no days from ${first} to ${last}.`)
  const plans: Plan[] = []
  const isMeant = (day: UtcDay): boolean => day >= first && day <= last
  for (const each of new Set([...(await listTimeframes(context)), ...(await emaTimeframes(context))])) {
    if (only !== null && each !== only) continue
    const { left } = await judgeEmas(context, each, periods)
    const listed = await listDays(context, each)
    const compacted = listed.flatMap(({ day, dayfile }) => (dayfile !== null && isMeant(day) ? day : []))
    plans.push({
      timeframe: each,
      listed,
      write: periods.length === 0 ? [] : compacted,
      remove: left.filter(isMeant),
    })
  }
  return carryOut(sources, plans, periods, work)
}

/** The days of candles that a compaction published. */
export function publishedDays({ days }: CompactReceipt): readonly EmaDay[] {
  return days.flatMap(({ table, timeframe, day, skipped, rows }) =>
    table === 'candles' && timeframe !== null && skipped === null && rows > 0
      ? { timeframe: timeframe as Timeframe, day: day as UtcDay }
      : [],
  )
}

interface Plan {
  readonly timeframe: Timeframe
  readonly listed: readonly ListedDay[]
  /** Ascending. */
  readonly write: readonly UtcDay[]
  readonly remove: readonly UtcDay[]
}

async function carryOut(
  sources: EmaSources,
  plans: readonly Plan[],
  periods: readonly number[],
  { onProgress, signal }: WorkOptions,
): Promise<EmaReceipt> {
  const total = plans.reduce((sum, { write, remove }) => sum + write.length + remove.length, 0)
  const files: string[] = []
  const removed: string[] = []
  const problems: ErrorReport[] = []
  let rows = 0
  let unchanged = 0
  let done = 0
  for (const { timeframe, listed, write, remove } of plans) {
    const inputs = new InputDigests(sources.context, listed)
    for (const day of [...write, ...remove]) {
      throwIfAborted(signal)
      onProgress?.({ done, total, step: `averages ${timeframe} ${day}` })
      done++
      const file = emasPath(timeframe, day)
      try {
        if (write.includes(day)) {
          const written = await writeDay(sources, { timeframe, day }, periods, inputs, signal)
          if (written.changed) {
            files.push(file)
            rows += written.rows
          } else unchanged++
        } else {
          await removeFile(sources.context, timeframe, day)
          removed.push(file)
        }
      } catch (thrown) {
        const problem = reportOf(thrown)
        if (problem.code === 'CANCELLED') throw thrown
        problems.push({ ...problem, file: problem.file ?? file })
        // Each further day would tell the same.
        if (problem.code === 'NO_SPACE') return { files, rows, unchanged, removed, problems }
      }
    }
  }
  onProgress?.({ done: total, total, step: 'done' })
  return { files, rows, unchanged, removed, problems }
}

/** Of a day that isn't compacted any more: it can be worked out again from the day's bars. */
async function removeFile(context: StoreContext, timeframe: Timeframe, day: UtcDay): Promise<void> {
  const { env } = context
  const file = emasPath(timeframe, day)
  await env.removeFile(at(context, file))
  await env.syncDir(at(context, file.slice(0, file.lastIndexOf('/')) as typeof file))
  await env.removeFile(at(context, checksumPath(file)))
}
