import type { PartitionPlan } from '../../../schemas/contract/ledger.ts'
import type { StorePath, UtcDay } from '../../../schemas/contract/units.ts'
import type { PartitionRequest } from '../../../schemas/generated/requests.ts'
import { rewriteSettings } from '../after-close/change-settings.ts'
import type { StoreContext } from '../context.ts'
import { readStoreSettings } from '../integrity/store-settings.ts'
import type { PartitionColumn } from '../layout/partition-names.ts'
import { identifier } from '../read/duckdb.ts'
import { eachAloneOnFailure, fileList } from '../read/file-types.ts'
import { listLedgerFiles } from './ledger-files.ts'
import { FolderNames } from './placement.ts'
import { asLedgerWriter } from './writer-turn.ts'

/**
 * A month of trading days with ten symbols has some 230 files, one with sixty 1,400. Opening a file costs 0.1 to 0.3 ms
 * (store.md §5), so at 2,000 a month a question over two years waits seconds for nothing but that. Beyond it a column is
 * a filter, and no folder.
 */
export const FILE_LIMIT = 2_000
/** Asked for at once. */
const FILES_A_QUERY = 256

/**
 * Counts what a partition of decisions would come to by what is stored now, and unless that is too much, or a dry run,
 * sets it for days to come (SPEC E12). Days that have files keep their form.
 * @throws LOCKED, BAD_SETTINGS, IO
 */
export async function setPartition(
  context: StoreContext,
  { column, dryRun = false }: PartitionRequest,
): Promise<PartitionPlan> {
  if (dryRun) return planned(context, column)
  return asLedgerWriter(context, 'partition', 0, async () => {
    const plan = await planned(context, column)
    if (plan.refused !== null) return plan
    await writeSetting(context, column)
    return { ...plan, applied: true }
  })
}

async function planned(context: StoreContext, column: PartitionColumn | null): Promise<PartitionPlan> {
  const { partitionFileLimit: limit = FILE_LIMIT, partitionDecisionsBy: current = null } =
    await readStoreSettings(context)
  const files = await listLedgerFiles(context, 'decisions')
  const now = busiest(files.map(({ month, file }) => [month, file]))
  const places = await storedPlaces(context, column)
  const values = [...new Set(places.map(({ value }) => value))]
  const filesAMonth = busiest(places.map(({ day, value }) => [day.slice(0, 7), `${day} ${value}`]))
  const refused = column === null ? null : whyRefused(column, values, filesAMonth, limit)
  return {
    column,
    current,
    values: column === null ? 0 : values.length,
    filesAMonth,
    filesAMonthNow: now,
    limit,
    refused,
    applied: false,
  }
}

/** The most files that one month has. */
function busiest(files: readonly (readonly [month: string, file: string])[]): number {
  const months = new Map<string, Set<string>>()
  for (const [month, file] of files) months.set(month, (months.get(month) ?? new Set()).add(file))
  return Math.max(0, ...[...months.values()].map(({ size }) => size))
}

/** Each day and value that decisions have; without a column each day. */
async function storedPlaces(
  context: StoreContext,
  column: PartitionColumn | null,
): Promise<readonly { readonly day: UtcDay; readonly value: string }[]> {
  const found = new Map<string, { readonly day: UtcDay; readonly value: string }>()
  const files = (await listLedgerFiles(context, 'decisions')).map(({ file }) => file)
  const value = column === null ? "''" : `CAST(${identifier(column)} AS VARCHAR)`
  const placesIn = (batch: readonly StorePath[]): Promise<readonly Record<string, unknown>[]> =>
    context.duck.rows(
      `SELECT DISTINCT left(CAST(timestamp_utc AS VARCHAR), 10) AS day, ${value} AS value
       FROM read_parquet([${fileList(context, batch)}], hive_partitioning=false)`,
    )
  for (let at = 0; at < files.length; at += FILES_A_QUERY) {
    // A file that can't be read says nothing here; doctor names it.
    const rows = await eachAloneOnFailure(files.slice(at, at + FILES_A_QUERY), placesIn, async () => {})
    for (const row of rows) {
      const place = { day: String(row.day) as UtcDay, value: String(row.value ?? '') }
      found.set(`${place.day} ${place.value}`, place)
    }
  }
  return [...found.values()]
}

function whyRefused(
  column: PartitionColumn,
  values: readonly string[],
  filesAMonth: number,
  limit: number,
): string | null {
  const names = new FolderNames([])
  for (const value of values) {
    const problem = names.problemOf({ column, value })
    if (problem !== null) return problem
  }
  return filesAMonth > limit
    ? `${filesAMonth} files a month are more than ${limit} (partitionFileLimit)`
    : null
}

/** The other settings stay as a person wrote them. */
async function writeSetting(context: StoreContext, column: PartitionColumn | null): Promise<void> {
  await rewriteSettings(context, (current) => {
    const { partitionDecisionsBy: before = null, ...rest } = current
    if (before === column) return current
    return column === null ? rest : { ...rest, partitionDecisionsBy: column }
  })
}
