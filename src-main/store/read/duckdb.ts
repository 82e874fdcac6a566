import { type DuckDBConnection, DuckDBInstance, type DuckDBResult, type DuckDBValue } from '@duckdb/node-api'
import { BarkeepError } from '../../../schemas/contract/errors.ts'

/** Connections kept open: queries on one wait for each other, and a window asks for a few things at once. */
const IDLE_CONNECTIONS = 4

export interface DuckOptions {
  /** Worker threads; DuckDB's own choice (all cores) would starve the window. */
  readonly threads: number
  readonly memory: string
}

/** Text as an SQL literal: paths can't be bound in COPY and in read_parquet's list. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A name as an SQL identifier: `left` and `top` are words of the language. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/**
 * An in-memory DuckDB that can reach nothing outside one folder (SPEC R9). Queries run side by side, each on a
 * connection of its own; an aborted signal interrupts its query.
 */
export class Duck {
  readonly #instance: DuckDBInstance
  readonly #idle: DuckDBConnection[] = []
  #closed = false

  private constructor(instance: DuckDBInstance) {
    this.#instance = instance
  }

  /**
   * @param root absolute path of the store, the only folder that queries may touch
   * @param temp absolute path below it for what doesn't fit in memory
   */
  static async open(root: string, temp: string, options: DuckOptions): Promise<Duck> {
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(options.threads),
      memory_limit: options.memory,
    })
    const duck = new Duck(instance)
    await duck.using(async (connection) => {
      await connection.run(`SET temp_directory=${literal(temp)}`)
      await connection.run('SET autoinstall_known_extensions=false')
      await connection.run('SET autoload_known_extensions=false')
      // The order matters: as options of create, or locked earlier, they fail (store.md §5).
      await connection.run(`SET allowed_directories=[${literal(root)}]`)
      await connection.run('SET enable_external_access=false')
      await connection.run('SET lock_configuration=true')
    })
    return duck
  }

  /** Lends a connection for as long as the work runs. @throws CANCELLED when the signal aborts */
  async using<T>(work: (connection: DuckDBConnection) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    if (this.#closed) throw new BarkeepError('INTERNAL', 'The store was closed while a query was on its way.')
    const connection = this.#idle.pop() ?? (await this.#instance.connect())
    const interrupt = (): void => connection.interrupt()
    signal?.addEventListener('abort', interrupt, { once: true })
    try {
      return await work(connection)
    } catch (cause) {
      if (signal?.aborted === true) throw new BarkeepError('CANCELLED', 'Cancelled on request.', { cause })
      throw cause
    } finally {
      signal?.removeEventListener('abort', interrupt)
      if (this.#closed || this.#idle.length >= IDLE_CONNECTIONS) connection.closeSync()
      else this.#idle.push(connection)
    }
  }

  /** Rows as objects, for small answers. BIGINT comes as bigint. */
  async rows(
    sql: string,
    values: DuckDBValue[] = [],
    signal?: AbortSignal,
  ): Promise<Record<string, DuckDBValue>[]> {
    return this.using(async (connection) => (await connection.run(sql, values)).getRowObjects(), signal)
  }

  /** Runs a query and hands its materialised result over while the connection is still lent. */
  async query<T>(sql: string, take: (result: DuckDBResult) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.using(async (connection) => take(await connection.run(sql)), signal)
  }

  close(): void {
    this.#closed = true
    for (const connection of this.#idle.splice(0)) connection.closeSync()
    this.#instance.closeSync()
  }
}
