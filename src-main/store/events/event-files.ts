import { utcDayOf, utcMonthOf } from '../../../schemas/contract/market-time.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { ObjectEventRow } from '../../../schemas/generated/rows.ts'
import { OBJECT_EVENTS } from '../../../schemas/tables/index.ts'
import { damagedInRecovery } from '../compact/left-of-file.ts'
import type { StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { parsePartName, parseStorePath, RECOVERY } from '../layout/file-names.ts'
import { judgeFiles, judgeParts, ownFiles } from '../read/dayfile-check.ts'
import { type FileColumns, readFiles, rowsOf } from '../read/table-files.ts'
import { eventOf } from './event-rows.ts'
import { type EventFile, TIER } from './event-set.ts'
import type { ListedFile } from './timeline-listing.ts'

/** A file of events in memory. */
export interface LoadedFile extends EventFile {
  /** Null for a part of our own that was taken in when it was written. */
  readonly stat: FileStat | null
  /** In the file's order. */
  readonly rows: readonly ObjectEventRow[]
  readonly problems: readonly Problem[]
  /** It could not be read at all: other copies of its rows are looked for (SPEC R7). */
  readonly failed: boolean
  /** It never changes once it is there: a whole part under a name of ours (SPEC L1, W1). */
  readonly settled: boolean
}

export interface FilesLoaded {
  readonly files: readonly LoadedFile[]
  /** Gone between listing and reading: list again. */
  readonly vanished: boolean
}

/** Files a query: bounds the rows that are held twice, as DuckDB's and as ours, while they are taken over. */
const FILES_AT_ONCE = 2000
const PROBLEM_ROWS_NAMED = 3

/** Reads event files; one that can't be read is in the answer as failed, with its problem. */
export async function loadFiles(
  context: StoreContext,
  listed: readonly ListedFile[],
  intern: (text: string) => string,
): Promise<FilesLoaded> {
  const files: LoadedFile[] = []
  let vanished = false
  for (let start = 0; start < listed.length; start += FILES_AT_ONCE) {
    const batch = listed.slice(start, start + FILES_AT_ONCE)
    const { damage, own } = await judged(context, batch)
    const damaged = new Set(damage.map(({ file }) => file))
    const usable = batch.flatMap(({ file }) => (damaged.has(file) ? [] : file))
    const read = await readFiles(context, OBJECT_EVENTS, usable, { own })
    vanished ||= read.vanished.length > 0
    const columns = new Map(read.files.map((found) => [found.file, found]))
    for (const entry of batch) {
      const found = columns.get(entry.file)
      const problems = [...damage, ...read.problems].filter(({ file }) => file === entry.file)
      if (found !== undefined) files.push(loaded(entry, found, intern))
      else if (problems.length > 0) files.push({ ...entry, rows: [], problems, failed: true, settled: false })
    }
  }
  return { files, vanished }
}

/** Compares files with what is recorded of them before their first use (SPEC R16, R17). */
async function judged(
  context: StoreContext,
  batch: readonly ListedFile[],
): Promise<{
  readonly damage: readonly Problem[]
  readonly own: ReadonlyMap<StorePath, FileColumns | null>
}> {
  const recovered = batch.flatMap(({ file }) => (file.startsWith(`${RECOVERY}/`) ? file : []))
  const parts = batch.flatMap(({ file, tier }) => (tier === TIER.part ? file : []))
  const compacted = batch.flatMap(({ file, tier }) => (tier === TIER.part ? [] : file))
  const damage: Problem[] = [...(await damagedInRecovery(context, recovered))]
  const verdicts = new Map([
    ...(await judgeFiles(context, OBJECT_EVENTS, compacted)),
    ...(await judgeParts(context, OBJECT_EVENTS, parts)),
  ])
  for (const verdict of verdicts.values())
    if (verdict !== 'missing' && !verdict.use) damage.push(verdict.problem)
  return { damage, own: ownFiles(verdicts) }
}

/** A part that this process has just written. */
export function ownPart(file: StorePath, row: ObjectEventRow): LoadedFile {
  return { file, tier: TIER.part, stat: null, rows: [row], problems: [], failed: false, settled: true }
}

function loaded(entry: ListedFile, found: FileColumns, intern: (text: string) => string): LoadedFile {
  const rows: ObjectEventRow[] = []
  const breaches: string[] = []
  for (const [index, stored] of rowsOf(OBJECT_EVENTS, found).entries()) {
    const { row, breach } = eventOf(stored)
    if (breach !== null) breaches.push(`row ${index + 1}${row === null ? ' is left out' : ''}: ${breach}`)
    if (row !== null) rows.push(interned(row, intern))
  }
  const problems: Problem[] = []
  if (breaches.length > 0) problems.push({ file: entry.file, code: 'BAD_ROW', detail: several(breaches) })
  const strays = rows.filter((row) => !inPlace(entry.file, row)).length
  if (strays > 0) {
    const detail = `${strays} of its ${rows.length} events are of another ${entry.tier === TIER.dayfile ? 'day' : 'month'}`
    problems.push({ file: entry.file, code: 'WRONG_PLACE', detail })
  }
  const name = entry.file.slice(entry.file.lastIndexOf('/') + 1)
  const settled = entry.tier === TIER.part && parsePartName(name) !== null
  return { ...entry, rows, problems, failed: false, settled }
}

function several(breaches: readonly string[]): string {
  const more = breaches.length - PROBLEM_ROWS_NAMED
  return breaches.slice(0, PROBLEM_ROWS_NAMED).join('; ') + (more > 0 ? `; and ${more} more` : '')
}

/** Whether a row belongs where its file stands (SPEC L3). Companions in recovery are not judged. */
function inPlace(file: StorePath, { ts }: ObjectEventRow): boolean {
  const named = parseStorePath(file)
  switch (named.kind) {
    case 'dayfile':
      return utcDayOf(ts) === named.day
    case 'monthfile':
      return utcMonthOf(ts) === named.month
    case 'part':
      return utcMonthOf(ts) === named.folder
    default:
      return true
  }
}

/** Texts that repeat from event to event are kept once: most of what a long timeline would weigh. */
function interned(row: ObjectEventRow, intern: (text: string) => string): ObjectEventRow {
  row.object_id = intern(row.object_id)
  row.symbol = intern(row.symbol)
  row.timeframe = intern(row.timeframe)
  if (row.status !== null) row.status = intern(row.status)
  if (row.label !== null) row.label = intern(row.label)
  if (row.reason !== null) row.reason = intern(row.reason)
  return row
}
