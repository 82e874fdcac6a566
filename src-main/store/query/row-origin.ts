import type { ChecksumVerdict } from '../../../schemas/contract/ledger.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'
import { checkFile } from '../layout/checksums.ts'
import { literal } from '../read/duckdb.ts'
import { throwIfAborted } from '../read/shared-work.ts'
import { readMetadata } from '../read/table-files.ts'

/** Where in its file a row stands, and whether the file is what was recorded of it. */
export interface RowOrigin {
  /** Null when the file went meanwhile. */
  readonly rowGroup: number | null
  readonly checksum: ChecksumVerdict
  readonly sha256: string | null
}

/**
 * Looks up what provenance shows of a row (SPEC Q23).
 * @param place of the row in its file, from 0
 * @throws CANCELLED
 */
export async function rowOrigin(
  context: StoreContext,
  file: string,
  place: number,
  signal?: AbortSignal,
): Promise<RowOrigin> {
  const path = file as StorePath
  const found = await checkFile(context, path)
  throwIfAborted(signal)
  if (found.state === 'missing') return { rowGroup: null, checksum: 'unrecorded', sha256: null }
  const ours = (await readMetadata(context, [path], signal)).get(path)?.has('barkeep.digest') === true
  const checksum = !ours
    ? 'foreign'
    : found.state === 'same'
      ? 'verified'
      : found.state === 'differs'
        ? 'damaged'
        : 'unrecorded'
  return { rowGroup: await rowGroupOf(context, path, place, signal), checksum, sha256: found.sha256 }
}

async function rowGroupOf(
  context: StoreContext,
  file: StorePath,
  place: number,
  signal: AbortSignal | undefined,
): Promise<number | null> {
  let groups: readonly Readonly<Record<string, unknown>>[]
  try {
    groups = await context.duck.rows(
      `SELECT DISTINCT row_group_id AS id, row_group_num_rows AS rows
        FROM parquet_metadata(${literal(at(context, file))}) ORDER BY id`,
      [],
      signal,
    )
  } catch (error) {
    // Compacted or replaced since its row was read: its place there means nothing any more.
    if ((await context.env.stat(at(context, file))) === null) return null
    throw error
  }
  let end = 0
  for (const { id, rows } of groups) {
    end += Number(rows)
    if (place < end) return Number(id)
  }
  return null
}
