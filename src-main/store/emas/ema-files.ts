import { compareTimeframes } from '../../../schemas/contract/timeframe.ts'
import type { StorePath, Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import { EMAS } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { checkFile, recordedChecksum, sameFile } from '../layout/checksums.ts'
import { sha256 } from '../layout/digest.ts'
import {
  dayfilePath,
  dayOfName,
  EMAS_FOLDER,
  emasPath,
  isParquet,
  timeframeOfFolder,
  within,
} from '../layout/file-names.ts'
import { fileList } from '../read/file-types.ts'
import { candleSeries, type ListedDay, listDays } from '../read/listing.ts'
import { readMetadata } from '../read/table-files.ts'

/** What a file says of the bars that it was worked out from: enough to tell whether they are others now. */
export interface EmaInputs {
  /** The first day whose bars count; null for the series' beginning. */
  readonly first: UtcDay | null
  readonly periods: readonly number[]
}

/** How the files of a timeframe stand to its bars. */
export interface JudgedEmas {
  /** Compacted days without a file, from the first one with a file of ours on. */
  readonly missing: readonly UtcDay[]
  /** Days of which bars changed since, or whose file was made with other periods or is not recorded. */
  readonly stale: readonly UtcDay[]
  /** Files of ours whose day isn't compacted (any more). */
  readonly left: readonly UtcDay[]
  /** Files that don't bear our metadata, whoever wrote them. */
  readonly others: readonly UtcDay[]
  readonly listed: readonly ListedDay[]
}

const INPUTS = 'barkeep.inputs'
const BEGINNING = 'beginning'

/** The timeframes that have a folder below `emas/`, shorter bars first. */
export async function emaTimeframes(context: StoreContext): Promise<readonly Timeframe[]> {
  const entries = await context.env.readDir(at(context, EMAS_FOLDER))
  return entries
    .flatMap(({ name, isDirectory }) => (isDirectory ? (timeframeOfFolder(name) ?? []) : []))
    .sort(compareTimeframes)
}

/** The days of a timeframe that have a file below `emas/`, ascending. */
export async function emaDays(context: StoreContext, timeframe: Timeframe): Promise<readonly UtcDay[]> {
  const entries = await context.env.readDir(at(context, within(EMAS_FOLDER, timeframe)))
  return entries
    .flatMap(({ name, isDirectory }) => (isDirectory || !isParquet(name) ? [] : (dayOfName(name) ?? [])))
    .sort()
}

/**
 * Looks at a timeframe's files without reading any of their values: each names a digest of the dayfiles that it was worked out from.
 * @param periods of the settings
 */
export async function judgeEmas(
  context: StoreContext,
  timeframe: Timeframe,
  periods: readonly number[],
): Promise<JudgedEmas> {
  const days = await emaDays(context, timeframe)
  const listed = await listDays(context, timeframe)
  const compacted = new Set(listed.flatMap(({ day, dayfile }) => (dayfile === null ? [] : day)))
  const told = await metadataOf(
    context,
    days.map((day) => emasPath(timeframe, day)),
  )
  const inputs = new InputDigests(context, listed)
  const [stale, left, others]: [UtcDay[], UtcDay[], UtcDay[]] = [[], [], []]
  let firstOurs: UtcDay | null = null
  for (const day of days) {
    const file = emasPath(timeframe, day)
    const known = told.get(file)
    if (known === undefined || !known.isOurs) {
      others.push(day)
      continue
    }
    firstOurs ??= day
    if (!compacted.has(day) || periods.length === 0) left.push(day)
    else if (!(await isCurrent(context, file, known.inputs, day, periods, inputs))) stale.push(day)
  }
  const present = new Set(days)
  const missing = [...compacted].filter(
    (day) => firstOurs !== null && day > firstOurs && !present.has(day) && periods.length > 0,
  )
  return { missing: missing.sort(), stale, left, others, listed }
}

async function isCurrent(
  context: StoreContext,
  file: StorePath,
  told: string,
  day: UtcDay,
  periods: readonly number[],
  inputs: InputDigests,
): Promise<boolean> {
  const [first = '', listedPeriods] = told.split(' ')
  if (listedPeriods !== periods.join(',')) return false
  const since = first === BEGINNING ? null : dayOfName(first)
  if (first !== BEGINNING && since === null) return false
  if ((await recordedChecksum(context, file)) === null) return false
  return told === (await inputs.textOf(day, { first: since, periods }))
}

/** The words in a file's metadata for what it was worked out from, as the disk stands. */
export class InputDigests {
  readonly #context: StoreContext
  readonly #listed: readonly ListedDay[]
  readonly #known = new Map<UtcDay, Promise<string>>()

  /** @param listed all days of the timeframe, ascending */
  constructor(context: StoreContext, listed: readonly ListedDay[]) {
    this.#context = context
    this.#listed = listed
  }

  /** The same words for the same dayfiles (by content) and periods, whenever and wherever they were written. */
  async textOf(day: UtcDay, { first, periods }: EmaInputs): Promise<string> {
    const lines: string[] = []
    for (const listed of this.#listed) {
      if (listed.day > day) break
      if (first !== null && listed.day < first) continue
      lines.push(`${listed.day} ${await this.#shaOf(listed)}`)
    }
    return `${first ?? BEGINNING} ${periods.join(',')} ${sha256(lines.join('\n'))}`
  }

  #shaOf(listed: ListedDay): Promise<string> {
    const known = this.#known.get(listed.day) ?? shaOf(this.#context, listed)
    this.#known.set(listed.day, known)
    return known
  }
}

/** Of a dayfile what was recorded, else its own; of a day that isn't compacted a dash. */
async function shaOf(context: StoreContext, { timeframe, day, dayfile }: ListedDay): Promise<string> {
  if (dayfile === null) return '-'
  const seen = dayfileShas.get(context) ?? new Map<string, SeenDayfile>()
  dayfileShas.set(context, seen)
  const file = dayfilePath(candleSeries(timeframe), day)
  const known = seen.get(file)
  if (known !== undefined && sameFile(known.stat, dayfile)) return known.sha256
  const check = await checkFile(context, file)
  if (check.state === 'missing') return '-'
  if (seen.size >= SEEN_LIMIT) seen.clear()
  seen.set(file, { stat: check.stat, sha256: check.sha256 })
  return check.sha256
}

interface SeenDayfile {
  readonly stat: FileStat
  readonly sha256: string
}

const SEEN_LIMIT = 20_000
const dayfileShas = new WeakMap<StoreContext, Map<string, SeenDayfile>>()

interface ToldInputs {
  readonly stat: FileStat
  readonly isOurs: boolean
  readonly inputs: string
}

const toldBy = new WeakMap<StoreContext, Map<StorePath, ToldInputs>>()

/** What files say of themselves, each read once: published files are never changed in place. Unreadable ones are left out. */
async function metadataOf(
  context: StoreContext,
  files: readonly StorePath[],
): Promise<ReadonlyMap<StorePath, ToldInputs>> {
  const known = toldBy.get(context) ?? new Map<StorePath, ToldInputs>()
  toldBy.set(context, known)
  const fresh = new Map<StorePath, FileStat>()
  for (const file of files) {
    const stat = context.env.statNow(at(context, file))
    const before = known.get(file)
    if (stat === null) known.delete(file)
    else if (before === undefined || !sameFile(before.stat, stat)) fresh.set(file, stat)
  }
  for (const file of fresh.keys()) known.delete(file)
  const read =
    fresh.size === 0
      ? new Map<StorePath, ReadonlyMap<string, string>>()
      : await readMetadata(context, [...fresh.keys()])
  if (known.size + read.size > SEEN_LIMIT) known.clear()
  for (const [file, entries] of read) {
    const stat = fresh.get(file)
    if (stat === undefined) continue
    const isOurs =
      entries.get('barkeep.table') === EMAS.name && entries.get('barkeep.schema') === String(EMAS.version)
    known.set(file, { stat, isOurs, inputs: entries.get(INPUTS) ?? '' })
  }
  const found = new Map<StorePath, ToldInputs>()
  for (const file of files) {
    const told = known.get(file)
    if (told !== undefined) found.set(file, told)
  }
  return found
}

/** Whether a file is Parquet, be it another program's. */
export async function isReadable(context: StoreContext, file: StorePath): Promise<boolean> {
  try {
    await context.duck.rows(`SELECT 1 FROM parquet_schema([${fileList(context, [file])}]) LIMIT 1`)
    return true
  } catch {
    // Whatever it says: nothing can be read of it.
    return false
  }
}

/** Whether a file bears our metadata; false too for one that can't be read. */
export async function isOurEmas(context: StoreContext, file: StorePath): Promise<boolean> {
  return (await metadataOf(context, [file])).get(file)?.isOurs === true
}
