import { utcDayOf, utcMonthOf } from '../../../schemas/contract/market-time.ts'
import type { StorePath, UtcDay, UtcMonth } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { ObjectEventRow } from '../../../schemas/generated/rows.ts'
import { monthfilePath, parseStorePath, RECOVERY } from '../layout/file-names.ts'
import type { LoadedFile } from './event-files.ts'
import { compareText } from './event-order.ts'
import { TIER } from './event-set.ts'
import type { Timeline } from './timeline.ts'

/** Parts in their folders, in the order in which a later one wins. */
export function partsOf(timeline: Timeline): readonly LoadedFile[] {
  return inOrder(timeline.files.filter(({ file, tier }) => tier === TIER.part && !isRecovered(file)))
}

/** Day files in a month's folder, by day. */
export function dayfilesOf(timeline: Timeline, month: UtcMonth): readonly LoadedFile[] {
  return inOrder(
    timeline.files.filter(({ file }) => {
      const named = parseStorePath(file)
      return named.kind === 'dayfile' && named.day.startsWith(`${month}-`)
    }),
  )
}

/** Whether a month's file stands, readable or not: its events belong in there. */
export function hasMonthfile(timeline: Timeline, month: UtcMonth): boolean {
  return timeline.fileOf(monthfilePath(month)) !== undefined
}

export function isRecovered(file: StorePath): boolean {
  return file.startsWith(`${RECOVERY}/`)
}

/** By name, which is the order of writing. */
export function inOrder(files: readonly LoadedFile[]): readonly LoadedFile[] {
  return [...files].sort((a, b) => compareText(nameOf(a.file), nameOf(b.file)) || compareText(a.file, b.file))
}

/** The one day whose dayfile can take a part's rows; null for a part that must stay where it is. */
export function dayOfPart(part: LoadedFile): UtcDay | null {
  const [first] = part.rows
  if (first === undefined || breachOf(part) !== null || periods(part.rows, utcDayOf) > 1) return null
  return utcDayOf(first.ts)
}

/** The one month whose file can take a part's rows, or a day file's; null when it must stay. */
export function monthOfFile(file: LoadedFile): UtcMonth | null {
  const [first] = file.rows
  if (first === undefined || breachOf(file) !== null || periods(file.rows, utcMonthOf) > 1) return null
  return utcMonthOf(first.ts)
}

/** Whether some compacted file can take a part's rows, as the timeline stands. */
export function isCompactable(timeline: Timeline, part: LoadedFile): boolean {
  if (dayOfPart(part) !== null) return true
  const month = monthOfFile(part)
  return month !== null && hasMonthfile(timeline, month)
}

/** Why a part must stay: with it would go rows that a day's, or a month's, file can't hold. */
export function blemishOf(part: LoadedFile, of: 'day' | 'month'): Problem | null {
  const broken = breachOf(part)
  if (broken !== null) return broken
  const count = periods(part.rows, of === 'day' ? utcDayOf : utcMonthOf)
  if (count <= 1) return null
  const detail = `its events are of ${count} ${of}s: it stays as it is, and is shown`
  return { file: part.file, code: 'WRONG_PLACE', detail }
}

/** Why not all rows of a file could be read, if so. Events in a wrong place are whole all the same. */
export function breachOf(file: LoadedFile): Problem | null {
  return file.problems.find(({ code }) => code !== 'WRONG_PLACE') ?? null
}

function periods(rows: readonly ObjectEventRow[], periodOf: (ts: number) => string): number {
  return new Set(rows.map(({ ts }) => periodOf(ts))).size
}

function nameOf(file: StorePath): string {
  return file.slice(file.lastIndexOf('/') + 1)
}
