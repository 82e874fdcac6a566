import type { Progress } from '../../../schemas/contract/jobs.ts'
import { formatUtcIso } from '../../../schemas/contract/market-time.ts'
import type { StoreTable } from '../../../schemas/tables/index.ts'
import type { LedgerOutcome } from '../../store/api.ts'
import { pause } from './pause.ts'
import { type PlannedDocument, paceOf } from './plan.ts'
import type { FeedTarget } from './target.ts'

export interface PlayOptions {
  /** So many times real time. */
  readonly speed: number
  /** Length of the shortest bar that is played, ms: no pause is longer. */
  readonly shortestBar: number
  readonly signal: AbortSignal
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** What became of a document, in order. */
  readonly onOutcome: (table: StoreTable, outcome: LedgerOutcome) => void
}

/** So many documents are handed over at once at most: a stop is that far away. */
const AT_ONCE = 512

/**
 * Hands over what is due when it is due. One that can't follow the speed is not hurried: what has become due meanwhile
 * is handed over together, by table in the order of `planOf`.
 * @returns documents handed over; fewer than planned when the signal aborted
 * @throws what the target throws; all documents told before are durable
 */
export async function play(
  plan: readonly PlannedDocument[],
  target: FeedTarget,
  { speed, shortestBar, signal, onProgress, onOutcome }: PlayOptions,
): Promise<number> {
  const pace = paceOf(plan, speed, shortestBar)
  const begun = performance.now()
  let done = 0
  while (done < plan.length && !signal.aborted) {
    const wait = (pace[done] ?? 0) - (performance.now() - begun)
    if (wait > 0) {
      await pause(wait, signal)
      continue
    }
    const elapsed = performance.now() - begun
    let end = done + 1
    while (end < plan.length && end - done < AT_ONCE && (pace[end] ?? 0) <= elapsed) end++
    for (const [table, documents] of byTable(plan.slice(done, end))) {
      for (const outcome of await target.hand(table, documents)) onOutcome(table, outcome)
      done += documents.length
      if (signal.aborted) break
    }
    const at = plan[Math.min(done, plan.length) - 1]?.due
    onProgress?.({ done, total: plan.length, step: at === undefined ? '' : formatUtcIso(at).slice(0, 19) })
  }
  return done
}

/** In the order in which tables first come, which for one instant is that of the plan. */
function byTable(due: readonly PlannedDocument[]): ReadonlyMap<StoreTable, readonly object[]> {
  const tables = new Map<StoreTable, object[]>()
  for (const table of ORDER) tables.set(table, [])
  for (const { table, document } of due) tables.get(table)?.push(document)
  for (const [table, documents] of tables) if (documents.length === 0) tables.delete(table)
  return tables
}

const ORDER: readonly StoreTable[] = ['policies', 'candles', 'object_events', 'audits', 'decisions', 'stats']
