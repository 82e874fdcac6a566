import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StorePath, UtcMonth } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import { DAILY_TABLES, type DailyTable, LEDGER, type TableSchema } from '../../../schemas/tables/index.ts'
import { type DayMerge, type DayResolver, dayTarget, monthTarget, type Target } from '../compact/resolver.ts'
import { at, type StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { recordedChecksum } from '../layout/checksums.ts'
import { type LedgerSeries, monthfilePath, seriesFolder } from '../layout/file-names.ts'
import type { Row } from '../write/part-writer.ts'
import { type LedgerFile, listLedgerFiles } from './ledger-files.ts'
import { type MergedMonth, mergeMonth, rowsObstacle } from './month-merge.ts'
import { provenMonth } from './month-proof.ts'
import { type LedgerFileRows, type LedgerRowsRead, readLedgerRows } from './read-rows.ts'
import { inLedgerOrder } from './row-order.ts'
import { strangeColumns } from './standing-files.ts'

/** The folders in which files of ledgers stand: each table's own, and hive folders of decisions. */
export async function ledgerSeries(
  context: StoreContext,
  tables: readonly DailyTable[] = DAILY_TABLES,
): Promise<readonly LedgerSeries[]> {
  const found: LedgerSeries[] = []
  for (const table of tables) {
    const folders = new Map<StorePath, LedgerSeries>()
    for (const { series } of [
      { series: { table, partition: null } },
      ...(await listLedgerFiles(context, table)),
    ])
      folders.set(seriesFolder(series), series)
    found.push(...[...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, series]) => series))
  }
  return found
}

/**
 * A ledger's folder for compaction (SPEC E20–E23): a day is one file from the start, so that only months are made, of the
 * day files of one folder. A day file beside its month's waits to be merged into it.
 */
export function ledgerResolver(context: StoreContext, series: LedgerSeries): DayResolver {
  const table = LEDGER[series.table]
  const folder = seriesFolder(series)
  const files = async (): Promise<readonly LedgerFile[]> =>
    (await listLedgerFiles(context, series.table)).filter((file) => seriesFolder(file.series) === folder)
  const monthStands = async (month: UtcMonth): Promise<boolean> =>
    (await context.env.stat(at(context, monthfilePath(month, series)))) !== null
  return {
    table,
    series,
    async waiting() {
      const all = await files()
      const months = new Set(all.flatMap(({ day, month }) => (day === null ? month : [])))
      return all.flatMap(({ day, month }) => (day !== null && months.has(month) ? day : []))
    },
    async targetOf(day) {
      const month = day.slice(0, 7) as UtcMonth
      return (await monthStands(month)) ? monthTarget(month, series) : dayTarget(series, day)
    },
    async monthOf(month) {
      const held = (await files()).some((file) => file.month === month)
      return held ? monthTarget(month, series) : null
    },
    async merge(target, signal) {
      const { month } = target
      if (month === null) return ofDay(context, table, target, signal)
      const days = (await files()).filter((file) => file.month === month && file.day !== null)
      return ofMonth(context, series, { ...target, month }, days, signal)
    },
  }
}

/** Nothing is made of a day: it is told as it stands, and when it can't be read, that it stays. */
async function ofDay(
  context: StoreContext,
  table: TableSchema,
  { day, file }: Target,
  signal: AbortSignal | undefined,
): Promise<DayMerge> {
  const read = await readLedgerRows(context, table, [file], signal)
  const [found] = read.files
  const rows = found === undefined ? null : rowsOf(found)
  return {
    day,
    standing: rows,
    rows: rows ?? [],
    inputs: rows ?? [],
    merged: [],
    lost: [],
    left: read.problems,
    conflicts: 0,
  }
}

async function ofMonth(
  context: StoreContext,
  series: LedgerSeries,
  { day, month, file }: Target & { readonly month: UtcMonth },
  days: readonly LedgerFile[],
  signal: AbortSignal | undefined,
): Promise<DayMerge> {
  const table = LEDGER[series.table]
  const identities: { file: StorePath; stat: FileStat }[] = []
  for (const each of days) {
    const stat = await context.env.stat(at(context, each.file))
    if (stat !== null) identities.push({ file: each.file, stat })
  }
  const read = await readOneByOne(context, table, [file, ...identities.map((each) => each.file)], signal)
  const own = read.files.find((each) => each.file === file)
  const damage = read.problems.find((each) => each.file === file) ?? null
  const isFirst = own === undefined && damage === null
  const left = await leftOut(context, read, file, isFirst)
  const place = { month, partition: series.partition }
  const obstacleOf = async (found: LedgerFileRows): Promise<Problem | null> =>
    rowsObstacle(table, found, place) ?? (await columnsObstacle(context, series, found))
  const sound: LedgerFileRows[] = []
  for (const found of read.files) {
    if (found.file === file) continue
    const obstacle = await obstacleOf(found)
    if (obstacle === null) sound.push(found)
    else left.push(obstacle)
  }
  const obstacle = own === undefined ? null : await obstacleOf(own)
  if (own !== undefined && obstacle !== null) {
    if (sound.length > 0) throw notMergedInto(obstacle)
    // Nothing comes to it: it is told as it stands.
    const rows = inLedgerOrder(table, rowsOf(own))
    const nothing = { merged: [], lost: [], conflicts: 0 }
    return { day, standing: rows, rows, inputs: rows, left: [obstacle, ...left], ...nothing }
  }
  const standing = await standingRows(context, series, own, damage, signal)
  const merged = mergeMonth(table, standing ?? [], sound)
  // Until now both are shown, each on its day; one file can hold only one of them.
  if (isFirst && merged.firstConflict !== null) throw clash(merged.firstConflict)
  return {
    day,
    standing: damage === null ? standing : null,
    damaged: damage,
    rows: merged.rows,
    inputs: merged.inputs,
    merged: merged.merged.map((each) => each.file),
    lost: [],
    left,
    conflicts: merged.conflicts,
    replaced: merged.merged,
    contested: merged.contested,
    identities,
  }
}

/** A month may take a second to unpack: between files whoever waits for this process has a turn. */
async function readOneByOne(
  context: StoreContext,
  table: TableSchema,
  files: readonly StorePath[],
  signal: AbortSignal | undefined,
): Promise<Pick<LedgerRowsRead, 'files' | 'problems'>> {
  const found: LedgerFileRows[] = []
  const problems: Problem[] = []
  for (const file of files) {
    const read = await readLedgerRows(context, table, [file], signal)
    found.push(...read.files)
    problems.push(...read.problems)
  }
  return { files: found, problems }
}

/** Another program's columns for which ours has no place: in a file of ours they would be gone. */
async function columnsObstacle(
  context: StoreContext,
  { table }: LedgerSeries,
  { file, foreign }: LedgerFileRows,
): Promise<Problem | null> {
  const strange = foreign ? await strangeColumns(context, LEDGER[table], file) : []
  if (strange.length === 0) return null
  return { file, code: 'BAD_COLUMNS', detail: `has columns of its own: ${strange.slice(0, 5).join(', ')}` }
}

/**
 * Day files that can't be read: they stay where they are.
 * @throws the code of one that was ours, when there is no month file yet: nobody would look for its rows afterwards
 */
async function leftOut(
  context: StoreContext,
  { problems }: Pick<LedgerRowsRead, 'problems'>,
  monthfile: StorePath,
  isFirst: boolean,
): Promise<Problem[]> {
  const left = problems.filter(({ file }) => file !== monthfile)
  for (const problem of left) {
    if (isFirst && (await recordedChecksum(context, problem.file as StorePath)) !== null)
      throw irreparable(problem)
  }
  return left
}

/** Rows of the month file; of a damaged one those that are proven to be all of them. @throws the damage's code */
async function standingRows(
  context: StoreContext,
  series: LedgerSeries,
  own: LedgerFileRows | undefined,
  damage: Problem | null,
  signal: AbortSignal | undefined,
): Promise<readonly Row[] | null> {
  if (damage === null) return own === undefined ? null : rowsOf(own)
  const proven = await provenMonth(context, series, damage.file as StorePath, signal)
  if (proven === null) throw irreparable(damage)
  return proven
}

function rowsOf({ rows }: LedgerFileRows): readonly Row[] {
  return rows.map(({ row }) => row)
}

function irreparable({ file, code, detail }: Problem): BarkeepError {
  return new BarkeepError(
    code,
    `${file}: ${detail}. What it was made of is not all there any more; see what "barkeep doctor" says of it, or backfill its days.`,
    { file },
  )
}

function clash({ file, key }: NonNullable<MergedMonth['firstConflict']>): BarkeepError {
  return new BarkeepError(
    'CONFLICT',
    `${file}: ${key} stands on an earlier day of the month too, with other values. A key is one row for all time: mend the program that gave it twice; the days stay as they are.`,
    { file },
  )
}

function notMergedInto({ file, code, detail }: Problem): BarkeepError {
  return new BarkeepError(
    code,
    `${file} is another program's and holds what ours could not keep (${detail}): day files beside it stay. Mend or move it.`,
    { file },
  )
}
