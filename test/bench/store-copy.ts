import { copyFileSync, linkSync, mkdirSync, readdirSync, statSync, utimesSync } from 'node:fs'
import path from 'node:path'

/**
 * A store of one's own to compact or append to. Parquet files are linked, as nothing ever changes one in place; the small
 * private files are copied. Folders keep their times: one that changed just now is listed again with each question, as in
 * no store that has stood for a while.
 */
export function copyStore(from: string, to: string): string {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)]
    if (entry.isDirectory()) copyStore(source, target)
    else if (entry.name.endsWith('.parquet')) linkSync(source, target)
    else copyFileSync(source, target)
  }
  const { atime, mtime } = statSync(from)
  utimesSync(to, atime, mtime)
  return to
}
