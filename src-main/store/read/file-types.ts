import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'
import { literal } from './duckdb.ts'
import type { FileTypes } from './projection.ts'

/** Runs over the batch at once; when that fails, file by file, so that a bad file costs only itself. */
export async function eachAloneOnFailure<T>(
  files: readonly StorePath[],
  run: (batch: readonly StorePath[]) => Promise<readonly T[]>,
  failed: (file: StorePath, error: unknown) => Promise<void>,
): Promise<readonly T[]> {
  if (files.length === 0) return []
  try {
    return await run(files)
  } catch (error) {
    const [only] = files
    if (files.length === 1 && only !== undefined) {
      await failed(only, error)
      return []
    }
    if (error instanceof BarkeepError && error.code === 'CANCELLED') throw error
    // Halves rather than singles: one bad file among 5,000 costs some 24 queries, not 5,000.
    const middle = Math.ceil(files.length / 2)
    const left = await eachAloneOnFailure(files.slice(0, middle), run, failed)
    const right = await eachAloneOnFailure(files.slice(middle), run, failed)
    return [...left, ...right]
  }
}

/** The columns of files as DuckDB types them, whoever wrote them; what can't be opened is told to `failed`. */
export async function probe(
  context: StoreContext,
  files: readonly StorePath[],
  failed: (file: StorePath, error: unknown) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<Map<StorePath, FileTypes>> {
  const byPath = new Map(files.map((file) => [at(context, file), file]))
  const found = await eachAloneOnFailure(
    files,
    async (batch) => {
      // Put together here: grouping in SQL costs a single file three times the rest of its reading.
      const rows = await context.duck.rows(
        `SELECT file_name, column_id, name, duckdb_type, coalesce(num_children, 0) AS children
         FROM parquet_schema([${fileList(context, batch)}])`,
        [],
        signal,
      )
      const schemas = new Map<StorePath, SchemaNode[]>()
      for (const { file_name, column_id, name, duckdb_type, children } of rows) {
        const file = byPath.get(String(file_name))
        if (file === undefined)
          throw new BarkeepError('INTERNAL', `DuckDB named an unknown file ${file_name}`)
        const node = {
          place: Number(column_id),
          name: String(name),
          type: String(duckdb_type),
          children: Number(children),
        }
        const nodes = schemas.get(file)
        if (nodes === undefined) schemas.set(file, [node])
        else nodes.push(node)
      }
      return [...schemas].map(([file, nodes]) => [file, topLevel(nodes)] as const)
    },
    failed,
  )
  return new Map(found)
}

/** A column or group of a file's schema, and where it stands in the tree's depth-first order. */
interface SchemaNode {
  readonly place: number
  readonly name: string
  readonly type: string
  readonly children: number
}

/** Depth first, the root before all; nested fields follow their parent and are no columns of the table. */
function topLevel(nodes: SchemaNode[]): FileTypes {
  nodes.sort((a, b) => a.place - b.place)
  const result = new Map<string, string>()
  const subtree = (start: number): number => {
    let next = start + 1
    for (let child = 0; child < (nodes[start]?.children ?? 0); child++) next = subtree(next)
    return next
  }
  for (let index = 1; index < nodes.length; index = subtree(index)) {
    const { name, type, children } = nodes[index] as SchemaNode
    result.set(name, children > 0 ? 'NESTED' : type)
  }
  return result
}

/** As an SQL list. */
export function fileList(context: StoreContext, files: readonly StorePath[]): string {
  return files.map((file) => literal(at(context, file))).join(', ')
}
