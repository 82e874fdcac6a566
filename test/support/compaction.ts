import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { lstat, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { CompactReceipt } from '../../schemas/contract/jobs.ts'
import type { CompactRequest } from '../../schemas/generated/requests.ts'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { OBJECT_EVENTS } from '../../schemas/tables/index.ts'
import type { WorkOptions } from '../../src-main/store/api.ts'
import type { DayResolver } from '../../src-main/store/compact/resolver.ts'
import { compactStore } from '../../src-main/store/compact/run.ts'
import type { StoreContext } from '../../src-main/store/context.ts'

/** A store without object events, for tests of candles alone. */
const NO_EVENTS: DayResolver = {
  table: OBJECT_EVENTS,
  series: { table: 'object_events' },
  waiting: async () => [],
  merge: () => Promise.reject(new Error('there are no events')),
}

export function compactCandles(
  context: StoreContext,
  request: CompactRequest = {},
  options: WorkOptions = {},
): Promise<CompactReceipt> {
  return compactStore(context, request, NO_EVENTS, options)
}

let plain: Promise<DuckDBConnection> | null = null

async function plainConnection(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  // Files come and go under the same names.
  await connection.run('SET enable_external_file_cache=false')
  return connection
}

/** Rows of a query of another program's DuckDB: no sandbox, nothing of ours, nothing remembered of files. */
export async function plainRows(sql: string): Promise<Record<string, unknown>[]> {
  plain ??= plainConnection()
  const result = await (await plain).run(sql)
  return (await result.getRowObjects()) as Record<string, unknown>[]
}

/**
 * All bars that any reader of plain Parquet sees: every row of `data/**`, as often as it is there. Empty when there is
 * no file. Numbers as they are, `ts` and `global_x` as numbers.
 */
export async function globbedBars(root: string): Promise<CandleRow[]> {
  const files = (await allFiles(path.join(root, 'data'))).filter((file) => file.endsWith('.parquet'))
  if (files.length === 0) return []
  const glob = path.join(root, 'data/**/*.parquet').replaceAll('[', '[[]').replaceAll("'", "''")
  const rows = await plainRows(
    `SELECT symbol, timeframe, ts, ts_iso, open, high, low, close, volume, global_x
     FROM read_parquet('${glob}', union_by_name=true, hive_partitioning=false) ORDER BY timeframe, symbol, ts`,
  )
  return rows.map((row) => ({
    ...(row as unknown as CandleRow),
    ts: Number(row.ts),
    global_x: row.global_x === null ? null : Number(row.global_x),
  }))
}

/** Absolute paths of all files below a folder, sorted; none when it isn't there. */
export async function allFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
}

/** Each file below a folder with its inode and SHA-256: what "no file changed" is told by. */
export async function fingerprints(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const file of await allFiles(folder)) {
    const { ino } = await lstat(file)
    const hash = createHash('sha256')
      .update(await readFile(file))
      .digest('hex')
    found[path.relative(folder, file)] = `${ino} ${hash}`
  }
  return found
}

/** Bars in one order, without their numbers: to be compared as sets. */
export function plainBars(rows: Iterable<CandleRow>): Omit<CandleRow, 'global_x'>[] {
  return [...rows]
    .map(({ global_x: _, ...row }) => row)
    .sort((a, b) => {
      const [left, right] = [`${a.timeframe} ${a.symbol}`, `${b.timeframe} ${b.symbol}`]
      return left === right ? a.ts - b.ts : left < right ? -1 : 1
    })
}

/**
 * Checks files by the system's own tool, run in the store's folder as a person would.
 * @param files checksum files, relative to the store
 * @returns what it said: `data/2m/2024-03-08.parquet: OK` a line
 */
export async function sha256sumCheck(root: string, files: readonly string[]): Promise<string> {
  const run = promisify(execFile)
  try {
    return (await run('sha256sum', ['-c', ...files], { cwd: root })).stdout
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    // macOS has it under another name.
    return (await run('shasum', ['-a', '256', '-c', ...files], { cwd: root })).stdout
  }
}

/**
 * What `sha256sum -c` would complain of, over all checksum files of a store: files that differ or are not there, lines
 * that are none. A process for each of hundreds of stores would take minutes.
 */
export async function brokenChecksums(root: string): Promise<string[]> {
  const broken: string[] = []
  for (const record of await allFiles(path.join(root, '.barkeep/checksums'))) {
    for (const line of (await readFile(record, 'utf8')).split('\n').slice(0, -1)) {
      const [, wanted, file] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? []
      const bytes = file === undefined ? null : await readFile(path.join(root, file)).catch(() => null)
      const found = bytes === null ? null : createHash('sha256').update(bytes).digest('hex')
      if (wanted === undefined || found !== wanted) broken.push(`${path.relative(root, record)}: ${line}`)
    }
  }
  return broken
}
