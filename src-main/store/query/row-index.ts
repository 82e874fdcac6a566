import type { StoreContext } from '../context.ts'
import { SharedWork } from '../read/shared-work.ts'
import type { RowPlace } from './ledger-scan.ts'

/** The places of all rows of a question in its order: 8 bytes a row. */
interface RowIndex {
  readonly files: Int32Array
  readonly rows: Int32Array
}

/** Bytes that indexes of one store may take together; one alone may take more. */
const MOST_BYTES = 64 * 1024 * 1024

/**
 * Where the rows of a sorted question stand, so that any page of a million is read by its place instead of sorted for anew
 * (SPEC Q8). Made once for a question and the very files that it was asked of; those used longest ago go first.
 */
export class RowIndexes {
  readonly #context: StoreContext
  readonly #ready = new Map<string, RowIndex>()
  readonly #underway = new Map<string, SharedWork<RowIndex>>()
  /** The one that nobody waits for yet; a newer question takes its place. */
  #ahead: { readonly key: string; readonly controller: AbortController } | null = null

  constructor(context: StoreContext) {
    this.#context = context
  }

  /** @returns null while it isn't made: see `ahead` and `made` */
  known(key: string): RowIndex | null {
    const found = this.#ready.get(key)
    if (found === undefined) return null
    this.#ready.delete(key)
    this.#ready.set(key, found)
    return found
  }

  /** Waits for the index, making it when it isn't under way. @throws CANCELLED, and what the query throws */
  async made(key: string, sql: string, signal: AbortSignal | undefined): Promise<RowIndex> {
    const known = this.known(key)
    if (known !== null) return known
    let work = this.#underway.get(key)
    if (work === undefined) {
      work = new SharedWork(
        (stop) => this.#make(key, sql, stop),
        () => this.#underway.delete(key),
      )
      this.#underway.set(key, work)
    }
    return work.join(signal)
  }

  /** Makes the index behind everybody's back: the next pages will be asked for. Instead of any other that is so made. */
  ahead(key: string, sql: string): void {
    if (this.#ahead?.key === key || this.#ready.has(key)) return
    this.#ahead?.controller.abort()
    const controller = new AbortController()
    const mine = { key, controller }
    this.#ahead = mine
    void this.made(key, sql, controller.signal)
      // Whoever asks for a page gets the failure told; nobody has asked for this yet.
      .catch(() => undefined)
      .finally(() => {
        if (this.#ahead === mine) this.#ahead = null
      })
  }

  async #make(key: string, sql: string, signal: AbortSignal): Promise<RowIndex> {
    try {
      const made = await readPlaces(this.#context, sql, signal)
      this.#ready.set(key, made)
      let bytes = [...this.#ready.values()].reduce((sum, { files }) => sum + files.length * 8, 0)
      for (const [old, { files }] of this.#ready) {
        if (bytes <= MOST_BYTES || old === key) break
        this.#ready.delete(old)
        bytes -= files.length * 8
      }
      return made
    } finally {
      this.#underway.delete(key)
    }
  }
}

/** @param sql gives `__file` and `__row` */
async function readPlaces(context: StoreContext, sql: string, signal: AbortSignal): Promise<RowIndex> {
  return context.duck.using(async (connection) => {
    let files = new Int32Array(4096)
    let rows = new Int32Array(4096)
    let count = 0
    const result = await connection.stream(`SELECT __file, CAST(__row AS INTEGER) AS __row FROM (${sql})`)
    // Chunk by chunk, each awaited: a million rows at once would hold up everything else in the process.
    for (
      let chunk = await result.fetchChunk();
      chunk !== null && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      const { rowCount } = chunk
      if (count + rowCount > files.length) {
        files = grown(files, count + rowCount)
        rows = grown(rows, count + rowCount)
      }
      const [fileOf, rowOf] = [chunk.getColumnVector(0), chunk.getColumnVector(1)]
      for (let row = 0; row < rowCount; row++) {
        files[count + row] = fileOf.getItem(row) as number
        rows[count + row] = rowOf.getItem(row) as number
      }
      count += rowCount
    }
    return { files: files.slice(0, count), rows: rows.slice(0, count) }
  }, signal)
}

function grown(array: Int32Array<ArrayBuffer>, needed: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(needed, array.length * 2))
  larger.set(array)
  return larger
}

/** A page of an index. */
export function placesOf({ files, rows }: RowIndex, offset: number, limit: number): readonly RowPlace[] {
  const places: RowPlace[] = []
  for (let index = offset; index < Math.min(files.length, offset + limit); index++)
    places.push({ file: files[index] ?? 0, row: rows[index] ?? 0 })
  return places
}

const indexes = new WeakMap<StoreContext, RowIndexes>()

/** One set of indexes for each open store. */
export function rowIndexes(context: StoreContext): RowIndexes {
  const known = indexes.get(context)
  if (known !== undefined) return known
  const made = new RowIndexes(context)
  indexes.set(context, made)
  return made
}
