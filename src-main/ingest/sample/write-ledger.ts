import { BarkeepError } from '../../../schemas/contract/errors.ts'
import { LEDGER_TABLES, type LedgerTable } from '../../../schemas/tables/index.ts'
import type { Store, WorkOptions } from '../../store/api.ts'
import type { SampleLedger } from './ledger.ts'

/** What is told of the work, and where it may stop. */
interface LedgerSteps {
  readonly work: WorkOptions
  /** @throws CANCELLED */
  next(done: number, step: string): void
}

/** Lines of each kind that were written; those already there are not counted. */
export type WrittenLedger = Readonly<Record<LedgerTable, number>>

/** What a line of the ledger weighs in the progress, in bars written one by one. */
export function ledgerWeight(ledger: SampleLedger): number {
  return LEDGER_TABLES.reduce((sum, table) => sum + ledger[table].length, 0)
}

/**
 * Hands the ledger in by the path of a bot's own files, policies first: no decision may name one that isn't known.
 * @throws BAD_REQUEST when the store holds other rows; CANCELLED, LOCKED, NO_SPACE, IO, VERIFY_FAILED
 */
export async function writeLedger(
  store: Store,
  ledger: SampleLedger,
  steps: LedgerSteps,
): Promise<WrittenLedger> {
  const written: Record<LedgerTable, number> = { policies: 0, decisions: 0, audits: 0, stats: 0 }
  for (const table of ['policies', 'decisions', 'audits', 'stats'] as const) {
    const lines: readonly unknown[] = ledger[table]
    steps.next(0, `write ${table}`)
    const outcomes = await store.writer.appendLedger(table, lines, steps.work)
    for (const outcome of outcomes) {
      if (outcome.outcome === 'accepted') written[table]++
      else if (outcome.outcome !== 'duplicate') {
        const why =
          outcome.outcome === 'rejected'
            ? `${outcome.field}: ${outcome.reason}`
            : 'a row with other values is there'
        throw new BarkeepError(
          'BAD_REQUEST',
          `The sample's ${table} don't fit what the store holds (${why}).`,
        )
      }
    }
    steps.next(lines.length, `wrote ${table}`)
  }
  return written
}
