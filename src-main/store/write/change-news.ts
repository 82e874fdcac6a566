import type { StorePath, UtcDay } from '../../../schemas/contract/units.ts'
import type { StoreContext } from '../context.ts'
import type { Series } from '../layout/file-names.ts'
import type { Row } from './part-writer.ts'

/** What this process did to the store, told once it is durable. Other processes are seen by listing folders. */
export type Change =
  | {
      readonly kind: 'part'
      readonly series: Series
      readonly day: UtcDay
      readonly file: StorePath
      readonly row: Row
    }
  /** A dayfile was published, and parts moved out of the way. */
  | { readonly kind: 'day'; readonly series: Series; readonly day: UtcDay }

type Listener = (change: Change) => void

const listeners = new WeakMap<StoreContext, Set<Listener>>()

/** @returns a function that ends the subscription. The listener must not throw. */
export function onChange(context: StoreContext, listener: Listener): () => void {
  const all = listeners.get(context) ?? new Set()
  listeners.set(context, all)
  all.add(listener)
  return () => all.delete(listener)
}

export function tellChange(context: StoreContext, change: Change): void {
  for (const listener of listeners.get(context) ?? []) listener(change)
}
