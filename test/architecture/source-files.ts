import { readdirSync } from 'node:fs'
import path from 'node:path'

export const PROJECT_ROOT = path.dirname(path.dirname(import.meta.dirname))

const SOURCE = /\.(ts|tsx|mts|cts|js|mjs|cjs|jsx)$/

/** Source files below a folder of the project, relative to the project with `/`, in name order. */
export function sourceFilesIn(...folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) =>
    readdirSync(path.join(PROJECT_ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && SOURCE.test(entry.name))
      .map((entry) =>
        path.relative(PROJECT_ROOT, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'),
      )
      .sort(),
  )
}
