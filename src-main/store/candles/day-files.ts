import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StorePath, Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { CandleRow } from '../../../schemas/generated/rows.ts'
import { CANDLES } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { dayfilePath, partFolder, within } from '../layout/file-names.ts'
import { judgeFiles, judgeParts, ownFiles, type Verdict } from '../read/dayfile-check.ts'
import { candleSeries, listDay } from '../read/listing.ts'
import { type FileColumns, readFiles } from '../read/table-files.ts'
import { asPart } from './part-rows.ts'
import type { CandlePart } from './resolve.ts'
import { type StandIn, standInFor } from './stand-in.ts'

/** A day's files as they were read. */
export interface DayFiles {
  readonly timeframe: Timeframe
  readonly day: UtcDay
  /** Null when there is none. */
  readonly dayfile: ReadDayfile | null
  /** By name. */
  readonly parts: readonly CandlePart[]
}

export interface ReadDayfile {
  readonly file: StorePath
  readonly stat: FileStat
  readonly rows: readonly CandleRow[]
  /** Why it is left out: damaged, or unreadable. Its rows are empty then. */
  readonly damage: Problem | null
  /** A row that it holds but a file of ours could not. */
  readonly blemish: Problem | null
  /** What answers in its place while it is damaged; else null. */
  readonly standIn: StandIn | null
}

/** Looks in a row at files of which one vanishes each time: no compaction is that busy. */
const ATTEMPTS = 25

/**
 * Reads all files of a day, whoever wrote them. A dayfile that is damaged comes with the parts that it was made of, as
 * far as they are still there.
 * @throws CANCELLED; IO when files vanish again and again
 */
export async function readDay(
  context: StoreContext,
  timeframe: Timeframe,
  day: UtcDay,
  signal?: AbortSignal,
): Promise<DayFiles> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const read = await readListed(context, timeframe, day, signal)
    if (read !== null) return read
  }
  throw new BarkeepError('IO', `Files of ${timeframe} ${day} keep vanishing while they are read. Try again.`)
}

/** Null when a file vanished between listing and reading. */
async function readListed(
  context: StoreContext,
  timeframe: Timeframe,
  day: UtcDay,
  signal: AbortSignal | undefined,
): Promise<DayFiles | null> {
  const series = candleSeries(timeframe)
  const listed = await listDay(context, timeframe, day)
  const folder = partFolder(series, day)
  const names = listed.parts.map((name) => within(folder, name))
  const file = dayfilePath(series, day)
  const verdicts = new Map<StorePath, Verdict>(await judgeParts(context, CANDLES, names, signal))
  if (listed.dayfile !== null) {
    const verdict = (await judgeFiles(context, CANDLES, [file], signal)).get(file)
    verdicts.set(file, verdict ?? 'missing')
  }
  const read = await readJudged(context, listed.dayfile === null ? names : [file, ...names], verdicts, signal)
  if (read === null) return null
  const partOf = (part: StorePath): CandlePart => asPart(part, ...read(part), timeframe, day)
  const parts = names.map(partOf)
  const result = { timeframe, day, parts }
  if (listed.dayfile === null) return { ...result, dayfile: null }
  const [, damage = null] = read(file)
  const standIn = damage === null ? null : await standInFor(context, timeframe, day, parts, signal)
  if (damage !== null && standIn === null) return null
  const { rows, blemish } = damage === null ? partOf(file) : { rows: [], blemish: null }
  return { ...result, dayfile: { file, stat: listed.dayfile, rows, damage, blemish, standIn } }
}

/** What was read of a file, or why it can't be used. */
type ReadFile = readonly [columns: FileColumns | undefined, problem: Problem | undefined]

/** Reads what can be used; null when a file vanished. */
async function readJudged(
  context: StoreContext,
  files: readonly StorePath[],
  verdicts: ReadonlyMap<StorePath, Verdict>,
  signal?: AbortSignal,
): Promise<((file: StorePath) => ReadFile) | null> {
  const problems = new Map<string, Problem>()
  const usable: StorePath[] = []
  for (const file of files) {
    const verdict = verdicts.get(file)
    if (verdict === undefined || verdict === 'missing') return null
    if (!verdict.use) problems.set(file, verdict.problem)
    else usable.push(file)
  }
  const read = await readFiles(context, CANDLES, usable, { own: ownFiles(verdicts), signal })
  if (read.vanished.length > 0) return null
  for (const problem of read.problems) problems.set(problem.file, problem)
  const columns = new Map(read.files.map((found) => [found.file, found]))
  return (file) => [columns.get(file), problems.get(file)]
}

/** Some parts of a day, by name. Null when one of them vanished. */
export async function readParts(
  context: StoreContext,
  timeframe: Timeframe,
  day: UtcDay,
  names: readonly string[],
): Promise<readonly CandlePart[] | null> {
  const folder = partFolder(candleSeries(timeframe), day)
  const files = names.map((name) => within(folder, name))
  const read = await readJudged(context, files, await judgeParts(context, CANDLES, files))
  return read === null ? null : files.map((file) => asPart(file, ...read(file), timeframe, day))
}
