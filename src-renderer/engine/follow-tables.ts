import type { StoreTable } from '../../schemas/tables/index.ts'
import { onLive } from '../state/live.ts'

/** At least so long between an answer and the next question that a change is the cause of, ms. */
export const CALM_MILLIS = 2_000

let line: Promise<unknown> = Promise.resolve()

/**
 * Work that nobody waits for, one after the other over all views: questions that are asked because files changed must not
 * crowd out those that a person asks.
 */
export function inLine<T>(work: () => Promise<T>): Promise<T> {
  const mine = line.then(work)
  line = mine.catch(() => undefined)
  return mine
}

/**
 * Runs work whenever files of the given tables changed: the first time at once, then calmly. However fast changes come, the
 * last one is always seen (SPEC F57). @param work must not reject @returns a function that ends it
 */
export function followTables(
  tables: readonly StoreTable[],
  work: () => Promise<void> | void,
  calm: number = CALM_MILLIS,
): () => void {
  let ended = Number.NEGATIVE_INFINITY
  let timer: ReturnType<typeof setTimeout> | null = null
  let running = false
  let again = false
  let over = false
  const schedule = () => {
    timer ??= setTimeout(run, Math.max(0, ended + calm - performance.now()))
  }
  const run = async () => {
    timer = null
    running = true
    again = false
    await inLine(async () => over || (await work()))
    running = false
    ended = performance.now()
    if (again && !over) schedule()
  }
  const end = onLive(({ tables: changed }) => {
    if (!changed.some((table) => tables.includes(table))) return
    if (running) again = true
    else schedule()
  })
  return () => {
    over = true
    end()
    if (timer !== null) clearTimeout(timer)
  }
}
