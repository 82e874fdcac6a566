import type { StorePath, UtcDay } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import { CANDLES } from '../../../schemas/tables/index.ts'
import { readDay } from '../candles/day-files.ts'
import type { StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { parsePartName } from '../layout/file-names.ts'
import { NO_BARS } from './bar-runs.ts'
import { type DayBlock, type LoadedPart, makeBlock } from './day-block.ts'
import { type DayPlan, type PartToRead, planDay, type WrittenParts } from './day-plan.ts'
import { judgeFiles, judgeParts, ownFiles, type Verdict } from './dayfile-check.ts'
import { BAR_COLUMNS, barsOf, barsOfRows, type FileBars, OWN_BAR_COLUMNS } from './file-bars.ts'
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

/** A file's bars; none of a dayfile in whose place nothing but parts is left. */
interface ReadBars {
  readonly bars: FileBars | null
  readonly problems: readonly Problem[]
}

/** What reading files gave; a file is in one of them. */
interface Reading {
  readonly bars: Map<StorePath, ReadBars & { readonly bars: FileBars }>
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
    for (const plan of batch) for (const file of filesToRead(plan)) wanted.set(file, plan.listed)
    const reading = await readBars(context, wanted, verdicts, signal)
    for (const plan of batch) {
      const block = await finish(context, plan, reading, listed, signal)
      if (block !== null) blocks.set(block.day, block)
    }
  }
  return blocks
}

function batchesOf(plans: readonly DayPlan[]): readonly (readonly DayPlan[])[] {
  const batches: DayPlan[][] = [[]]
  let files = 0
  for (const plan of plans) {
    const needed = filesToRead(plan).length
    if (files > 0 && files + needed > FILES_A_QUERY) {
      batches.push([])
      files = 0
    }
    batches.at(-1)?.push(plan)
    files += needed
  }
  return batches
}

function filesToRead({ dayfileToRead, partsToRead }: DayPlan): readonly StorePath[] {
  return dayfileToRead === null ? [...partsToRead.keys()] : [dayfileToRead, ...partsToRead.keys()]
}

function judgeBatch(
  context: StoreContext,
  batch: readonly DayPlan[],
  signal: AbortSignal,
): Promise<ReadonlyMap<StorePath, Verdict>> {
  const judging = judged(context, batch, signal)
  // Awaited only when its batch has its turn; a failure before it must not count as unheard.
  judging.catch(() => {})
  return judging
}

async function judged(
  context: StoreContext,
  batch: readonly DayPlan[],
  signal: AbortSignal,
): Promise<ReadonlyMap<StorePath, Verdict>> {
  const dayfiles = batch.flatMap(({ dayfileToRead }) => dayfileToRead ?? [])
  const parts = batch.flatMap(({ partsToRead }) => [...partsToRead.keys()])
  const [ofDayfiles, ofParts] = await Promise.all([
    judgeFiles(context, CANDLES, dayfiles, signal, OWN_BAR_COLUMNS),
    judgeParts(context, CANDLES, parts, signal),
  ])
  return ofParts.size === 0 ? ofDayfiles : new Map([...ofDayfiles, ...ofParts])
}

async function readBars(
  context: StoreContext,
  wanted: ReadonlyMap<StorePath, ListedDay>,
  verdicts: ReadonlyMap<StorePath, Verdict>,
  signal: AbortSignal,
): Promise<Reading> {
  const reading: Reading = { bars: new Map(), failed: new Map(), vanished: new Set() }
  const own = ownFiles(verdicts)
  const ours: StorePath[] = []
  const others: StorePath[] = []
  for (const file of wanted.keys()) {
    const verdict = verdicts.get(file)
    if (verdict === undefined || verdict === 'missing') reading.vanished.add(file)
    else if (!verdict.use) reading.failed.set(file, verdict.problem)
    else if (verdict.own) ours.push(file)
    else others.push(file)
  }
  for (const [files, columns] of [
    [ours, OWN_BAR_COLUMNS],
    [others, BAR_COLUMNS],
  ] as const) {
    for (let start = 0; start < files.length; start += FILES_A_QUERY) {
      throwIfAborted(signal)
      const batch = files.slice(start, start + FILES_A_QUERY)
      const read = await readFiles(context, CANDLES, batch, { columns, own, signal })
      for (const file of read.files) {
        const { timeframe, day } = wanted.get(file.file) as ListedDay
        reading.bars.set(file.file, barsOf(file, timeframe, day))
      }
      for (const problem of read.problems) reading.failed.set(problem.file as StorePath, problem)
      for (const file of read.vanished) reading.vanished.add(file)
    }
  }
  return reading
}

/** Null when a file of the day vanished. */
async function finish(
  context: StoreContext,
  plan: DayPlan,
  reading: Reading,
  listed: number,
  signal: AbortSignal,
): Promise<DayBlock | null> {
  const { listed: day, dayfileToRead, partsToRead } = plan
  if (plan.vanished || filesToRead(plan).some((file) => reading.vanished.has(file))) return null
  let dayfile = plan.keptDayfile
  let recovered = plan.keptRecovered
  if (dayfileToRead !== null && day.dayfile !== null) {
    const failure = reading.failed.get(dayfileToRead)
    const found =
      failure === undefined
        ? { bars: reading.bars.get(dayfileToRead), recovered: [] }
        : await readStandIn(context, day, failure, signal)
    if (found === null) return null
    dayfile = { stat: day.dayfile, ...(found.bars ?? { bars: NO_FILE_BARS, problems: [] }) }
    recovered = found.recovered
  }
  const parts = [...plan.keptParts, ...partsRead(partsToRead, reading)]
  return makeBlock(day.timeframe, day.day, listed, { dayfile, parts, recovered })
}

function partsRead(wanted: ReadonlyMap<StorePath, PartToRead>, reading: Reading): LoadedPart[] {
  return [...wanted].map(([file, { name, stat }]) => {
    const failure = reading.failed.get(file)
    if (failure !== undefined) return { name, bars: NO_FILE_BARS, problems: [failure], stat: stat ?? UNSEEN }
    const { bars, problems } = reading.bars.get(file) ?? { bars: NO_FILE_BARS, problems: [] }
    return { name, bars, problems, stat: parsePartName(name) === null ? stat : null }
  })
}

/** What answers in a damaged dayfile's place (SPEC R17). Null when the day's files changed meanwhile. */
async function readStandIn(
  context: StoreContext,
  { timeframe, day }: ListedDay,
  { file, code, detail }: Problem,
  signal: AbortSignal,
): Promise<{ readonly bars: ReadBars; readonly recovered: readonly LoadedPart[] } | null> {
  const { dayfile } = await readDay(context, timeframe, day, signal)
  if (dayfile?.standIn == null) return null
  const { standing, recovered, shown, problems } = dayfile.standIn
  const told = { file, code, detail: `${detail}; ${shown}` }
  return {
    bars: { bars: standing === null ? null : barsOfRows(standing), problems: [told, ...problems] },
    recovered: recovered.map((part) => ({
      name: part.file.slice(part.file.lastIndexOf('/') + 1),
      bars: barsOfRows(part.rows),
      problems: part.blemish === null ? [] : [part.blemish],
      stat: null,
    })),
  }
}
