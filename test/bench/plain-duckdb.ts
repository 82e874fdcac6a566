import { type DuckDBConnection, DuckDBInstance, type DuckDBResult } from '@duckdb/node-api'
import type { CandleColumns } from '../../schemas/contract/viewport.ts'

/** As many as the engine's own instance has. */
export const THREADS = 2

/** A DuckDB of the bench's own, as a notebook beside the app would use it. */
export class PlainDuckDB {
  readonly #instance: DuckDBInstance
  readonly connection: DuckDBConnection

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance
    this.connection = connection
  }

  static async open(): Promise<PlainDuckDB> {
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(THREADS),
      memory_limit: '2GB',
    })
    return new PlainDuckDB(instance, await instance.connect())
  }

  close(): void {
    this.connection.closeSync()
    this.#instance.closeSync()
  }
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

export interface Window {
  readonly symbol: string
  readonly from: number
  readonly to: number
}

/** An instant in the form that a bot writes: what the naive query's bounds are normalised from. */
function iso(instant: number): string {
  return new Date(instant).toISOString().replace('Z', '+00:00')
}

/**
 * The query of somebody who has a folder of Parquet and no engine: a glob over the timeframe's folder, columns matched by
 * name, the instant from `ts_iso`, each bar once, in order.
 * @param folder absolute path of `data/<tf>`
 */
export async function naiveWindow(
  { connection }: PlainDuckDB,
  folder: string,
  { symbol, from, to }: Window,
): Promise<CandleColumns> {
  const glob = quoted(`${folder}/**/*.parquet`)
  const instant = `epoch_ms(strptime(ts_iso, '%Y-%m-%dT%H:%M:%S.%g%z'))`
  const bound = (time: number) => `epoch_ms(strptime('${iso(time)}', '%Y-%m-%dT%H:%M:%S.%g%z'))`
  const result = await connection.run(
    `SELECT DISTINCT ON (instant) instant::DOUBLE AS ts, open, high, low, close, volume
     FROM (SELECT ${instant} AS instant, open, high, low, close, volume
           FROM read_parquet(${glob}, union_by_name = true) WHERE symbol = ${quoted(symbol)})
     WHERE instant BETWEEN ${bound(from)} AND ${bound(to)}
     ORDER BY instant`,
  )
  return columnsOf(result)
}

/** One run of a prepared query, bound anew each time. */
export type BoundQuery = (window: Window) => Promise<CandleColumns>

/** The same bars in a native table in memory, ordered and indexed by (symbol, ts), asked by a prepared query. */
export async function memoryTable({ connection }: PlainDuckDB, folder: string): Promise<BoundQuery> {
  await connection.run(
    `CREATE TABLE bars AS SELECT symbol, ts, open, high, low, close, volume
     FROM read_parquet(${quoted(`${folder}/*.parquet`)}) ORDER BY symbol, ts`,
  )
  await connection.run('CREATE INDEX bars_by_ts ON bars (symbol, ts)')
  const prepared = await connection.prepare(
    `SELECT ts::DOUBLE AS ts, open, high, low, close, volume FROM bars
     WHERE symbol = $1 AND ts BETWEEN $2 AND $3 ORDER BY ts`,
  )
  return async ({ symbol, from, to }) => {
    prepared.bindVarchar(1, symbol)
    prepared.bindBigInt(2, BigInt(from))
    prepared.bindBigInt(3, BigInt(to))
    const result = await prepared.run()
    return columnsOf(result)
  }
}

/** A scan of the dayfiles into candles of a day: what a coarse view costs without anything kept for it. */
export async function scanByDay(
  { connection }: PlainDuckDB,
  folder: string,
  { symbol, from, to }: Window,
): Promise<CandleColumns> {
  const result = await connection.run(
    `SELECT min(ts)::DOUBLE AS ts, arg_min(open, ts) AS open, max(high) AS high, min(low) AS low,
       arg_max(close, ts) AS close, sum(volume) AS volume
     FROM read_parquet(${quoted(`${folder}/*.parquet`)})
     WHERE symbol = ${quoted(symbol)} AND ts BETWEEN ${from} AND ${to}
     GROUP BY ts // 86400000 ORDER BY 1`,
  )
  return columnsOf(result)
}

/** All rows of a result as typed arrays, by its columns' order. */
async function columnsOf(result: DuckDBResult): Promise<CandleColumns> {
  const chunks = await result.fetchAllChunks()
  const counts = chunks.map(({ rowCount }) => rowCount)
  const total = counts.reduce((sum, count) => sum + count, 0)
  const column = (index: number): Float64Array => {
    const values = new Float64Array(total)
    let start = 0
    for (const [which, chunk] of chunks.entries()) {
      const vector = chunk.getColumnVector(index)
      const count = counts[which] ?? 0
      for (let row = 0; row < count; row++) values[start + row] = vector.getItem(row) as number
      start += count
    }
    return values
  }
  return {
    ts: column(0),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: column(5),
  }
}
