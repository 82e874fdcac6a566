import type { StorePath, UtcDay } from '../../../../schemas/contract/units.ts'
import type { Problem } from '../../../../schemas/contract/viewport.ts'
import { CANDLES } from '../../../../schemas/tables/index.ts'
import type { StoreContext } from '../../context.ts'
import type { FileStat } from '../../fs/env.ts'
import { checkFile } from '../../layout/checksums.ts'
import { dayfilePath } from '../../layout/file-names.ts'
import { merge } from '../day-block.ts'
import { judgeFiles, ownFiles } from '../dayfile-check.ts'
import { BAR_COLUMNS, barsOf, OWN_BAR_COLUMNS } from '../file-bars.ts'
import { baseStep, ladderOf } from '../level-of-detail.ts'
import { candleSeries, type ListedDay, sameLook } from '../listing.ts'
import { readFiles } from '../table-files.ts'
import { type DayFacts, gatherSymbols } from './day-facts.ts'

/** Files a query. */
export const FILES_AT_ONCE = 400

/** A dayfile that was read, or could not be. */
export interface DayReading {
  readonly listed: ListedDay
  readonly stat: FileStat
  readonly sha256: string
  /** Why it is left out of answers. */
  readonly problem: Problem | null
  /** Null exactly when there is a problem. */
  readonly facts: DayFacts | null
}

/**
 * Reads dayfiles for what tiers keep of them, each compared with its SHA-256 first. A file that vanished, or was replaced
 * since it was listed, is in no result: it has to be listed again.
 * @param days at most `FILES_AT_ONCE`
 * @param spare asked of each file that may be used: true when its rows needn't be read
 * @throws CANCELLED, and Node's own errors of the file system
 */
export async function readDayFacts(
  context: StoreContext,
  days: readonly ListedDay[],
  spare: (day: ListedDay, file: StorePath) => Promise<boolean>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<UtcDay, DayReading>> {
  const byFile = new Map(days.map((day) => [fileOf(day), day]))
  const verdicts = await judgeFiles(context, CANDLES, [...byFile.keys()], signal, OWN_BAR_COLUMNS)
  const problems = new Map<string, Problem>()
  const toRead: StorePath[] = []
  for (const [file, day] of byFile) {
    const verdict = verdicts.get(file)
    if (verdict === undefined || verdict === 'missing') byFile.delete(file)
    else if (!verdict.use) problems.set(file, verdict.problem)
    else if (await spare(day, file)) byFile.delete(file)
    else toRead.push(file)
  }
  const own = ownFiles(verdicts)
  const read = await readFiles(context, CANDLES, toRead, { columns: BAR_COLUMNS, own, signal })
  for (const problem of read.problems) problems.set(problem.file, problem)
  for (const file of read.vanished) byFile.delete(file)
  const found = new Map(read.files.map((file) => [file.file, file]))
  const readings = new Map<UtcDay, DayReading>()
  for (const [file, listed] of byFile) {
    const check = await checkFile(context, file)
    // What was read must have been the file that was listed, from before to after.
    if (check.state === 'missing' || !sameLook(check.stat, listed.dayfile)) continue
    const { stat, sha256 } = check
    const rows = found.get(file)
    const problem = problems.get(file) ?? null
    if (problem !== null || rows === undefined) {
      if (problem !== null) readings.set(listed.day, { listed, stat, sha256, problem, facts: null })
      continue
    }
    const { bars, problems: flaws } = barsOf(rows, listed.timeframe, listed.day)
    const ladder = ladderOf(listed.timeframe, context.zone)
    const facts: DayFacts = {
      day: listed.day,
      stat,
      rows: rows.rows,
      sha256,
      sound: flaws.length === 0,
      symbols: gatherSymbols(ladder, baseStep(ladder), merge(bars, [])),
    }
    readings.set(listed.day, { listed, stat, sha256, problem: null, facts })
  }
  return readings
}

export function fileOf({ timeframe, day }: Pick<ListedDay, 'timeframe' | 'day'>): StorePath {
  return dayfilePath(candleSeries(timeframe), day)
}
