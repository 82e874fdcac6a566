import path from 'node:path'
import type { StoreContext } from '../context.ts'

/** What DuckDB says of a file, one line, without the folder of the store before its name (SPEC L7). */
export function messageOf(context: StoreContext, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return (text.split('\n')[0] ?? text).replaceAll(path.join(context.root, path.sep), '').slice(0, 300)
}
