import { randomBytes } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  fstatSync,
  fsync,
  openSync,
  read,
  readSync,
  type Stats,
  statSync,
  watch,
  writeSync,
} from 'node:fs'
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

function fileStat(found: Stats): FileStat {
  return {
    size: found.size,
    mtimeMs: found.mtimeMs,
    inode: found.ino,
    isDirectory: found.isDirectory(),
  }
}

/** A part, a checksum, a record: what fits the cache of any disk. Three turns of the pool would cost more than the writing. */
const WRITTEN_ON_THE_SPOT = 65_536

function writeNewNow(target: string, bytes: Uint8Array): void {
  const file = openSync(target, 'wx')
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
  } finally {
    closeSync(file)
  }
}

const LINE_FEED = 10

/** On the spot for the same reason: nothing here waits for the disk. One write, so that lines of processes don't mix. */
function appendWholeLines(target: string, bytes: Uint8Array): void {
  const file = openSync(target, 'a+')
  try {
    const { size } = fstatSync(file)
    const last = Buffer.alloc(1)
    const isTorn = size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== LINE_FEED
    const lines = isTorn ? Buffer.concat([Buffer.of(LINE_FEED), bytes]) : bytes
    // A full disk takes a part of them; the rest then fails with its code.
    for (let written = 0; written < lines.length; ) written += writeSync(file, lines, written)
  } finally {
    closeSync(file)
  }
}

const readOf = promisify(read)

/** Opened, measured and closed on the spot, for the same reason: only the reading itself may wait for the disk. */
async function readWhole(target: string): Promise<Uint8Array> {
  const file = openSync(target, 'r')
  try {
    const { size } = fstatSync(file)
    // What tells no size (/proc) is read until it ends.
    if (size === 0) return await readFile(target)
    const bytes = Buffer.allocUnsafe(size)
    let length = 0
    while (length < size) {
      const { bytesRead } = await readOf(file, bytes, length, size - length, length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return bytes.subarray(0, length)
  } finally {
    closeSync(file)
  }
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
      return fileStat(await stat(target))
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  },

  statNow(target): FileStat | null {
    try {
      const found = statSync(target, { throwIfNoEntry: false })
      return found === undefined ? null : fileStat(found)
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  },

  watchDir(target, onChange, onError): () => void {
    // Not persistent: a process that has nothing else to do isn't kept by it.
    const watcher = watch(target, { persistent: false }, (_kind, name) => onChange(name))
    watcher.on('error', onError)
    return () => watcher.close()
  },

  readFile: readWhole,

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
    if (bytes.length <= WRITTEN_ON_THE_SPOT) {
      writeNewNow(target, bytes)
      return
    }
    const handle = await open(target, 'wx')
    try {
      await handle.writeFile(bytes)
    } finally {
      await handle.close()
    }
  },

  append: (target, bytes) => appendFile(target, bytes),

  async appendLines(target, bytes): Promise<void> {
    appendWholeLines(target, bytes)
  },

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
