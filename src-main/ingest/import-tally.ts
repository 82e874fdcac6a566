import type { BackfilledDay, IngestReceipt, RejectedLine } from '../../schemas/contract/jobs.ts'
import type { LedgerOutcome, RejectedText } from '../store/api.ts'

/** So many rejected lines a receipt holds; all of them are in the rejects file. */
export const RECEIPT_REJECTIONS = 1000

/** A receipt as an import gives it: with everything that the contract leaves open for others. */
export interface ImportReceipt extends IngestReceipt {
  readonly rejectedCount: number
  readonly rejectsFile: string | null
  readonly cancelled: boolean
  /** The days that a backfill replaced, or would replace in a dry run; null for an import that appends. */
  readonly days: readonly BackfilledDay[] | null
}

/** Where refused lines go besides the receipt; both are waited for, so that neither can fall behind. */
export interface RejectionSinks {
  /** Keeps them on disk; absent in a dry run. */
  readonly keep?: ((lines: readonly RejectedText[]) => Promise<void>) | undefined
  /** Tells them to whoever asked. */
  readonly tell?: ((lines: readonly RejectedLine[]) => Promise<void> | void) | undefined
}

/** Counts what becomes of each line. Can be asked for a receipt at any time, also after a failure. */
export class ImportTally {
  cancelled = false
  days: readonly BackfilledDay[] | null = null
  rejectsFile: string | null = null
  /** Lines read so far, by number. */
  lastLine = 0
  #accepted = 0
  #duplicates = 0
  #conflicts = 0
  #completed = 0
  #rejectedCount = 0
  readonly #rejected: RejectedLine[] = []

  count(outcome: Exclude<LedgerOutcome['outcome'], 'rejected'>): void {
    if (outcome === 'accepted') this.#accepted++
    else if (outcome === 'duplicate') this.#duplicates++
    else if (outcome === 'completed') this.#completed++
    else this.#conflicts++
  }

  async reject(lines: readonly RejectedText[], sinks: RejectionSinks): Promise<void> {
    if (lines.length === 0) return
    await sinks.keep?.(lines)
    const told = lines.map(({ line, field, reason }) => ({ line, field, reason }))
    this.#rejectedCount += told.length
    this.#rejected.push(...told.slice(0, RECEIPT_REJECTIONS - this.#rejected.length))
    await sinks.tell?.(told)
  }

  receipt(): ImportReceipt {
    return {
      accepted: this.#accepted,
      duplicates: this.#duplicates,
      conflicts: this.#conflicts,
      completed: this.#completed,
      rejected: [...this.#rejected],
      rejectedCount: this.#rejectedCount,
      rejectsFile: this.rejectsFile,
      cancelled: this.cancelled,
      days: this.days,
    }
  }
}
