import type { StorePath, Timeframe } from '../../../schemas/contract/units.ts'
import { NUMBERED } from '../candles/numbering.ts'
import { type DayResolver, dayTarget, type Target } from '../compact/resolver.ts'
import type { StoreContext } from '../context.ts'
import { barsOf } from '../read/file-bars.ts'
import { type ListedDay, listDay } from '../read/listing.ts'
import { throwIfAborted } from '../read/shared-work.ts'
import type { FileColumns } from '../read/table-files.ts'
import { isBeyondReading, judgeDamaged, setAside } from './damage.ts'
import { compareVersions, type DayFile } from './day-versions.ts'
import type { FindingList } from './finding-list.ts'
import type { GapCheck } from './gap-check.ts'
import { NumberingCheck } from './numbering-check.ts'
import type { Overdue } from './overdue.ts'
import { type DayRead, dayfileOf, readDays } from './read-days.ts'

/** Files, and bytes of dayfiles, read at once: they bound the rows in memory. */
const FILES_AT_ONCE = 300
const BYTES_AT_ONCE = 4 * 1024 * 1024
/** Looks at a day of which a file vanished each time. */
const LOOKS = 25

/** What a timeframe is looked at with. */
export interface CandleCheck {
  readonly context: StoreContext
  readonly timeframe: Timeframe
  readonly resolver: DayResolver
  readonly findings: FindingList
  /** Null when nobody knows what should be there. */
  readonly gaps: GapCheck | null
  readonly isOverdue: Overdue
  readonly onDay: (day: string) => void
  readonly signal: AbortSignal | undefined
}

/** Reads every candle file of a timeframe. @throws CANCELLED, and Node's own errors of the file system */
export async function checkTimeframe(check: CandleCheck, days: readonly ListedDay[]): Promise<void> {
  const { context, timeframe, findings, gaps, onDay, signal } = check
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
      else await checkDay(check, found, numbering)
      onDay(day)
    }
  }
  gaps?.finish()
}

function batchesOf(days: readonly ListedDay[]): readonly (readonly ListedDay[])[] {
  const batches: ListedDay[][] = []
  let files = FILES_AT_ONCE
  let bytes = 0
  for (const day of days) {
    if (files >= FILES_AT_ONCE || bytes >= BYTES_AT_ONCE) {
      batches.push([])
      files = 0
      bytes = 0
    }
    batches.at(-1)?.push(day)
    files += day.parts.length + 1
    bytes += day.dayfile?.size ?? 0
  }
  return batches
}

async function checkDay(check: CandleCheck, found: DayRead, numbering: NumberingCheck | null): Promise<void> {
  const { findings, gaps, resolver, isOverdue } = check
  const { listed, verdict, dayfile, parts, problems } = found
  const file = dayfileOf(listed)
  await tellProblems(check, found)
  const foreign = typeof verdict === 'object' && verdict.use && verdict.foreign
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
  if (problems.length > 0) gaps?.unknown(listed.day)
  const files = [...waiting, ...(standing === null ? [] : [standing])]
  gaps?.day(
    listed.day,
    files.map(({ bars }) => bars),
  )
  const target = dayTarget(resolver.series, listed.day)
  tellParts(isOverdue, target, parts.length - compacted.length, compacted, findings)
}

async function tellProblems(
  { context, resolver, findings, signal }: CandleCheck,
  { listed, problems }: DayRead,
): Promise<void> {
  const dayfile = dayfileOf(listed)
  for (const { code, file, detail } of problems) {
    const path = file as StorePath
    if (path === dayfile) {
      const { remedy, instead } = await judgeDamaged(context, resolver, path, signal)
      findings.add(code, file, instead === null ? detail : `${detail}; ${instead}`, remedy)
    } else findings.add(code, file, detail, isBeyondReading(code) ? await setAside(context, path) : null)
  }
}

/** Parts are told by day: a day may have thousands. */
export function tellParts(
  isOverdue: Overdue,
  target: Target,
  waiting: number,
  compacted: readonly StorePath[],
  findings: FindingList,
): void {
  const { day, folder } = target
  const [first] = compacted
  if (first !== undefined) {
    const such =
      compacted.length === 1 ? `its part ${first}` : `${compacted.length} of its parts, such as ${first},`
    const verb = compacted.length === 1 ? 'stands' : 'stand'
    findings.add(
      'PARTS_COMPACTED',
      folder,
      `${day}: ${such} ${verb} in the dayfile already; compact moves them`,
      { kind: 'move-held', target },
    )
  }
  if (waiting > 0 && isOverdue(day)) {
    const what = waiting === 1 ? '1 part waits' : `${waiting} parts wait`
    findings.add('PARTS_WAITING', folder, `${day}: ${what} to be compacted`)
  }
}
