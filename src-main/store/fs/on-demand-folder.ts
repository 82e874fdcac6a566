import path from 'node:path'
import type { Env } from './env.ts'

/**
 * An env that makes one folder when the first file goes into it: a store that is only read (also from a read-only disk,
 * or a folder that turns out to be none) is left without a trace.
 * @param env a plain object of functions
 * @param folder absolute
 */
export function withOnDemandFolder(env: Env, folder: string): Env {
  let made: Promise<void> | null = null
  const into = async (target: string, write: () => Promise<void>): Promise<void> => {
    if (path.dirname(target) !== folder) return write()
    const make = async (): Promise<void> => {
      made ??= env.makeDir(folder)
      try {
        await made
      } catch (error) {
        made = null
        throw error
      }
    }
    await make()
    try {
      await write()
    } catch (error) {
      // Taken away since, with the store or alone: a drive that came back has no folder of this process.
      if (!isMissing(error) || (await env.stat(folder)) !== null) throw error
      made = null
      await make()
      await write()
    }
  }
  return {
    ...env,
    writeNew: (target, bytes) => into(target, () => env.writeNew(target, bytes)),
    link: (from, to) => into(to, () => env.link(from, to)),
    copyOut: (target, run) => into(target, () => env.copyOut(target, run)),
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
