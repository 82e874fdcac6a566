import { readdirSync, readFileSync } from 'node:fs'

/**
 * What this process holds on to: timers that keep it alive and, where the system tells them (Linux), open files and
 * watched folders.
 */
export function heldByProcess(): Readonly<Record<string, number>> {
  const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  if (process.platform !== 'linux') return { timers }
  const files = readdirSync('/proc/self/fd')
  const watches = files.reduce((sum, file) => sum + watchesOf(file), 0)
  return { timers, files: files.length, watches }
}

function watchesOf(file: string): number {
  try {
    return readFileSync(`/proc/self/fdinfo/${file}`, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('inotify ')).length
  } catch {
    // The one that the listing itself was read by.
    return 0
  }
}
