import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { LiveUpdate } from '../../schemas/contract/live.ts'
import type { Store, StoreWatch } from '../../src-main/store/api.ts'

/** An open store that is watched, with what it told so far. */
export interface WatchedStore {
  readonly watch: StoreWatch
  readonly updates: readonly LiveUpdate[]
  readonly problems: readonly ErrorReport[]
  /** Resolves with the first update from now on (or told already, from number `from`) that fits. */
  until(fits: (update: LiveUpdate) => boolean, from?: number): Promise<LiveUpdate>
}

/** Watches a store; an update that doesn't come fails the test by its time limit, naming what came. */
export function watched(store: Store): WatchedStore {
  const updates: LiveUpdate[] = []
  const problems: ErrorReport[] = []
  const waiting = new Set<() => void>()
  const watch = store.watch({
    onUpdate: (update) => {
      updates.push(update)
      for (const wake of [...waiting]) wake()
    },
    onProblem: (problem) => problems.push(problem),
  })
  const until: WatchedStore['until'] = (fits, from = updates.length) =>
    new Promise((resolve, reject) => {
      const limit = setTimeout(() => {
        waiting.delete(wake)
        const told = updates.slice(from).map(({ revision, tables }) => `${revision}: ${tables.join(' ')}`)
        reject(new Error(`no such update; told were ${JSON.stringify(told)}`))
      }, 15_000)
      const wake = (): void => {
        const found = updates.slice(from).find(fits)
        if (found === undefined) return
        waiting.delete(wake)
        clearTimeout(limit)
        resolve(found)
      }
      waiting.add(wake)
      wake()
    })
  return { watch, updates, problems, until }
}
