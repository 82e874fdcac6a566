import type { StorePath } from '../../../schemas/contract/units.ts'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import { PRIVATE } from '../layout/file-names.ts'
import type { LedgerFile } from '../ledger/ledger-files.ts'
import { identifier } from '../read/duckdb.ts'
import type { LedgerFileFacts } from './file-facts.ts'
import { fileRelation } from './file-relation.ts'
import { keyIsWhole } from './inspection.ts'

/** Places of rows that another file holds too, and is believed; `all` when nothing else is left of the file. */
export type LostRows = readonly number[] | 'all'

const known = new WeakMap<StoreContext, Map<string, ReadonlyMap<StorePath, LostRows>>>()
const KNOWN_LIMIT = 2_000

/**
 * Rows whose key stands in several files of one day, as after a crash amid a compaction or beside another program: the
 * month file wins over day files, the plain form over hive folders (SPEC Q3). Days of which there is one file cost
 * nothing; others are read once for each set of files.
 * @throws CANCELLED
 */
export async function contestedRows(
  context: StoreContext,
  table: TableSchema,
  files: readonly LedgerFile[],
  facts: ReadonlyMap<StorePath, LedgerFileFacts>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<StorePath, LostRows>> {
  const lost = new Map<StorePath, LostRows>()
  let cache = known.get(context)
  if (cache === undefined) {
    cache = new Map()
    known.set(context, cache)
  }
  for (const cluster of clustersOf(files.filter(({ file }) => facts.has(file)))) {
    const identity = JSON.stringify(cluster.map(({ file }) => [file, facts.get(file)?.stat]))
    let found = cache.get(identity)
    if (found === undefined) {
      found = await resolve(context, table, cluster, facts, signal)
      if (cache.size >= KNOWN_LIMIT) cache.clear()
      cache.set(identity, found)
    }
    for (const [file, rows] of found) lost.set(file, rows)
  }
  return lost
}

/** Files that may hold the same rows, the most believed first. */
function clustersOf(files: readonly LedgerFile[]): readonly (readonly LedgerFile[])[] {
  const months = new Map<string, LedgerFile[]>()
  for (const file of files) {
    const month = months.get(file.month)
    if (month === undefined) months.set(file.month, [file])
    else month.push(file)
  }
  const clusters: (readonly LedgerFile[])[] = []
  for (const month of months.values()) {
    if (month.some(({ day }) => day === null)) clusters.push(month)
    else {
      const days = new Map<string, LedgerFile[]>()
      for (const file of month) days.set(file.day ?? '', [...(days.get(file.day ?? '') ?? []), file])
      clusters.push(...days.values())
    }
  }
  return clusters
    .filter((cluster) => cluster.length > 1 && !isPartitioned(cluster))
    .map((cluster) => [...cluster].sort((a, b) => rank(a) - rank(b) || (a.file < b.file ? -1 : 1)))
}

/** One partition's folders hold different rows by their very names. */
function isPartitioned(cluster: readonly LedgerFile[]): boolean {
  const [first] = cluster
  const folders = new Set(cluster.map(({ series }) => series.partition?.value))
  return (
    folders.size === cluster.length &&
    cluster.every(
      ({ series, day }) =>
        series.partition !== null &&
        series.partition.column === first?.series.partition?.column &&
        day === first.day,
    )
  )
}

/** What is kept of a damaged file only fills what stands. */
function rank({ file, series, day }: LedgerFile): number {
  return (
    (file.startsWith(`${PRIVATE}/`) ? 4 : 0) + (day === null ? 0 : 2) + (series.partition === null ? 0 : 1)
  )
}

async function resolve(
  context: StoreContext,
  table: TableSchema,
  cluster: readonly LedgerFile[],
  facts: ReadonlyMap<StorePath, LedgerFileFacts>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<StorePath, LostRows>> {
  const key = table.key.map(identifier).join(', ')
  // A file's place in the cluster is its rank.
  const relations = cluster.flatMap(({ file }, place) => {
    const form = facts.get(file)?.form
    return form === undefined
      ? []
      : [
          `SELECT ${key}, __file, __row FROM (${fileRelation(context, table, [file], form, place, new Set(table.key))})`,
        ]
  })
  const rows = await context.duck.rows(
    `WITH ranked AS (SELECT __file, __row, (${keyIsWhole(table)}) AND
          row_number() OVER (PARTITION BY ${key} ORDER BY __file, __row) > 1 AS lost
        FROM (${relations.join(' UNION ALL ')}))
      SELECT __file, count(*) AS total, list(__row ORDER BY __row) FILTER (WHERE lost) AS rows FROM ranked GROUP BY __file`,
    [],
    signal,
  )
  const found = new Map<StorePath, LostRows>()
  for (const { __file, total, rows: places } of rows) {
    const file = cluster[Number(__file)]?.file
    if (file === undefined || places === null || typeof places !== 'object' || !('items' in places)) continue
    found.set(file, places.items.length === Number(total) ? 'all' : places.items.map(Number))
  }
  return found
}
