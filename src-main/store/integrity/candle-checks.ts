import type { StorePath, Timeframe } from '../../../schemas/contract/units.ts'
import { CANDLES } from '../../../schemas/tables/index.ts'
import { NUMBERED } from '../candles/numbering.ts'
import type { StoreContext } from '../context.ts'
import { dayfilePath, partFolder } from '../layout/file-names.ts'
import { partPath, recoveryParts } from '../read/day-plan.ts'
import { judgeFiles, type Verdict } from '../read/dayfile-check.ts'
import { barsOf } from '../read/file-bars.ts'
import { candleSeries, type ListedDay, listDay } from '../read/listing.ts'
import { throwIfAborted } from '../read/shared-work.ts'
import { type FileColumns, type FilesRead, readFiles } from '../read/table-files.ts'
import { compareVersions, type DayFile } from './day-versions.ts'
import type { FindingList } from './finding-list.ts'
import type { GapCheck } from './gap-check.ts'
import { NumberingCheck } from './numbering-check.ts'
import type { Overdue } from './overdue.ts'

/** Files read at once: bounds the rows in memory. */
const FILES_AT_ONCE = 300
/** Looks at a day of which a file vanished each time. */
const LOOKS = 25

/**
 * Reads every candle file of a timeframe.
 * @param gaps null when nobody knows what should be there
 * @throws CANCELLED, and Node's own errors of the file system
 */
export async function checkTimeframe(
  context: StoreContext,
  timeframe: Timeframe,
  days: readonly ListedDay[],
  findings: FindingList,
  gaps: GapCheck | null,
  isOverdue: Overdue,
  onDay: (day: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const numbering = timeframe === NUMBERED ? new NumberingCheck(findings) : null
  for (const batch of batchesOf(days)) {
    let open = batch
    const read = new Map<string, DayRead>()
    for (let look = 0; look < LOOKS && open.length > 0; look++) {
      throwIfAborted(signal)
      if (look > 0) open = await Promise.all(open.map(({ day }) => listDay(context, timeframe, day)))
      for (const found of await readDays(context, open, signal)) read.set(found.listed.day, found)
      open = open.filter(({ day }) => !read.has(day))
    }
    for (const { day } of batch) {
      const found = read.get(day)
      // Never whole in so many looks: somebody works on it this very moment, and another run will see it.
      if (found === undefined) gaps?.unknown(day)
      else await checkDay(context, found, findings, numbering, gaps, isOverdue)
      onDay(day)
    }
  }
  gaps?.finish()
}

function batchesOf(days: readonly ListedDay[]): readonly (readonly ListedDay[])[] {
  const batches: ListedDay[][] = []
  let files = FILES_AT_ONCE
  for (const day of days) {
    if (files >= FILES_AT_ONCE) {
      batches.push([])
      files = 0
    }
    batches.at(-1)?.push(day)
    files += day.parts.length + 1
  }
  return batches
}

interface DayRead {
  readonly listed: ListedDay
  readonly verdict: Verdict | undefined
  readonly dayfile: FileColumns | undefined
  /** By name. */
  readonly parts: readonly FileColumns[]
  readonly problems: FilesRead['problems']
}

/** Days of which no file vanished meanwhile. */
async function readDays(
  context: StoreContext,
  days: readonly ListedDay[],
  signal: AbortSignal | undefined,
): Promise<readonly DayRead[]> {
  const dayfiles = days.flatMap((day) => (day.dayfile === null ? [] : dayfileOf(day)))
  const verdicts = await judgeFiles(context, CANDLES, dayfiles, signal)
  const usable = dayfiles.filter((file) => {
    const verdict = verdicts.get(file)
    return typeof verdict === 'object' && verdict.use
  })
  const parts = days.flatMap((day) => day.parts.map((name) => partPath(day, name)))
  const read = await readFiles(context, CANDLES, [...usable, ...parts], { signal })
  const found = new Map(read.files.map((file) => [file.file, file]))
  const vanished = new Set(read.vanished)
  return days.flatMap((listed) => {
    const dayfile = dayfileOf(listed)
    const own = listed.parts.map((name) => partPath(listed, name))
    if (verdicts.get(dayfile) === 'missing' || [dayfile, ...own].some((file) => vanished.has(file))) return []
    const names = new Set<string>([dayfile, ...own])
    return {
      listed,
      verdict: verdicts.get(dayfile),
      dayfile: found.get(dayfile),
      parts: own.flatMap((file) => found.get(file) ?? []),
      problems: read.problems.filter(({ file }) => names.has(file)),
    }
  })
}

async function checkDay(
  context: StoreContext,
  { listed, verdict, dayfile, parts, problems }: DayRead,
  findings: FindingList,
  numbering: NumberingCheck | null,
  gaps: GapCheck | null,
  isOverdue: Overdue,
): Promise<void> {
  for (const { code, file, detail } of problems) findings.add(code, file, detail)
  const file = dayfileOf(listed)
  const foreign = typeof verdict === 'object' && verdict.use && verdict.foreign
  if (typeof verdict === 'object' && !verdict.use) {
    const recovery = (await recoveryParts(context, listed)).size
    const instead = recovery === 0 ? 'no recovery part is there' : `${recovery} recovery parts serve instead`
    findings.add(verdict.problem.code, file, `${verdict.problem.detail}; ${instead}`)
  }
  if (foreign && dayfile !== undefined)
    findings.add(
      'FOREIGN_FILE',
      file,
      'written by another program: used as it is, and nothing vouches for its bytes',
    )
  if (dayfile !== undefined) numbering?.file(dayfile, foreign)

  const barsIn = (read: FileColumns): DayFile => {
    const { bars, problems: rows } = barsOf(read, listed.timeframe, listed.day)
    for (const { code, detail } of rows) findings.add(code, read.file, detail)
    return { file: read.file, bars }
  }
  const standing = dayfile === undefined ? null : barsIn(dayfile)
  const waiting = parts.map(barsIn)
  const compacted = compareVersions(standing, waiting, findings)
  // What a file that can't be read holds is not known, so nothing of its day is called missing.
  if (verdict !== undefined && standing === null) gaps?.unknown(listed.day)
  if (parts.length < listed.parts.length) gaps?.unknown(listed.day)
  gaps?.day(
    listed.day,
    [...waiting, ...(standing === null ? [] : [standing])].map(({ bars }) => bars),
  )
  const folder = partFolder(candleSeries(listed.timeframe), listed.day)
  tellParts(isOverdue, folder, listed.day, parts.length - compacted.length, compacted, findings)
}

/** Parts are told by day: a day may have thousands. */
export function tellParts(
  isOverdue: Overdue,
  folder: StorePath,
  day: string,
  waiting: number,
  compacted: readonly StorePath[],
  findings: FindingList,
): void {
  const [first] = compacted
  if (first !== undefined) {
    const such =
      compacted.length === 1 ? `its part ${first}` : `${compacted.length} of its parts, such as ${first},`
    const verb = compacted.length === 1 ? 'stands' : 'stand'
    findings.add(
      'PARTS_COMPACTED',
      folder,
      `${day}: ${such} ${verb} in the dayfile already; compact moves them`,
    )
  }
  if (waiting > 0 && isOverdue(day)) {
    const what = waiting === 1 ? '1 part waits' : `${waiting} parts wait`
    findings.add('PARTS_WAITING', folder, `${day}: ${what} to be compacted`)
  }
}

function dayfileOf({ timeframe, day }: ListedDay): StorePath {
  return dayfilePath(candleSeries(timeframe), day)
}
