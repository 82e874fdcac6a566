import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { CandleRow } from '../../schemas/generated/rows.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { writePart } from './store-fixture.ts'

/** Every file of a store with its content, by absolute path: what changed nothing leaves it equal. */
export async function wholeTree(root: string): Promise<Map<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
  return new Map(
    await Promise.all(files.map(async (name) => [name, await readFile(name, 'base64')] as const)),
  )
}

/** A part by the engine's own writer, past the checks of the appender: as another program would. @returns its path */
export async function partBehindItsBack(root: string, row: CandleRow): Promise<string> {
  const context = await openContext(root)
  const part = await writePart(context, row)
  await closeContext(context)
  return part
}
