import { copyFileSync, linkSync, mkdirSync, readdirSync } from 'node:fs'
import path from 'node:path'

/**
 * A store of one's own to compact or append to. Parquet files are linked, as nothing ever changes one in place; the small
 * private files are copied.
 */
export function copyStore(from: string, to: string): string {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)]
    if (entry.isDirectory()) copyStore(source, target)
    else if (entry.name.endsWith('.parquet')) linkSync(source, target)
    else copyFileSync(source, target)
  }
  return to
}
