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
  const ready = async (target: string): Promise<void> => {
    if (path.dirname(target) !== folder) return
    made ??= env.makeDir(folder)
    try {
      await made
    } catch (error) {
      made = null
      throw error
    }
  }
  return {
    ...env,
    async writeNew(target, bytes) {
      await ready(target)
      await env.writeNew(target, bytes)
    },
    async link(from, to) {
      await ready(to)
      await env.link(from, to)
    },
    async copyOut(target, run) {
      await ready(target)
      await env.copyOut(target, run)
    },
  }
}
