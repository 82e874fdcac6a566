import { execFile } from 'node:child_process'
import { rm, statfs, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from './store-fixture.ts'

const run = promisify(execFile)

/** A file system of its own, small enough to be filled. */
export interface SmallDisk {
  readonly folder: string
  /** Leaves so many bytes free, as far as its pages allow. */
  fill(free: number): Promise<void>
  /** Room again. */
  empty(): Promise<void>
  remove(): Promise<void>
}

/** One page of it: less is never free. */
export const PAGE = 4_096

/** Null where this user may not mount one; the reason is printed. */
export async function smallDisk(megabytes: number): Promise<SmallDisk | null> {
  const folder = await temporaryFolder('small disk')
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder])
  } catch (error) {
    console.log(`full disk: no file system can be mounted here (${String(error).split('\n')[0]}): not tried`)
    await rm(folder, { recursive: true })
    return null
  }
  const ballast = path.join(folder, 'ballast')
  return {
    folder,
    async fill(free) {
      const { bavail, bsize } = await statfs(folder)
      await writeFile(ballast, Buffer.alloc(Math.max(0, bavail * bsize - free)))
    },
    empty: () => rm(ballast, { force: true }),
    async remove() {
      await run('umount', [folder])
      await rm(folder, { recursive: true })
    },
  }
}
