import path from 'node:path'
import { Writable } from 'node:stream'
import parquet from 'parquetjs-lite'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { PartName } from '../../../schemas/contract/units.ts'
import type { Column, ColumnType, TableSchema } from '../../../schemas/tables/index.ts'
import { discard, stageBytes } from '../fs/atomic-file.ts'
import type { Env } from '../fs/env.ts'
import { sha256 } from '../layout/digest.ts'
import { partName, storePathOf } from '../layout/file-names.ts'
import { recordParts } from '../layout/part-checksums.ts'

/** Values of a row by column; absent and null are the same. */
export type Row = Readonly<Record<string, unknown>>

const PARQUET_TYPE = {
  BIGINT: 'INT64',
  DOUBLE: 'DOUBLE',
  VARCHAR: 'UTF8',
  JSON: 'JSON',
} as const satisfies Partial<Record<ColumnType, string>>

/** @throws INTERNAL for a type that no table of parts has */
function parquetType({ name, type }: Column): (typeof PARQUET_TYPE)[keyof typeof PARQUET_TYPE] {
  if (type in PARQUET_TYPE) return PARQUET_TYPE[type as keyof typeof PARQUET_TYPE]
  throw new BarkeepError('INTERNAL', `parts can't hold ${name}, a ${type}`)
}

const schemas = new Map<string, InstanceType<typeof parquet.ParquetSchema>>()

function parquetSchemaOf(table: TableSchema): InstanceType<typeof parquet.ParquetSchema> {
  const known = schemas.get(table.name)
  if (known !== undefined) return known
  const fields = Object.fromEntries(
    table.columns.map((column) => [
      column.name,
      {
        type: parquetType(column),
        optional: column.nullable,
        compression: 'UNCOMPRESSED' as const,
        // Its text statistics are in UTF-16 order, which hides rows from readers that trust them (store.md §4).
        statistics: column.name === 'ts',
      },
    ]),
  )
  const made = new parquet.ParquetSchema(fields)
  schemas.set(table.name, made)
  return made
}

/** parquetjs-lite coerces without a word, so what reaches it must already be exact. */
function exact(table: string, name: string, type: ColumnType, value: unknown): unknown {
  if (value === null || value === undefined) return undefined
  if (type === 'VARCHAR' && typeof value === 'string') return value
  if (type === 'JSON' && typeof value === 'object') return value
  if (type === 'BIGINT' && typeof value === 'number' && Number.isSafeInteger(value)) return value + 0
  // + 0 turns −0 into 0.
  if (type === 'DOUBLE' && typeof value === 'number' && Number.isFinite(value)) return value + 0
  throw new BarkeepError('BAD_ROW', `${table}.${name} can't hold ${String(value)} as ${type}.`)
}

/**
 * One row as a Parquet file in memory, by parquetjs-lite inside the bounds in which it is sound: one row, memory
 * stream, data page v1, no page index, statistics on `ts` only. Deterministic: the same row gives the same bytes.
 * @throws BAD_ROW for a value that its column can't hold exactly
 */
export async function partBytes(table: TableSchema, row: Row): Promise<Uint8Array> {
  const pieces: Buffer[] = []
  const memory = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(piece)
      done()
    },
  })
  const values: Record<string, unknown> = {}
  for (const { name, type, nullable } of table.columns) {
    const value = exact(table.name, name, type, row[name])
    if (value === undefined && !nullable)
      throw new BarkeepError('BAD_ROW', `${table.name}.${name} is missing.`)
    if (value !== undefined) values[name] = value
  }
  try {
    const writer = await parquet.ParquetWriter.openStream(parquetSchemaOf(table), memory, {
      useDataPageV2: false,
      pageIndex: false,
    })
    await writer.appendRow(values)
    await writer.close()
  } catch (thrown) {
    if (thrown instanceof Error) throw thrown
    // parquetjs-lite throws strings.
    throw new BarkeepError(
      'INTERNAL',
      `parquetjs-lite could not write a ${table.name} row: ${String(thrown)}`,
    )
  }
  return Buffer.concat(pieces)
}

/** A part's bytes in staging, synced, but nowhere to be seen. */
export interface StagedPart {
  /** Absolute. */
  readonly path: string
  readonly sha256: string
}

/** A staged part on its way into a folder. */
export interface PartToPublish {
  readonly staged: StagedPart
  /** Microseconds that the name must lie beyond: those of a part this one supersedes. */
  readonly after: number
}

const KNOWN_FOLDERS = 1_000

/**
 * Names and publishes parts. Names rise strictly within a process, whatever the clock does, so that of two parts with
 * one key the one written last also sorts last (SPEC W6). Each part's SHA-256 is written down before the part appears
 * (SPEC W15).
 */
export class PartWriter {
  readonly #env: Env
  readonly #staging: string
  readonly #root: string
  #lastMicros = 0
  /** Folders that were there: making one each time would cost a system call a part. */
  readonly #folders = new Set<string>()

  /**
   * @param staging absolute path of this process's own folder
   * @param root absolute path of the store
   */
  constructor(env: Env, staging: string, root: string) {
    this.#env = env
    this.#staging = staging
    this.#root = root
  }

  /**
   * @param folder absolute path of the part folder; made when missing
   * @param after microseconds that the name must lie beyond: those of a part this one supersedes
   * @returns the name, once the part is durable
   * @throws BAD_ROW, and Node's own errors of the file system
   */
  async write(folder: string, table: TableSchema, row: Row, after = 0): Promise<PartName> {
    const staged = await this.stage(table, row)
    const [placed] = await this.publish(folder, [{ staged, after }])
    if (placed?.status !== 'fulfilled') throw placed?.reason
    await this.#env.syncDir(folder)
    return placed.value
  }

  /** The first half of `write`: it ends in `publish` or `discard`. */
  async stage(table: TableSchema, row: Row): Promise<StagedPart> {
    const bytes = await partBytes(table, row)
    // Staged under a name that only tells what it is; the part is named when it is published.
    const name = partName(this.#env.now() * 1000, this.#env.randomId())
    const stage = (): Promise<string> => stageBytes(this.#env, this.#staging, name, bytes)
    const hash = sha256(bytes)
    try {
      return { path: await stage(), sha256: hash }
    } catch (error) {
      if (!isMissing(error)) throw error
      await this.#env.makeDir(this.#staging)
      return { path: await stage(), sha256: hash }
    }
  }

  /**
   * The second half for any number of parts, durable once the folder is synced: their fsyncs then ran side by side, and
   * one append of checksums and one sync of the folder serve them all. Names rise in the order given. What fails to get
   * its name is discarded.
   * @param folder absolute
   * @returns what became of each, in the order given
   * @throws Node's own errors when no checksum can be written: no part appeared, all are discarded
   */
  async publish(
    folder: string,
    parts: readonly PartToPublish[],
  ): Promise<readonly PromiseSettledResult<PartName>[]> {
    const named = parts.map(({ staged, after }) => ({ staged, name: this.#nextName(after) }))
    try {
      await this.#record(
        folder,
        named.map(({ staged, name }) => ({ name, sha256: staged.sha256 })),
      )
    } catch (error) {
      for (const { staged } of named) await this.discard(staged)
      throw error
    }
    return Promise.allSettled(
      named.map(async ({ staged, name }) => {
        try {
          await this.#inFolder(folder, () => this.#env.rename(staged.path, path.join(folder, name)))
        } catch (error) {
          await this.discard(staged)
          throw error
        }
        return name
      }),
    )
  }

  async discard(staged: StagedPart): Promise<void> {
    await discard(this.#env, staged.path)
  }

  async #record(
    folder: string,
    lines: readonly { readonly name: PartName; readonly sha256: string }[],
  ): Promise<void> {
    const inStore = storePathOf(this.#root, folder)
    if (inStore === null) throw new BarkeepError('INTERNAL', `${folder} lies outside the store`)
    await recordParts(this.#env, this.#root, inStore, lines)
  }

  #nextName(after: number): PartName {
    const micros = Math.max(this.#env.now() * 1000, this.#lastMicros + 1, after + 1)
    this.#lastMicros = micros
    return partName(micros, this.#env.randomId())
  }

  /** Makes the folder when it isn't known to be there, or was taken away by somebody who tidied up. */
  async #inFolder(folder: string, work: () => Promise<void>): Promise<void> {
    if (this.#folders.has(folder)) {
      try {
        await work()
        return
      } catch (error) {
        // Made anew below. Anything else is the disk's.
        if (!isMissing(error)) throw error
      }
    }
    await this.#env.makeDir(folder)
    await this.#env.makeDir(this.#staging)
    await work()
    if (this.#folders.size >= KNOWN_FOLDERS) this.#folders.clear()
    this.#folders.add(folder)
  }
}

/** A folder that was there was taken away. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
