import { createHash } from 'node:crypto'
import path from 'node:path'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { StoreContext } from '../context.ts'
import { discard } from '../fs/atomic-file.ts'
import { storePathOf } from '../layout/file-names.ts'

/** Folders of a store that hold what is exported. */
const OUTWARD = ['images', 'flags']

/** Pieces are gathered to so many bytes before they go to the disk. */
const PIECE_BYTES = 1024 * 1024

export interface WrittenOutward {
  readonly bytes: number
  readonly sha256: string
}

/**
 * Writes a file anywhere: under a name beside the target until it is whole and synced, then renamed. Whatever fails, what
 * stood there stands there still.
 * @param file absolute
 * @param write hands the file's bytes over, piece by piece
 * @throws BAD_REQUEST for a place that can't be written to, and Node's own errors of the file system
 */
export async function writeOutward(
  context: StoreContext,
  file: string,
  write: (put: (piece: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<WrittenOutward> {
  await checkTarget(context, file)
  const { env } = context
  const folder = path.dirname(file)
  const beside = path.join(folder, `.${path.basename(file)}.${env.randomId()}.tmp`)
  const hash = createHash('sha256')
  let bytes = 0
  let waiting: Uint8Array[] = []
  let waitingBytes = 0
  const flush = async (): Promise<void> => {
    if (waitingBytes === 0) return
    await env.append(beside, Buffer.concat(waiting))
    waiting = []
    waitingBytes = 0
  }
  try {
    await env.writeNew(beside, new Uint8Array())
    await write(async (piece) => {
      hash.update(piece)
      bytes += piece.length
      waiting.push(piece)
      waitingBytes += piece.length
      if (waitingBytes >= PIECE_BYTES) await flush()
    })
    await flush()
    await env.syncFile(beside)
    await env.rename(beside, file)
  } catch (error) {
    await discard(env, beside)
    throw error
  }
  await env.syncDir(folder)
  return { bytes, sha256: hash.digest('hex') }
}

/** @throws BAD_REQUEST for a folder, a file in a folder that isn't there, or a place where the store's own files stand */
export async function checkTarget(context: StoreContext, file: string): Promise<void> {
  const inside = storePathOf(context.root, file)
  if (inside !== null && !OUTWARD.includes(inside.split('/')[0] ?? ''))
    throw new BarkeepError(
      'BAD_REQUEST',
      `${file} lies among the store's own files. Export to a folder outside ${context.root}.`,
    )
  if ((await context.env.stat(file))?.isDirectory === true)
    throw new BarkeepError('BAD_REQUEST', `${file} is a folder. Name a file.`)
  if ((await context.env.stat(path.dirname(file)))?.isDirectory !== true)
    throw new BarkeepError('BAD_REQUEST', `There is no folder ${path.dirname(file)}. Make it first.`)
}
