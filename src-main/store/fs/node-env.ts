import { randomBytes } from 'node:crypto'
import { closeSync, createReadStream, fsync, openSync } from 'node:fs'
import { appendFile, link, mkdir, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import type { DirEntry, Env, FileStat } from './env.ts'

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}

const fsyncOf = promisify(fsync)

/**
 * Opened and closed on the spot: what is there already opens in microseconds, while two turns of the thread pool cost a
 * bar a fifth of its time. Only the wait for the disk is left to the pool.
 */
async function syncPath(target: string, flags: string): Promise<void> {
  const file = openSync(target, flags)
  try {
    await fsyncOf(file)
  } finally {
    closeSync(file)
  }
}

async function syncDir(target: string): Promise<void> {
  // Windows has no way to sync a folder and refuses to open one; NTFS journals the rename itself.
  if (process.platform === 'win32') return
  await syncPath(target, 'r')
}

/** The real file system. */
export const nodeEnv: Env = {
  async readDir(target): Promise<readonly DirEntry[]> {
    try {
      const entries = await readdir(target, { withFileTypes: true })
      return entries
        .filter((entry) => entry.isFile() || entry.isDirectory())
        .map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }))
        .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
  },

  async stat(target): Promise<FileStat | null> {
    try {
      const { size, mtimeMs, ino, isDirectory } = await stat(target).then((found) => ({
        size: found.size,
        mtimeMs: found.mtimeMs,
        ino: found.ino,
        isDirectory: found.isDirectory(),
      }))
      return { size, mtimeMs, inode: ino, isDirectory }
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  },

  readFile: (target) => readFile(target),

  readStream: (target) => createReadStream(target),

  async makeDir(target): Promise<void> {
    const first = await mkdir(target, { recursive: true })
    if (first === undefined) return
    // Each new folder is an entry of its parent: without these a power cut takes the folder and all in it.
    let made = target
    while (made.length >= first.length) {
      const parent = path.dirname(made)
      await syncDir(parent)
      made = parent
    }
  },

  async writeNew(target, bytes): Promise<void> {
    const handle = await open(target, 'wx')
    try {
      await handle.writeFile(bytes)
    } finally {
      await handle.close()
    }
  },

  append: (target, bytes) => appendFile(target, bytes),

  syncFile: (target) => syncPath(target, 'r+'),

  syncDir,

  rename: (from, to) => rename(from, to),

  link: (from, to) => link(from, to),

  removeFile: (target) => rm(target, { force: true }),

  removeDir: (target) => rmdir(target),

  copyOut: (_target, run) => run(),

  now: () => Date.now(),

  randomId: () => randomBytes(4).toString('hex'),
}
