import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'

/**
 * Replaces a file of the app's own (settings, a screenshot) so that a crash or a power cut leaves the old or the new
 * one, never half: staged beside it, fsynced, renamed, the folder fsynced. The store's files go through its `Env`
 * instead. Synchronous, because the last write happens while the process ends.
 * @param mode of the file, before the umask
 * @throws what the file system throws; nothing is left behind then.
 */
export function writeDurably(file: string, content: string | Uint8Array, mode = 0o666): void {
  const folder = path.dirname(file)
  mkdirSync(folder, { recursive: true })
  const staging = `${file}.${process.pid}.tmp`
  try {
    const handle = openSync(staging, 'w', mode)
    try {
      const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content
      for (let written = 0; written < bytes.byteLength; ) written += writeSync(handle, bytes, written)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(staging, file)
  } catch (error) {
    rmSync(staging, { force: true })
    throw error
  }
  syncFolder(folder)
}

function syncFolder(folder: string): void {
  // Windows can't open a folder; its rename is in the journal by itself.
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
