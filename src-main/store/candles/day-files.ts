import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StorePath, Timeframe, UtcDay } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { CandleRow } from '../../../schemas/generated/rows.ts'
import { CANDLES } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { companion, dayfilePath, partFolder, RECOVERY, within } from '../layout/file-names.ts'
import { judgeFiles } from '../read/dayfile-check.ts'
import { candleSeries, listDay, parquetNames } from '../read/listing.ts'
import { type FileColumns, readFiles, rowsOf } from '../read/table-files.ts'
import { candleOf } from './candle-rows.ts'
import type { CandlePart } from './resolve.ts'

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
  /** Why it is left out: damaged, or unreadable. Its rows are empty then, and its recovery parts are looked for. */
  readonly damage: Problem | null
  /** A row that it holds but a file of ours could not. */
  readonly blemish: Problem | null
  /** Parts that were moved to recovery, while the dayfile is damaged. By name. */
  readonly recovered: readonly CandlePart[]
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
  const parts = listed.parts.map((name) => within(folder, name))
  const file = dayfilePath(series, day)
  let damage: Problem | null = null
  if (listed.dayfile !== null) {
    const verdict = (await judgeFiles(context, CANDLES, [file], signal)).get(file)
    if (verdict === undefined || verdict === 'missing') return null
    if (!verdict.use) damage = verdict.problem
  }
  const wanted = listed.dayfile === null || damage !== null ? parts : [file, ...parts]
  const read = await readFiles(context, CANDLES, wanted, { signal })
  if (read.vanished.length > 0) return null
  const columns = new Map(read.files.map((found) => [found.file, found]))
  const problems = new Map(read.problems.map((problem) => [problem.file, problem]))
  const partOf = (part: StorePath): CandlePart =>
    asPart(part, columns.get(part), problems.get(part), timeframe, day)
  const result = { timeframe, day, parts: parts.map(partOf) }
  if (listed.dayfile === null) return { ...result, dayfile: null }
  damage ??= problems.get(file) ?? null
  const { rows, blemish } = asPart(file, columns.get(file), undefined, timeframe, day)
  const recovered = damage === null ? [] : await recoveredParts(context, timeframe, day, signal)
  if (recovered === null) return null
  return { ...result, dayfile: { file, stat: listed.dayfile, rows, damage, blemish, recovered } }
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
  const read = await readFiles(context, CANDLES, files)
  if (read.vanished.length > 0) return null
  const columns = new Map(read.files.map((found) => [found.file, found]))
  const problems = new Map(read.problems.map((problem) => [problem.file, problem]))
  return files.map((file) => asPart(file, columns.get(file), problems.get(file), timeframe, day))
}

async function recoveredParts(
  context: StoreContext,
  timeframe: Timeframe,
  day: UtcDay,
  signal: AbortSignal | undefined,
): Promise<readonly CandlePart[] | null> {
  const folder = companion(RECOVERY, partFolder(candleSeries(timeframe), day))
  const files = (await parquetNames(context, folder)).map((name) => within(folder, name))
  const read = await readFiles(context, CANDLES, files, { signal })
  if (read.vanished.length > 0) return null
  return read.files.map((found) => asPart(found.file, found, undefined, timeframe, day))
}

/** A file's bars of the day, and the first reason why it must not be merged and moved away. */
function asPart(
  file: StorePath,
  read: FileColumns | undefined,
  problem: Problem | undefined,
  timeframe: Timeframe,
  day: UtcDay,
): CandlePart {
  if (read === undefined) {
    return {
      file,
      rows: [],
      blemish: problem ?? { file, code: 'UNREADABLE', detail: 'it could not be read' },
    }
  }
  const rows: CandleRow[] = []
  let blemish: Problem | null = null
  for (const [index, stored] of rowsOf(CANDLES, read).entries()) {
    const { row, breach } = candleOf(stored, timeframe, day)
    if (row === null) {
      const { code, reason } = breach ?? { code: 'BAD_ROW', reason: 'it is no bar' }
      blemish ??= { file, code, detail: `row ${index + 1} ${reason}` }
      continue
    }
    if (Number.isNaN(row.volume)) {
      blemish ??= { file, code: 'BAD_ROW', detail: `row ${index + 1} has no usable volume` }
    }
    rows.push(row)
  }
  return { file, rows, blemish }
}
