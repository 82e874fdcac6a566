import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { Env } from './env.ts'

/**
 * An env that makes no folder while the store's own is gone: on the place where a drive was mounted it would be a second
 * store, which takes rows that nobody finds again.
 * @param root absolute
 */
export function withinRoot(env: Env, root: string): Env {
  return {
    ...env,
    async makeDir(target) {
      if (env.statNow(root) === null) throw rootIsGone(root)
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
