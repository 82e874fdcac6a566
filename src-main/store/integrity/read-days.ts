import type { StorePath } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import { CANDLES } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import { dayfilePath } from '../layout/file-names.ts'
import { partPath } from '../read/day-plan.ts'
import { judgeFiles, judgeParts, type Verdict } from '../read/dayfile-check.ts'
import { candleSeries, type ListedDay } from '../read/listing.ts'
import { type FileColumns, readFiles } from '../read/table-files.ts'

/** All files of a day as they were read. */
export interface DayRead {
  readonly listed: ListedDay
  readonly verdict: Verdict | undefined
  readonly dayfile: FileColumns | undefined
  /** By name. */
  readonly parts: readonly FileColumns[]
  /** Of files that can't be used, the dayfile among them. */
  readonly problems: readonly Problem[]
}

export function dayfileOf({ timeframe, day }: ListedDay): StorePath {
  return dayfilePath(candleSeries(timeframe), day)
}

/**
 * Reads every column of days' files, each compared with what is recorded of it first.
 * @returns the days of which no file vanished meanwhile
 * @throws CANCELLED, and Node's own errors of the file system
 */
export async function readDays(
  context: StoreContext,
  days: readonly ListedDay[],
  signal: AbortSignal | undefined,
): Promise<readonly DayRead[]> {
  const dayfiles = days.flatMap((day) => (day.dayfile === null ? [] : dayfileOf(day)))
  const parts = days.flatMap((day) => day.parts.map((name) => partPath(day, name)))
  const verdicts = new Map<StorePath, Verdict>([
    ...(await judgeFiles(context, CANDLES, dayfiles, signal)),
    ...(await judgeParts(context, CANDLES, parts, signal)),
  ])
  const usable = [...dayfiles, ...parts].filter((file) => {
    const verdict = verdicts.get(file)
    return typeof verdict === 'object' && verdict.use
  })
  const read = await readFiles(context, CANDLES, usable, { signal })
  const found = new Map(read.files.map((file) => [file.file, file]))
  const problems = new Map<string, Problem>(read.problems.map((problem) => [problem.file, problem]))
  for (const [file, verdict] of verdicts)
    if (typeof verdict === 'object' && !verdict.use) problems.set(file, verdict.problem)
  const vanished = new Set(read.vanished)
  return days.flatMap((listed) => {
    const dayfile = dayfileOf(listed)
    const files = [dayfile, ...listed.parts.map((name) => partPath(listed, name))]
    if (files.some((file) => verdicts.get(file) === 'missing' || vanished.has(file))) return []
    return {
      listed,
      verdict: verdicts.get(dayfile),
      dayfile: found.get(dayfile),
      parts: files.slice(1).flatMap((file) => found.get(file) ?? []),
      problems: files.flatMap((file) => problems.get(file) ?? []),
    }
  })
}
