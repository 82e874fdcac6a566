import type { StorePath } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'
import { literal } from '../read/duckdb.ts'
import { eachAloneOnFailure, fileList } from '../read/file-types.ts'
import type { FileTypes } from '../read/projection.ts'

/** One look at all schemas; then one file of each kind is asked for its types in full. */
export async function typesOf(
  context: StoreContext,
  files: readonly StorePath[],
  failed: (file: StorePath, error: unknown) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<StorePath, FileTypes>> {
  const byPath = new Map(files.map((file) => [at(context, file), file]))
  const schemas = await eachAloneOnFailure(
    files,
    (batch) =>
      context.duck.rows(
        `SELECT file_name, md5(string_agg(concat_ws('|', name, type, repetition_type, num_children, converted_type,
            logical_type, duckdb_type), ';' ORDER BY column_id)) AS signature
          FROM parquet_schema([${fileList(context, batch)}]) GROUP BY file_name`,
        [],
        signal,
      ),
    failed,
  )
  const kinds = new Map<string, StorePath[]>()
  for (const { file_name, signature } of schemas) {
    const file = byPath.get(String(file_name))
    if (file === undefined) continue
    const kind = kinds.get(String(signature))
    if (kind === undefined) kinds.set(String(signature), [file])
    else kind.push(file)
  }
  const typed = new Map<StorePath, FileTypes>()
  for (const kind of kinds.values()) {
    for (const file of kind) {
      const types = await describe(context, file, failed, signal)
      // The first of its kind may just have gone.
      if (types === null) continue
      for (const each of kind) typed.set(each, types)
      break
    }
  }
  return typed
}

async function describe(
  context: StoreContext,
  file: StorePath,
  failed: (file: StorePath, error: unknown) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<FileTypes | null> {
  try {
    const rows = await context.duck.rows(
      `DESCRIBE SELECT * FROM read_parquet(${literal(at(context, file))}, hive_partitioning=false)`,
      [],
      signal,
    )
    return new Map(rows.map(({ column_name, column_type }) => [String(column_name), String(column_type)]))
  } catch (error) {
    await failed(file, error)
    return null
  }
}
