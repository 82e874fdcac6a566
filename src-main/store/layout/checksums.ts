import path from 'node:path'
import type { StorePath } from '../../../schemas/contract/units.ts'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import { publishBytes } from '../fs/atomic-file.ts'
import type { FileStat } from '../fs/env.ts'
import { sha256 as sha256OfBytes, sha256OfFile } from './digest.ts'
import { CHECKSUMS, companion, PENDING } from './file-names.ts'
import { ownTable } from './own-file.ts'

/** The recorded SHA-256 of a file: `sha256sum -c` reads it when run in the store's folder. */
export function checksumPath(file: StorePath): StorePath {
  return companion(CHECKSUMS, file, '.sha256')
}

/** Records a file's SHA-256; durable when this resolves. Nothing is written when it is recorded already. */
export async function recordChecksum(context: StoreContext, file: StorePath, sha256: string): Promise<void> {
  if ((await recordedChecksum(context, file)) === sha256) return
  const target = at(context, checksumPath(file))
  await context.env.makeDir(path.dirname(target))
  await publishBytes(
    context.env,
    context.staging,
    target,
    new TextEncoder().encode(checksumLine(file, sha256)),
  )
}

export function checksumLine(file: StorePath, sha256: string): string {
  return `${sha256}  ${file}\n`
}

/** Null when none is recorded, or what stands there is no checksum line. */
export async function recordedChecksum(context: StoreContext, file: StorePath): Promise<string | null> {
  const text = await readText(context, checksumPath(file))
  return /^([0-9a-f]{64}) [ *]/.exec(text ?? '')?.[1] ?? null
}

/** How a file's bytes stand to what was recorded of them. */
export type ChecksumState =
  | { readonly state: 'missing' }
  | {
      readonly state: 'same' | 'differs' | 'unrecorded'
      /** The file's own. */
      readonly sha256: string
      readonly stat: FileStat
      /** The table that it says it is of: to be believed when it is the same. Null for a file too large to look. */
      readonly table: TableSchema | null
      /** The bytes that were compared, where they were asked for and are not too many. */
      readonly bytes?: Uint8Array
    }

interface Known {
  readonly stat: FileStat
  readonly sha256: string
  readonly table: TableSchema | null
}

/** SHA-256 of files seen, by identity: reading a file of 5 years' worth once is enough. */
const knownFiles = new WeakMap<StoreContext, Map<StorePath, Known>>()
const KNOWN_LIMIT = 20_000

/** Bytes of a file that is read at once: for a dayfile a stream costs twice the reading and hashing. */
const READ_WHOLE = 4 * 1024 * 1024

/**
 * Compares a file with its recorded SHA-256 (store.md §4: checked before first use). A file whose bytes were seen
 * before is not read again. A compaction on its way in another process is not mistaken for damage: between its rename
 * and its checksum the new file's SHA-256 stands in the pending record.
 */
export async function checkFile(
  context: StoreContext,
  file: StorePath,
  withBytes = false,
): Promise<ChecksumState> {
  for (;;) {
    const stat = context.env.statNow(at(context, file))
    if (stat === null) return { state: 'missing' }
    const [read, recordedBefore] = await Promise.all([
      hashed(context, file, stat, withBytes),
      recordedChecksum(context, file),
    ])
    if (read === null) return { state: 'missing' }
    const { sha256 } = read
    const found = { ...read, stat }
    if (recordedBefore === sha256) return { state: 'same', ...found }
    if (await isPending(context, file, sha256)) return { state: 'same', ...found }
    // Asked again after the pending record: what had left that was recorded by then.
    const recorded = await recordedChecksum(context, file)
    if (recorded === null) return { state: 'unrecorded', ...found }
    if (recorded === sha256) return { state: 'same', ...found }
    const now = await context.env.stat(at(context, file))
    if (now !== null && sameFile(now, stat)) return { state: 'differs', ...found }
    // Replaced while we looked: what we hashed and what is recorded belong to different generations.
  }
}

export function sameFile(a: FileStat, b: FileStat): boolean {
  return a.inode === b.inode && a.size === b.size && a.mtimeMs === b.mtimeMs
}

/** Null when the file is gone. @param withBytes read it also when its SHA-256 is known */
async function hashed(
  context: StoreContext,
  file: StorePath,
  stat: FileStat,
  withBytes: boolean,
): Promise<(Known & { readonly bytes?: Uint8Array }) | null> {
  let known = knownFiles.get(context)
  if (known === undefined) {
    known = new Map()
    knownFiles.set(context, known)
  }
  const seen = known.get(file)
  if (!withBytes && seen !== undefined && sameFile(seen.stat, stat)) return seen
  try {
    const target = at(context, file)
    const bytes = stat.size <= READ_WHOLE ? await context.env.readFile(target) : null
    const found =
      bytes === null
        ? { stat, sha256: await sha256OfFile(context.env, target), table: null }
        : { stat, sha256: sha256OfBytes(bytes), table: ownTable(bytes) }
    if (known.size >= KNOWN_LIMIT) known.clear()
    known.set(file, found)
    return withBytes && bytes !== null ? { ...found, bytes } : found
  } catch (error) {
    if ((await context.env.stat(at(context, file))) === null) return null
    throw error
  }
}

/** Where a compaction says that it is about to rename a file with this SHA-256 into place. */
export function pendingPath(file: StorePath): StorePath {
  return companion(PENDING, file.replaceAll('/', '+') as StorePath, '.json')
}

async function isPending(context: StoreContext, file: StorePath, sha256: string): Promise<boolean> {
  const text = await readText(context, pendingPath(file))
  if (text === null) return false
  try {
    const record: unknown = JSON.parse(text)
    return record !== null && typeof record === 'object' && 'sha256' in record && record.sha256 === sha256
  } catch {
    // Changed by hand: it vouches for nothing. The next compaction names it.
    return false
  }
}

async function readText(context: StoreContext, file: StorePath): Promise<string | null> {
  try {
    return new TextDecoder().decode(await context.env.readFile(at(context, file)))
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return null
    }
    throw error
  }
}
