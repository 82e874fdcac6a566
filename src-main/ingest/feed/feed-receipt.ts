import type { StoreTable } from '../../../schemas/tables/index.ts'
import type { LedgerOutcome } from '../../store/api.ts'

/** A document that the target refused. */
export interface FeedRejection {
  readonly table: StoreTable
  readonly field: string | null
  readonly reason: string
}

/** What became of a replayed day. */
export interface FeedReceipt {
  /** UTC day. */
  readonly day: string
  /** First and last instant of the plan, ms UTC. */
  readonly from: number
  readonly to: number
  /** Documents planned, and handed over. */
  readonly planned: number
  readonly played: number
  readonly accepted: number
  readonly duplicates: number
  readonly conflicts: number
  /** Decisions that got their outcome. */
  readonly completed: number
  /** The first thousand. */
  readonly rejected: readonly FeedRejection[]
  readonly rejectedCount: number
  /** Of the conflicts those of the ledger: what was handed in is in no file. */
  readonly ledgerConflicts: number
  readonly cancelled: boolean
}

const REJECTIONS = 1_000

/** Counts outcomes as they are told. */
export class FeedTally {
  readonly #counts = { accepted: 0, duplicate: 0, conflict: 0, completed: 0, rejected: 0 }
  readonly #rejected: FeedRejection[] = []
  #ledgerConflicts = 0

  readonly count = (table: StoreTable, outcome: LedgerOutcome): void => {
    this.#counts[outcome.outcome] += 1
    if (outcome.outcome === 'conflict' && 'field' in outcome) this.#ledgerConflicts += 1
    if (outcome.outcome === 'rejected' && this.#rejected.length < REJECTIONS)
      this.#rejected.push({ table, field: outcome.field, reason: outcome.reason })
  }

  counts(): Omit<FeedReceipt, 'day' | 'from' | 'to' | 'planned' | 'played' | 'cancelled'> {
    const { accepted, duplicate, conflict, completed, rejected } = this.#counts
    return {
      accepted,
      duplicates: duplicate,
      conflicts: conflict,
      completed,
      rejected: [...this.#rejected],
      rejectedCount: rejected,
      ledgerConflicts: this.#ledgerConflicts,
    }
  }
}
