import path from 'node:path'
import type { StorePath } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'
import { discard } from '../fs/atomic-file.ts'
import type { Env, FileStat } from '../fs/env.ts'
import { checksumLine, sameFile } from './checksums.ts'
import { sha256 as sha256Of } from './digest.ts'
import {
  absolute,
  CHECKSUMS,
  folderOfPartChecksums,
  isParquet,
  partChecksumsPath,
  within,
} from './file-names.ts'

/**
 * SHA-256 of the parts that we write: one text file a part folder, in the form of `sha256sum`, a line a part (SPEC W15).
 * A line is written before its part appears, so a reader that sees the part finds the line. It is not synced: a power
 * cut may take lines, and their parts are then read as those of other programs are.
 */

/** A part and its bytes' SHA-256. */
export interface PartLine {
  readonly name: string
  readonly sha256: string
}

/**
 * Adds the lines of parts that are about to appear in a folder.
 * @param root absolute path of the store
 * @throws Node's own errors of the file system; the parts must not appear then
 */
export async function recordParts(
  env: Env,
  root: string,
  folder: StorePath,
  parts: readonly PartLine[],
): Promise<void> {
  const target = absolute(root, partChecksumsPath(folder))
  const lines = parts.map(({ name, sha256 }) => checksumLine(within(folder, name), sha256))
  const bytes = new TextEncoder().encode(lines.join(''))
  for (let attempt = 1; ; attempt++) {
    try {
      await env.appendLines(target, bytes)
      return
    } catch (error) {
      if (!isMissing(error) || attempt === ATTEMPTS) throw error
      await env.makeDir(path.dirname(target))
    }
  }
}

/** The folder is made, and in the worst case taken away again with the last line of a compaction elsewhere. */
const ATTEMPTS = 3

/** What is known of a file of lines: it only grows, or is replaced by another. */
interface KnownLines {
  readonly stat: FileStat
  /** Bytes that were understood: up to the last line feed. */
  readonly read: number
  /** The last of them: a file that was made anew may have the number of the one before. */
  readonly tail: Uint8Array
  readonly lines: Map<string, string>
}

const knownFolders = new WeakMap<StoreContext, Map<StorePath, KnownLines>>()
const FOLDERS_KEPT = 64

/** The recorded SHA-256 of the parts of a folder, by name; none for a part of another program. What is torn is no line. */
export async function recordedParts(
  context: StoreContext,
  folder: StorePath,
): Promise<ReadonlyMap<string, string>> {
  const file = partChecksumsPath(folder)
  const known = knownFolders.get(context) ?? new Map<StorePath, KnownLines>()
  knownFolders.set(context, known)
  const stat = await context.env.stat(at(context, file))
  const before = known.get(file)
  known.delete(file)
  if (stat === null) return new Map()
  if (before !== undefined && sameFile(before.stat, stat)) {
    known.set(file, before)
    return before.lines
  }
  const bytes = await readOrNothing(context, file)
  const start = before !== undefined && isGrown(before, bytes) ? before.read : 0
  const end = bytes.lastIndexOf(LINE_FEED) + 1
  const lines = before !== undefined && start > 0 ? before.lines : new Map<string, string>()
  for (const { name, sha256 } of linesIn(folder, bytes.subarray(start, end))) lines.set(name, sha256)
  for (const oldest of known.keys()) {
    if (known.size < FOLDERS_KEPT) break
    known.delete(oldest)
  }
  known.set(file, { stat, read: end, tail: bytes.slice(Math.max(0, end - TAIL), end), lines })
  return lines
}

/** More than a line, and each line has a name of its own. */
const TAIL = 256

function isGrown({ read, tail }: KnownLines, bytes: Uint8Array): boolean {
  if (bytes.length < read) return false
  return Buffer.from(tail).equals(bytes.subarray(read - tail.length, read))
}

/** A part's bytes as they are now; null when it is gone. */
export async function partBytes(context: StoreContext, part: StorePath): Promise<Uint8Array | null> {
  try {
    return await context.env.readFile(at(context, part))
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** SHA-256 of a part's bytes as they are now; null when it is gone. */
export async function partSha256(context: StoreContext, part: StorePath): Promise<string | null> {
  const bytes = await partBytes(context, part)
  return bytes === null ? null : sha256Of(bytes)
}

/** Parts of ours whose bytes were found right, until somebody takes the SHA-256 for a record. */
const foundRight = new WeakMap<StoreContext, Map<StorePath, string>>()
const FOUND_KEPT = 20_000

/** Takes note of a part of ours that was compared with its line: nobody writes under its name again. */
export function rememberPart(context: StoreContext, part: StorePath, sha256: string): void {
  const found = foundRight.get(context) ?? new Map<StorePath, string>()
  foundRight.set(context, found)
  if (found.size >= FOUND_KEPT) found.clear()
  found.set(part, sha256)
}

/** SHA-256 of a part as it was when it was last compared with its line; null for any that wasn't. */
export function takeFoundPart(context: StoreContext, part: StorePath): string | null {
  const found = foundRight.get(context)
  const sha256 = found?.get(part) ?? null
  found?.delete(part)
  return sha256
}

/**
 * Takes out the lines of parts that are not in their folder any more: compacted, or never come to be. The file goes with
 * its last line. A line that another process adds at this very moment may be lost; its part is then unrecorded.
 */
export async function tidyPartChecksums(context: StoreContext, folder: StorePath): Promise<void> {
  const { env } = context
  const file = partChecksumsPath(folder)
  const target = at(context, file)
  if ((await env.stat(target)) === null) return
  const bytes = await readOrNothing(context, file)
  const standing = new Set((await env.readDir(at(context, folder))).map(({ name }) => name))
  const kept = linesIn(folder, bytes).filter(({ name }) => standing.has(name))
  const text = kept.map(({ name, sha256 }) => checksumLine(within(folder, name), sha256)).join('')
  if (text === new TextDecoder().decode(bytes)) return
  if (kept.length === 0) {
    await env.removeFile(target)
    const parent = path.dirname(target)
    if ((await env.readDir(parent)).length === 0) await removeIfEmpty(env, parent)
    return
  }
  const staged = path.join(context.staging, `${env.randomId()}-${path.basename(target)}`)
  try {
    await env.writeNew(staged, new TextEncoder().encode(text))
    await env.rename(staged, target)
  } catch (error) {
    await discard(env, staged)
    throw error
  }
}

async function removeIfEmpty(env: Env, folder: string): Promise<void> {
  try {
    await env.removeDir(folder)
  } catch (error) {
    // Another process has just begun to write there, or was quicker to take it away.
    if (!isMissing(error) && !(error instanceof Error && 'code' in error && error.code === 'ENOTEMPTY'))
      throw error
  }
}

/** The same for all folders: after a crash between a line and its part. */
export async function tidyAllPartChecksums(context: StoreContext): Promise<void> {
  for (const folder of await foldersWithPartChecksums(context, CHECKSUMS))
    await tidyPartChecksums(context, folder)
}

/** Part folders that have lines, below a folder of checksums. */
async function foldersWithPartChecksums(
  context: StoreContext,
  below: StorePath,
): Promise<readonly StorePath[]> {
  const found: StorePath[] = []
  for (const { name, isDirectory } of await context.env.readDir(at(context, below))) {
    const entry = within(below, name)
    const folder = isDirectory ? null : folderOfPartChecksums(entry)
    if (isDirectory) found.push(...(await foldersWithPartChecksums(context, entry)))
    else if (folder !== null) found.push(folder)
  }
  return found
}

const LINE_FEED = 10
const LINE = /^([0-9a-f]{64}) [ *](.+)$/

function linesIn(folder: StorePath, bytes: Uint8Array): readonly PartLine[] {
  const found: PartLine[] = []
  for (const text of new TextDecoder().decode(bytes).split('\n')) {
    const [, sha256, file] = LINE.exec(text) ?? []
    if (sha256 === undefined || file === undefined || !isParquet(file)) continue
    if (!file.startsWith(`${folder}/`)) continue
    found.push({ name: file.slice(folder.length + 1), sha256 })
  }
  return found
}

/** Empty when it is gone. */
async function readOrNothing(context: StoreContext, file: StorePath): Promise<Uint8Array> {
  try {
    return await context.env.readFile(at(context, file))
  } catch (error) {
    if (isMissing(error)) return new Uint8Array()
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
