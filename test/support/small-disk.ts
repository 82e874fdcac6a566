import { execFile } from 'node:child_process'
import { rm, statfs, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from './store-fixture.ts'

const run = promisify(execFile)

/** A file system of its own, small enough to be filled; or, where none may be mounted, a bound on this process's files. */
export interface SmallDisk {
  /** For messages: `tmpfs`, or `file-size limit`. */
  readonly kind: string
  readonly folder: string
  /** Leaves so many bytes free, as far as its pages allow. */
  fill(free: number): Promise<void>
  /** Room again. */
  empty(): Promise<void>
  remove(): Promise<void>
}

/** One page of it: less is never free. */
export const PAGE = 4_096

/** Null where neither is possible; the reason is printed. */
export async function smallDisk(megabytes: number): Promise<SmallDisk | null> {
  const folder = await temporaryFolder('small disk')
  const remove = (): Promise<void> => rm(folder, { recursive: true })
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder])
  } catch (error) {
    const limited = await limitedFiles(folder, remove)
    const instead = limited === null ? 'not tried' : `a ${limited.kind} instead`
    console.log(`full disk: no file system can be mounted here (${String(error).split('\n')[0]}): ${instead}`)
    if (limited === null) await remove()
    return limited
  }
  const ballast = path.join(folder, 'ballast')
  return {
    kind: 'tmpfs',
    folder,
    async fill(free) {
      const { bavail, bsize } = await statfs(folder)
      await writeFile(ballast, Buffer.alloc(Math.max(0, bavail * bsize - free)))
    },
    empty: () => rm(ballast, { force: true }),
    async remove() {
      await run('umount', [folder])
      await remove()
    },
  }
}

/** No file of this process may grow beyond what would be free: EFBIG, at the same calls as a full disk's ENOSPC. */
async function limitedFiles(folder: string, remove: () => Promise<void>): Promise<SmallDisk | null> {
  const limit = (bytes: number | 'unlimited'): Promise<unknown> =>
    run('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`])
  try {
    await limit('unlimited')
  } catch {
    return null
  }
  return {
    kind: 'file-size limit',
    folder,
    fill: async (free) => void (await limit(free)),
    empty: async () => void (await limit('unlimited')),
    remove,
  }
}
