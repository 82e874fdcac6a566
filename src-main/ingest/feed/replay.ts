import type { Progress } from '../../../schemas/contract/jobs.ts'
import { type FeedReceipt, FeedTally } from './feed-receipt.ts'
import { planOf, type StoredDay } from './plan.ts'
import { play } from './play.ts'
import type { FeedTarget } from './target.ts'

export interface ReplayOptions {
  /** So many times real time. */
  readonly speed: number
  readonly signal: AbortSignal
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

/**
 * Plays a stored day into a target (SPEC F70–F73). What fails or is stopped on the way leaves a receipt of what the target
 * holds: playing the day again goes on from there, for what it has already are duplicates.
 * @returns with what ended it early; null when the signal did, or nothing
 */
export async function replay(
  day: StoredDay,
  target: FeedTarget,
  { speed, signal, onProgress }: ReplayOptions,
): Promise<{ readonly receipt: FeedReceipt; readonly error: unknown }> {
  const plan = planOf(day)
  const tally = new FeedTally()
  const shortestBar = day.bars.reduce(
    (least, { millis }) => Math.min(least, millis),
    Number.POSITIVE_INFINITY,
  )
  let played = 0
  let error: unknown = null
  try {
    const onOutcome: typeof tally.count = (table, outcome) => {
      played += 1
      tally.count(table, outcome)
    }
    await target.begin?.(day)
    await play(plan, target, { speed, shortestBar, signal, onProgress, onOutcome })
  } catch (thrown) {
    if (!signal.aborted) error = thrown
  }
  const receipt: FeedReceipt = {
    day: day.day,
    from: day.start,
    to: plan.at(-1)?.due ?? day.start,
    planned: plan.length,
    played,
    ...tally.counts(),
    cancelled: error === null && played < plan.length,
  }
  return { receipt, error }
}
