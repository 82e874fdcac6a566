import { setTimeout } from 'node:timers/promises'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import { finishPending } from '../compact/interrupted.ts'
import type { StoreContext } from '../context.ts'
import { withWriterLock } from '../fs/writer-lock.ts'

/** A bot's rows are not turned away by a compaction that is over in a moment. */
export const APPEND_PATIENCE = 5_000
const LOOK_EVERY_MILLIS = 50

const chains = new WeakMap<StoreContext, Promise<unknown>>()

/**
 * Runs work on a ledger as the store's one writer, one piece of this process after the other, once what was interrupted
 * is finished.
 * @param patience ms to wait for a writer of another process
 * @throws LOCKED naming the owner
 */
export async function asLedgerWriter<T>(
  context: StoreContext,
  command: string,
  patience: number,
  work: () => Promise<T>,
): Promise<T> {
  const before = chains.get(context) ?? Promise.resolve()
  const mine = before.then(() => locked(context, command, patience, work))
  // Whoever comes next waits for the end, whatever it is; the failure is its caller's.
  const settled = mine.then(
    () => {},
    () => {},
  )
  chains.set(context, settled)
  return mine
}

async function locked<T>(
  context: StoreContext,
  command: string,
  patience: number,
  work: () => Promise<T>,
): Promise<T> {
  const until = performance.now() + patience
  for (;;) {
    let begun = false
    try {
      return await withWriterLock(context, command, async () => {
        begun = true
        await finishPending(context)
        return work()
      })
    } catch (error) {
      const isTaken = !begun && error instanceof BarkeepError && error.code === 'LOCKED'
      if (!isTaken || performance.now() >= until) throw error
      await setTimeout(LOOK_EVERY_MILLIS)
    }
  }
}
