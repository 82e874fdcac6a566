import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { BarkeepError } from '../../schemas/contract/errors.ts'

/**
 * The absolute path of a file of the store that the window names. Links are followed first: what is shown lies in the
 * store's folder in truth.
 * @param root of the store, absolute
 * @param file relative to it, as an answer of the engine named it
 * @throws BAD_REQUEST for what lies outside, NOT_FOUND for what isn't there
 */
export async function storeFile(root: string, file: string): Promise<string> {
  const outside = new BarkeepError('BAD_REQUEST', `"${file}" is no file of the store.`)
  if (path.isAbsolute(file) || file.includes('\0') || !isBelow(root, path.resolve(root, file))) throw outside
  let found: readonly [string, string]
  try {
    found = [await realpath(root), await realpath(path.resolve(root, file))]
  } catch (cause) {
    throw new BarkeepError('NOT_FOUND', `${file} is not in the store any more.`, { file, cause })
  }
  if (!isBelow(found[0], found[1])) throw outside
  return found[1]
}

function isBelow(root: string, file: string): boolean {
  const relative = path.relative(root, file)
  return relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative)
}
