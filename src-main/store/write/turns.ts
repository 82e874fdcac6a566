import type { UtcDay } from '../../../schemas/contract/units.ts'
import type { StoreContext } from '../context.ts'
import { partFolder, type Series } from '../layout/file-names.ts'

const chains = new WeakMap<StoreContext, Map<string, Promise<unknown>>>()

/** Whether this process is at work on a day's files, an append for one. */
export function isInTurn(context: StoreContext, series: Series, day: UtcDay): boolean {
  return chains.get(context)?.has(partFolder(series, day)) ?? false
}

/**
 * One piece of work at a time on a day's files, in this process: an append that looks whether the day is compacted and
 * then writes must not have the compaction's rename in between. Other processes are met by looking again.
 */
export async function inTurn<T>(
  context: StoreContext,
  series: Series,
  day: UtcDay,
  work: () => Promise<T>,
): Promise<T> {
  const chain = chains.get(context) ?? new Map<string, Promise<unknown>>()
  chains.set(context, chain)
  const key = partFolder(series, day)
  const before = chain.get(key)
  const mine = before === undefined ? work() : before.then(work, work)
  chain.set(key, mine)
  try {
    return await mine
  } finally {
    if (chain.get(key) === mine) chain.delete(key)
  }
}
