import { type DuckDBConnection, DuckDBInstance, type DuckDBResult, type DuckDBValue } from '@duckdb/node-api'
import { BarkeepError } from '../../../schemas/contract/errors.ts'

/** Connections kept open: queries on one wait for each other, and a window asks for a few things at once. */
const IDLE_CONNECTIONS = 4

const INTERRUPT_EVERY_MS = 5

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
 * connection of its own; an aborted signal interrupts its query. A fatal error inside DuckDB (a damaged file can
 * cause one) leaves an instance that refuses everything: it is replaced, so that one bad file costs one query.
 */
export class Duck {
  readonly #settings: readonly string[]
  readonly #options: DuckOptions
  #instance: DuckDBInstance
  #idle: DuckDBConnection[] = []
  #replacing: Promise<void> | null = null
  #closed = false

  private constructor(instance: DuckDBInstance, settings: readonly string[], options: DuckOptions) {
    this.#instance = instance
    this.#settings = settings
    this.#options = options
  }

  /**
   * @param root absolute path of the store, the only folder that queries may touch
   * @param temp absolute path below it for what doesn't fit in memory
   */
  static async open(root: string, temp: string, options: DuckOptions): Promise<Duck> {
    // The order matters: as options of create, or locked earlier, they fail (store.md §5).
    const settings = [
      `SET temp_directory=${literal(temp)}`,
      'SET autoinstall_known_extensions=false',
      'SET autoload_known_extensions=false',
      `SET allowed_directories=[${literal(root)}]`,
      'SET enable_external_access=false',
      'SET lock_configuration=true',
    ]
    return new Duck(await createInstance(settings, options), settings, options)
  }

  /** Lends a connection for as long as the work runs. @throws CANCELLED when the signal aborts */
  async using<T>(work: (connection: DuckDBConnection) => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#replacing
    if (this.#closed) throw new BarkeepError('INTERNAL', 'The store was closed while a query was on its way.')
    const instance = this.#instance
    const connection = this.#idle.pop() ?? (await instance.connect())
    if (isAborted(signal)) {
      this.#idle.push(connection)
      throw cancelled()
    }
    let again: ReturnType<typeof setInterval> | undefined
    const interrupt = (): void => {
      connection.interrupt()
      // An interrupt that arrives before its query has begun is lost: say it again until the query has ended.
      again = setInterval(() => connection.interrupt(), INTERRUPT_EVERY_MS)
    }
    signal?.addEventListener('abort', interrupt, { once: true })
    let failed = true
    try {
      const result = await work(connection)
      failed = false
      return result
    } catch (cause) {
      if (isAborted(signal)) throw cancelled(cause)
      throw cause
    } finally {
      signal?.removeEventListener('abort', interrupt)
      clearInterval(again)
      if (failed && !(await answers(connection))) await this.#replace(instance)
      if (this.#closed || instance !== this.#instance || this.#idle.length >= IDLE_CONNECTIONS)
        connection.closeSync()
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

  /** Once, however many queries the broken instance failed. */
  async #replace(broken: DuckDBInstance): Promise<void> {
    if (this.#closed || broken !== this.#instance) return
    this.#replacing ??= (async () => {
      const fresh = await createInstance(this.#settings, this.#options)
      for (const connection of this.#idle.splice(0)) connection.closeSync()
      this.#instance = fresh
      broken.closeSync()
    })()
    try {
      await this.#replacing
    } finally {
      this.#replacing = null
    }
  }
}

async function createInstance(settings: readonly string[], options: DuckOptions): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(options.threads),
    memory_limit: options.memory,
  })
  const connection = await instance.connect()
  for (const setting of settings) await connection.run(setting)
  connection.closeSync()
  return instance
}

/** Asked again after each await: the compiler would take the first answer for the last. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}

async function answers(connection: DuckDBConnection): Promise<boolean> {
  try {
    await connection.run('SELECT 1')
    return true
  } catch {
    // Whatever it says: an instance that can't answer this can't answer anything.
    return false
  }
}

function cancelled(cause?: unknown): BarkeepError {
  return new BarkeepError('CANCELLED', 'Cancelled on request.', { cause })
}
