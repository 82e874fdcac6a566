import path from 'node:path'
import { BarkeepError, reportOf } from '../../../schemas/contract/errors.ts'
import type { ExportReceipt } from '../../../schemas/contract/jobs.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { ExportRequest } from '../../../schemas/generated/requests.ts'
import { CANDLES, LEDGER, OBJECT_EVENTS, type TableSchema } from '../../../schemas/tables/index.ts'
import type { WorkOptions } from '../api.ts'
import type { StoreContext } from '../context.ts'
import { discard } from '../fs/atomic-file.ts'
import { readable } from '../query/entries.ts'
import { askLedger } from '../query/ledger-scan.ts'
import { identifier, literal } from '../read/duckdb.ts'
import { throwIfAborted } from '../read/shared-work.ts'
import { csvColumns, csvHeader, csvLine, localTimes } from './csv.ts'
import { type ExportSources, stageMarketRows } from './market-rows.ts'
import { checkTarget, type WrittenOutward, writeOutward } from './outward-file.ts'

/** Rows to be exported, as SQL in the table's own types and order. */
interface Exported {
  readonly table: TableSchema
  readonly sql: string
  readonly problems: readonly Problem[]
}

/**
 * Writes rows outward (SPEC Q12, Q13).
 * @param file absolute; what stands there is replaced once the new file is whole
 * @throws BAD_REQUEST, NO_SPACE, IO, CANCELLED; what stood there stands there still
 */
export async function exportTable(
  sources: ExportSources,
  request: ExportRequest,
  file: string,
  work: WorkOptions = {},
): Promise<ExportReceipt> {
  const { context } = sources
  await checkTarget(context, file)
  if (request.table === 'candles' || request.table === 'object_events') {
    const table = request.table === 'candles' ? CANDLES : OBJECT_EVENTS
    const { files, problems } = await stageMarketRows(sources, request, work.signal)
    try {
      const sql = `SELECT * FROM read_parquet([${files.map(literal).join(', ')}]) ${orderBy(table)}`
      return await write(context, { table, sql, problems }, request.format, file, work)
    } finally {
      for (const staged of files) await discard(context.env, staged)
    }
  }
  const { symbol, timeframe } = request
  const filter = {
    ...request.filter,
    ...(symbol === undefined ? {} : { symbols: [symbol] }),
    ...(timeframe === undefined ? {} : { timeframes: [timeframe] }),
  }
  const table = LEDGER[request.table]
  const names = table.columns.map(({ name }) => name)
  return askLedger(
    context,
    request.table,
    filter,
    async (scan) => {
      const columns = names.map(identifier).join(', ')
      const relation = scan.only(names)
      const sql = relation === null ? noRows(table) : `SELECT ${columns} FROM (${relation}) ${orderBy(table)}`
      return write(context, { table, sql, problems: scan.problems }, request.format, file, work)
    },
    work.signal,
  )
}

function orderBy(table: TableSchema): string {
  return `ORDER BY ${table.order.map((name) => `${identifier(name)} NULLS LAST`).join(', ')}`
}

function noRows(table: TableSchema): string {
  const columns = table.columns.map(({ name, type }) => `NULL::${type} AS ${identifier(name)}`)
  return `SELECT ${columns.join(', ')} WHERE false`
}

async function write(
  context: StoreContext,
  exported: Exported,
  format: ExportRequest['format'],
  file: string,
  work: WorkOptions,
): Promise<ExportReceipt> {
  const { table, problems } = exported
  const total = await rowsOf(context, exported, work.signal)
  const told = (rows: number): void => {
    work.onProgress?.({ done: rows, total, step: `${table.name}: ${path.basename(file)}` })
  }
  told(0)
  const written =
    format === 'csv'
      ? await writeCsv(context, exported, file, told, work.signal)
      : await writeParquet(context, exported, file, work.signal)
  told(total)
  return { file, rows: total, ...written, problems }
}

async function rowsOf(
  context: StoreContext,
  { sql }: Exported,
  signal: AbortSignal | undefined,
): Promise<number> {
  const [row] = await context.duck.rows(`SELECT count(*) AS total FROM (${sql})`, [], signal)
  return Number(row?.total ?? 0)
}

/** DuckDB may write nowhere but into the store: to staging, and from there outward. */
async function writeParquet(
  context: StoreContext,
  { sql }: Exported,
  file: string,
  signal: AbortSignal | undefined,
): Promise<WrittenOutward> {
  const { env } = context
  const staged = path.join(context.staging, `${env.randomId()}-export`)
  try {
    await context.duck.using(async (connection) => {
      await env.copyOut(staged, async () => {
        await connection.run(`COPY (${sql}) TO ${literal(staged)} (FORMAT parquet, COMPRESSION snappy)`)
      })
    }, signal)
    return await writeOutward(context, file, async (put) => {
      for await (const piece of env.readStream(staged)) await put(piece)
    })
  } catch (error) {
    if (reportOf(error).code === 'INTERNAL') await explainFailure(context, staged, error)
    throw error
  } finally {
    await discard(env, staged)
  }
}

const PROBE_BYTES = 1024 * 1024

/** DuckDB tells a full disk in words alone; a write of our own next to it tells the code. @throws NO_SPACE, IO */
async function explainFailure(context: StoreContext, staged: string, cause: unknown): Promise<void> {
  const { env } = context
  const probe = `${staged}.probe`
  try {
    await env.writeNew(probe, new Uint8Array(PROBE_BYTES))
    await env.syncFile(probe)
  } finally {
    await discard(env, probe)
  }
  if ((await env.stat(staged)) !== null) return
  const why = cause instanceof Error ? cause.message : String(cause)
  throw new BarkeepError('IO', `DuckDB could not write a file to .barkeep/staging: ${why}`, { cause })
}

/** Row by row as text; chunk by chunk, so that neither memory nor the process's other work feels how many there are. */
function writeCsv(
  context: StoreContext,
  { table, sql }: Exported,
  file: string,
  told: (rows: number) => void,
  signal: AbortSignal | undefined,
): Promise<WrittenOutward> {
  const columns = csvColumns(table, context.zone)
  const names = table.columns.map(({ name }) => name)
  const localTime = localTimes(context.zone)
  const encoder = new TextEncoder()
  return writeOutward(context, file, async (put) => {
    await put(encoder.encode(csvHeader(columns)))
    await context.duck.using(async (connection) => {
      const result = await connection.stream(`SELECT ${table.columns.map(readable).join(', ')} FROM (${sql})`)
      let rows = 0
      for (
        let chunk = await result.fetchChunk();
        chunk !== null && chunk.rowCount > 0;
        chunk = await result.fetchChunk()
      ) {
        throwIfAborted(signal)
        const lines = chunk.getRowObjects(names).map((row) => csvLine(columns, row, localTime))
        await put(encoder.encode(lines.join('')))
        rows += lines.length
        told(rows)
      }
    }, signal)
  })
}
