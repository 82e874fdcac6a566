import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { Env, FileStat } from './env.ts'

/**
 * An env that makes no folder while the store's own is gone: on the place where a drive was mounted it would be a second
 * store, which takes rows that nobody finds again.
 * @param root absolute
 * @param opened the folder as it was found; null when it has just been made
 */
export function withinRoot(env: Env, root: string, opened: FileStat | null): Env {
  let inode = opened?.inode ?? null
  return {
    ...env,
    async makeDir(target) {
      const found = env.statNow(root)
      const isOther = found !== null && inode !== null && found.inode !== inode
      if (found === null || (isOther && (await env.readDir(root)).length === 0)) throw rootIsGone(root)
      inode = found.inode
      await env.makeDir(target)
    },
  }
}

/** A folder that was there when the store was opened. */
export function rootIsGone(root: string): BarkeepError {
  return new BarkeepError(
    'NO_STORE',
    `The store's folder ${root} is gone: is its drive connected? Try again once it is back.`,
  )
}
