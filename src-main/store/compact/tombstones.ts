import path from 'node:path'
import type { StorePath } from '../../../schemas/contract/units.ts'
import { at, type StoreContext } from '../context.ts'
import { publishBytes } from '../fs/atomic-file.ts'
import { checksumPath, recordedChecksum } from '../layout/checksums.ts'
import { companion, TOMBSTONES } from '../layout/file-names.ts'
import type { GenerationInput } from './generation.ts'

/**
 * What became of a day file that a month file replaced (SPEC C20). It stays for good: it tells a file that was compacted
 * from one that was lost, and where the bytes of a recorded SHA-256 went.
 */
export interface Tombstone {
  readonly version: 1
  readonly file: StorePath
  readonly sha256: string
  readonly rows: number
  readonly replacedBy: StorePath
  /** Of the month file that took its place first; later generations hold the rows too. */
  readonly replacedBySha256: string
  /** Where it went; until the retention ends it can be found there. */
  readonly movedTo: StorePath
  readonly at: string
}

export function tombstonePath(file: StorePath): StorePath {
  return companion(TOMBSTONES, file, '.json')
}

/** What replaced a file, and when. */
export interface Replacement {
  readonly file: StorePath
  readonly sha256: string
}

/** Writes what is to be told of each day file that is about to go; durable when this resolves. */
export async function writeTombstones(
  context: StoreContext,
  by: Replacement,
  moves: readonly GenerationInput[],
): Promise<void> {
  for (const { file, sha256, to, keptAs, rows } of moves) {
    if (rows === undefined || to === null) continue
    const tombstone: Tombstone = {
      version: 1,
      file,
      sha256,
      rows,
      replacedBy: by.file,
      replacedBySha256: by.sha256,
      movedTo: keptAs ?? to,
      at: new Date(context.env.now()).toISOString(),
    }
    const target = at(context, tombstonePath(file))
    await context.env.makeDir(path.dirname(target))
    const bytes = new TextEncoder().encode(`${JSON.stringify(tombstone)}\n`)
    await publishBytes(context.env, context.staging, target, bytes)
  }
}

/** Takes away the recorded SHA-256 of day files that are gone: `sha256sum -c` would look for them. */
export async function forgetReplaced(
  context: StoreContext,
  inputs: readonly GenerationInput[],
): Promise<void> {
  const folders = new Set<string>()
  for (const { file, sha256, to, rows } of inputs) {
    if (rows === undefined || to === null) continue
    const recorded = await recordedChecksum(context, file)
    if (recorded === null) continue
    // Another program may have put a file in its place meanwhile; a damaged one is recorded by what it was.
    if (recorded !== sha256 && (await context.env.stat(at(context, file))) !== null) continue
    const record = at(context, checksumPath(file))
    await context.env.removeFile(record)
    folders.add(path.dirname(record))
  }
  for (const folder of folders) await context.env.syncDir(folder)
}
