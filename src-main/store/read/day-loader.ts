import type { StorePath, UtcDay } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import { CANDLES } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { parsePartName } from '../layout/file-names.ts'
import { NO_BARS } from './bar-runs.ts'
import { type DayBlock, type LoadedDayfile, type LoadedPart, makeBlock } from './day-block.ts'
import { type DayPlan, type PartToRead, planDay, recoveryParts, type WrittenParts } from './day-plan.ts'
import { judgeFiles, type Verdict } from './dayfile-check.ts'
import { BAR_COLUMNS, barsOf, type FileBars } from './file-bars.ts'
import type { ListedDay } from './listing.ts'
import { throwIfAborted } from './shared-work.ts'
import { readFiles } from './table-files.ts'

/**
 * Files a query: enough to make its fixed cost small, few enough to cancel in between, to bound memory, and to hash the
 * next ones meanwhile.
 */
const FILES_A_QUERY = 400

const NO_FILE_BARS: FileBars = { symbols: [], columns: NO_BARS }

/** Differs from every file: what could not be read is looked at once more, now with its identity taken before. */
const UNSEEN: FileStat = { size: -1, mtimeMs: -1, inode: -1, isDirectory: false }

/** What reading files gave; a file is in one of them. */
interface Reading {
  readonly bars: Map<StorePath, { readonly bars: FileBars; readonly problems: readonly Problem[] }>
  readonly failed: Map<StorePath, Problem>
  readonly vanished: Set<StorePath>
}

/**
 * Reads what the known blocks don't hold already, all days together, and makes their blocks. A day is left out when one
 * of its files vanished: it has to be listed again.
 * @throws CANCELLED, and Node's own errors of the file system
 */
export async function loadDays(
  context: StoreContext,
  days: readonly ListedDay[],
  known: ReadonlyMap<UtcDay, DayBlock>,
  written: WrittenParts,
  listed: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<UtcDay, DayBlock>> {
  const plans = await Promise.all(days.map((day) => planDay(context, day, known.get(day.day), written)))
  const blocks = new Map<UtcDay, DayBlock>()
  const batches = batchesOf(plans)
  let judging = judgeBatch(context, batches[0] ?? [], signal)
  for (const [index, batch] of batches.entries()) {
    const verdicts = await judging
    judging = judgeBatch(context, batches[index + 1] ?? [], signal)
    const wanted = new Map<StorePath, ListedDay>()
    for (const { listed: day, dayfileToRead, partsToRead } of batch) {
      if (dayfileToRead !== null && isUsable(verdicts.get(dayfileToRead))) wanted.set(dayfileToRead, day)
      for (const file of partsToRead.keys()) wanted.set(file, day)
    }
    const reading = await readBars(context, wanted, signal)
    for (const plan of batch) {
      const block = await finish(context, plan, verdicts, reading, listed, signal)
      if (block !== null) blocks.set(block.day, block)
    }
  }
  return blocks
}

function batchesOf(plans: readonly DayPlan[]): readonly (readonly DayPlan[])[] {
  const batches: DayPlan[][] = [[]]
  let files = 0
  for (const plan of plans) {
    const needed = plan.partsToRead.size + (plan.dayfileToRead === null ? 0 : 1)
    if (files > 0 && files + needed > FILES_A_QUERY) {
      batches.push([])
      files = 0
    }
    batches.at(-1)?.push(plan)
    files += needed
  }
  return batches
}

function judgeBatch(
  context: StoreContext,
  batch: readonly DayPlan[],
  signal: AbortSignal,
): Promise<ReadonlyMap<StorePath, Verdict>> {
  const dayfiles = batch.flatMap(({ dayfileToRead }) => dayfileToRead ?? [])
  const judging = judgeFiles(context, CANDLES, dayfiles, signal)
  // Awaited only when its batch has its turn; a failure before it must not count as unheard.
  judging.catch(() => {})
  return judging
}

function isUsable(verdict: Verdict | undefined): boolean {
  return typeof verdict === 'object' && verdict.use
}

async function readBars(
  context: StoreContext,
  wanted: ReadonlyMap<StorePath, ListedDay>,
  signal: AbortSignal,
): Promise<Reading> {
  const reading: Reading = { bars: new Map(), failed: new Map(), vanished: new Set() }
  const files = [...wanted.keys()]
  for (let start = 0; start < files.length; start += FILES_A_QUERY) {
    throwIfAborted(signal)
    const batch = files.slice(start, start + FILES_A_QUERY)
    const read = await readFiles(context, CANDLES, batch, { columns: BAR_COLUMNS, signal })
    for (const file of read.files) {
      const { timeframe, day } = wanted.get(file.file) as ListedDay
      reading.bars.set(file.file, barsOf(file, timeframe, day))
    }
    for (const problem of read.problems) reading.failed.set(problem.file as StorePath, problem)
    for (const file of read.vanished) reading.vanished.add(file)
  }
  return reading
}

/** Null when a file of the day vanished. */
async function finish(
  context: StoreContext,
  plan: DayPlan,
  verdicts: ReadonlyMap<StorePath, Verdict>,
  reading: Reading,
  listed: number,
  signal: AbortSignal,
): Promise<DayBlock | null> {
  const { listed: day, dayfileToRead, partsToRead } = plan
  const gone = [...partsToRead.keys()].some((file) => reading.vanished.has(file))
  if (plan.vanished || gone) return null
  let dayfile = plan.keptDayfile
  let recovered = plan.keptRecovered
  if (dayfileToRead !== null && day.dayfile !== null) {
    const verdict = verdicts.get(dayfileToRead)
    if (verdict === 'missing' || reading.vanished.has(dayfileToRead)) return null
    dayfile = readDayfile(dayfileToRead, day.dayfile, verdict, reading)
    const found = dayfile.bars === null ? await readRecovered(context, day, signal) : []
    if (found === null) return null
    recovered = found
  }
  const parts = [...plan.keptParts, ...partsRead(partsToRead, reading)]
  return makeBlock(day.timeframe, day.day, listed, { dayfile, parts, recovered })
}

function readDayfile(
  file: StorePath,
  stat: FileStat,
  verdict: Verdict | undefined,
  reading: Reading,
): LoadedDayfile {
  if (typeof verdict === 'object' && !verdict.use) return { stat, bars: null, problems: [verdict.problem] }
  const failure = reading.failed.get(file)
  if (failure !== undefined) return { stat, bars: null, problems: [failure] }
  return { stat, ...(reading.bars.get(file) ?? { bars: NO_FILE_BARS, problems: [] }) }
}

function partsRead(wanted: ReadonlyMap<StorePath, PartToRead>, reading: Reading): LoadedPart[] {
  return [...wanted].map(([file, { name, stat }]) => {
    const failure = reading.failed.get(file)
    if (failure !== undefined) return { name, bars: NO_FILE_BARS, problems: [failure], stat: stat ?? UNSEEN }
    const { bars, problems } = reading.bars.get(file) ?? { bars: NO_FILE_BARS, problems: [] }
    return { name, bars, problems, stat: parsePartName(name) === null ? stat : null }
  })
}

/** The parts that a damaged dayfile was made of, as far as they are still kept (SPEC R7). Null when one vanished. */
async function readRecovered(
  context: StoreContext,
  day: ListedDay,
  signal: AbortSignal,
): Promise<readonly LoadedPart[] | null> {
  const parts = await recoveryParts(context, day)
  const wanted = new Map([...parts.keys()].map((file) => [file, day]))
  const reading = await readBars(context, wanted, signal)
  return reading.vanished.size > 0 ? null : partsRead(parts, reading)
}
