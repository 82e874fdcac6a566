import { setTimeout } from 'node:timers/promises'
import { BarkeepError, type ErrorCode } from '../../../schemas/contract/errors.ts'
import type { StorePath, UtcDay, UtcMonth } from '../../../schemas/contract/units.ts'
import { type DailyTable, LEDGER, type TableSchema } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import { type ChecksumState, checkFile } from '../layout/checksums.ts'
import { probe } from '../read/file-types.ts'
import type { Row } from '../write/part-writer.ts'
import { dayOfRow, lineOf } from './entry-rows.ts'
import { type LedgerFile, listLedgerFiles } from './ledger-files.ts'
import { type LedgerFileRows, readLedgerRows } from './read-rows.ts'
import { ledgerKey } from './row-order.ts'

/** Why the file can't be written anew without losing something. */
export interface Obstacle {
  readonly code: ErrorCode
  readonly reason: string
}

/** A file that holds a day, as it stands. */
export interface StandingFile extends LedgerFile {
  /** When it was about to be read: what is published in its place must replace this very file. */
  readonly before: Exclude<ChecksumState, { state: 'missing' }>
  /** Sound rows of the days its name says, by key; of a key that stands twice the first. */
  readonly rows: ReadonlyMap<string, Row>
  /** Another program wrote it. */
  readonly foreign: boolean
  /** Null where it may be written anew. */
  readonly obstacle: Obstacle | null
  /** It can't be read at all, or is damaged: which rows stand isn't known. */
  readonly unknown: boolean
}

/** Days that are written together: one, or those of a month that has a file. */
export interface WorkUnit {
  readonly table: DailyTable
  readonly month: UtcMonth
  readonly days: readonly UtcDay[]
}

/** Files that vanish while they are read, or are being written, more often than any program does it. */
const LISTINGS = 20
const LOOK_EVERY_MILLIS = 100
/** One that can't be read this long after it was last written to is not on its way any more. */
const WRITING_MILLIS = 1_000

/**
 * The days of each month together where a file of that month stands, for they share it; otherwise each by itself, so that
 * one day is in memory at a time.
 */
export function workUnits(
  table: DailyTable,
  days: Iterable<UtcDay>,
  files: readonly LedgerFile[],
): readonly WorkUnit[] {
  const months = new Set(files.flatMap(({ day, month }) => (day === null ? [month] : [])))
  const units = new Map<string, { table: DailyTable; month: UtcMonth; days: UtcDay[] }>()
  for (const day of [...new Set(days)].sort()) {
    const month = day.slice(0, 7) as UtcMonth
    const name = months.has(month) ? month : day
    const unit = units.get(name) ?? { table, month, days: [] }
    unit.days.push(day)
    units.set(name, unit)
  }
  return [...units.values()]
}

/**
 * Reads all files that hold days of a unit, those first whose rows win: months before days, the plain form before hive
 * folders, as questions believe them (SPEC E4, Q3).
 * @throws CONFLICT when they never stand still; CANCELLED
 */
export async function readStanding(
  context: StoreContext,
  unit: WorkUnit,
  signal?: AbortSignal,
): Promise<readonly StandingFile[]> {
  for (let attempt = 0; attempt < LISTINGS; attempt++) {
    const files = (await listLedgerFiles(context, unit.table)).filter((file) => holdsSome(file, unit))
    const standing = await readListed(context, unit, files, signal)
    if (standing?.some((file) => isBeingWritten(context, file)) && attempt < LISTINGS - 1) {
      await setTimeout(LOOK_EVERY_MILLIS)
      continue
    }
    if (standing !== null) return standing.sort((a, b) => precedence(a) - precedence(b))
  }
  throw new BarkeepError(
    'CONFLICT',
    `The files of ${unit.table} of ${unit.days.join(', ')} were replaced each time that they were read. Stop the program that does it, then try again.`,
  )
}

/** pandas writes in place: for a moment its file is no Parquet file yet. */
function isBeingWritten(context: StoreContext, { unknown, obstacle, before }: StandingFile): boolean {
  // The file system's clock may be a little ahead of ours.
  const age = Math.abs(context.env.now() - before.stat.mtimeMs)
  return unknown && obstacle?.code === 'UNREADABLE' && age < WRITING_MILLIS
}

export function holdsSome(file: LedgerFile, { month, days }: WorkUnit): boolean {
  return file.day === null ? file.month === month : days.includes(file.day)
}

function precedence({ series, day }: LedgerFile): number {
  return (day === null ? 0 : 2) + (series.partition === null ? 0 : 1)
}

async function readListed(
  context: StoreContext,
  { table }: WorkUnit,
  files: readonly LedgerFile[],
  signal: AbortSignal | undefined,
): Promise<StandingFile[] | null> {
  const schema = LEDGER[table]
  const before = new Map<string, Exclude<ChecksumState, { state: 'missing' }>>()
  for (const { file } of files) {
    const state = await checkFile(context, file)
    if (state.state === 'missing') return null
    before.set(file, state)
  }
  const read = await readLedgerRows(
    context,
    schema,
    files.map(({ file }) => file),
    signal,
  )
  if (read.vanished.length > 0) return null
  const standing: StandingFile[] = []
  for (const each of files) {
    const state = before.get(each.file)
    if (state === undefined) return null
    const found = read.files.find(({ file }) => file === each.file)
    if (found === undefined) {
      const problem = read.problems.find(({ file }) => file === each.file)
      const reason = `${each.file} can't be used (${problem?.detail ?? 'it could not be read'}); run barkeep doctor`
      const obstacle = { code: problem?.code ?? 'UNREADABLE', reason } as const
      standing.push({ ...each, before: state, rows: new Map(), foreign: false, obstacle, unknown: true })
    } else {
      const extra = found.foreign ? await strangeColumns(context, schema, each.file) : []
      standing.push({ ...each, before: state, unknown: false, ...rowsIn(table, each, found, extra) })
    }
  }
  return standing
}

/** Columns that ours has no place for. What pandas keeps of an index is a row's number, and no value. */
export async function strangeColumns(
  context: StoreContext,
  table: TableSchema,
  file: StorePath,
): Promise<readonly string[]> {
  const types = await probe(context, [file], async () => {}, undefined)
  const known = new Set(table.columns.map(({ name }) => name))
  return [...(types.get(file)?.keys() ?? [])].filter(
    (name) => !known.has(name) && !/^__index_level_\d+__$/.test(name),
  )
}

function rowsIn(
  table: DailyTable,
  file: LedgerFile,
  found: LedgerFileRows,
  extra: readonly string[],
): Pick<StandingFile, 'rows' | 'foreign' | 'obstacle'> {
  const schema = LEDGER[table]
  const rows = new Map<string, Row>()
  let obstacle: Obstacle | null =
    extra.length === 0
      ? null
      : { code: 'BAD_COLUMNS', reason: `it has columns of its own: ${extra.slice(0, 5).join(', ')}` }
  for (const [place, { row, breach }] of found.rows.entries()) {
    const wrong = breach === null ? strayed(file, row) : ({ code: 'BAD_ROW', reason: breach } as const)
    if (wrong !== null) {
      obstacle ??= { code: wrong.code, reason: `its row ${place + 1} can't be kept (${wrong.reason})` }
      continue
    }
    const key = ledgerKey(schema, row)
    const first = rows.get(key)
    if (first === undefined) rows.set(key, row)
    else if (lineOf(schema, first) !== lineOf(schema, row))
      obstacle ??= { code: 'CONFLICT', reason: `its row ${place + 1} repeats a key with other values` }
  }
  const blocked =
    obstacle === null
      ? null
      : {
          code: obstacle.code,
          reason: `${file.file} is another program's, and ${obstacle.reason}; mend it there, or replace the day with --backfill`,
        }
  return { rows, foreign: found.foreign, obstacle: blocked }
}

/** A row of another day, or of another hive folder, than its file's name says. */
function strayed({ day, month, series }: LedgerFile, row: Row): Obstacle | null {
  const own = dayOfRow(row)
  if (day === null ? !own.startsWith(`${month}-`) : own !== day)
    return { code: 'WRONG_PLACE', reason: `it is of ${own}` }
  const { partition } = series
  if (partition !== null && row[partition.column] !== partition.value)
    return { code: 'WRONG_PLACE', reason: `its ${partition.column} is ${String(row[partition.column])}` }
  return null
}
