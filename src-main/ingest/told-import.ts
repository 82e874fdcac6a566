import { reportOf } from '../../schemas/contract/errors.ts'
import type { Store } from '../store/api.ts'
import type { NotedOperation } from '../store/operations/noted-operation.ts'
import { type ImportReceipt, ImportTally } from './import-tally.ts'
import type { ImportOptions, ImportWork } from './importers.ts'

/** Rejected lines that the log keeps; all of them are in the rejects file. */
const REJECTED_KEPT = 20

/**
 * Runs an import and puts one row into the log of operations, whatever its batches (SPEC F33). A backfill has its own row
 * from the writer; a dry run and an import that changed nothing have none.
 * @param from what it reads, for a person: the file's name
 */
export async function toldImport(
  store: Store,
  from: string,
  options: ImportOptions,
  work: ImportWork,
  run: (work: ImportWork) => Promise<ImportReceipt>,
): Promise<ImportReceipt> {
  if (options.dryRun === true || options.backfill === true) return run(work)
  const startedAt = Date.now()
  const tally = work.tally ?? new ImportTally()
  const noted = (): NotedOperation => notedOf(tally.receipt(), from, options, startedAt)
  let receipt: ImportReceipt
  try {
    receipt = await run({ ...work, tally })
  } catch (thrown) {
    const error = reportOf(thrown)
    const state = error.code === 'CANCELLED' ? 'cancelled' : 'failed'
    // Nothing was read: there was no import.
    if (tally.lastLine > 0) await store.writer.noteOperation({ ...noted(), state, error })
    throw thrown
  }
  const { accepted, conflicts, completed, rejectedCount } = receipt
  if (accepted + conflicts + completed + rejectedCount > 0) await store.writer.noteOperation(noted())
  return receipt
}

function notedOf(
  receipt: ImportReceipt,
  from: string,
  { table }: ImportOptions,
  startedAt: number,
): NotedOperation {
  const { accepted, duplicates, conflicts, completed, rejected, rejectedCount, rejectsFile, cancelled } =
    receipt
  const counts = [
    `${grouped(accepted)} accepted`,
    ...[
      [duplicates, 'duplicate'] as const,
      [completed, 'completed'] as const,
      [conflicts, 'conflicting'] as const,
      [rejectedCount, 'rejected'] as const,
    ].flatMap(([count, what]) => (count === 0 ? [] : `${grouped(count)} ${what}`)),
  ]
  return {
    kind: 'import',
    state: cancelled ? 'cancelled' : 'done',
    startedAt,
    summary: `${table.replace('_', ' ')} from ${from}: ${counts.join(', ')}.`,
    receipt: {
      table,
      from,
      accepted,
      duplicates,
      conflicts,
      completed,
      rejectedCount,
      rejectsFile,
      rejected: rejected.slice(0, REJECTED_KEPT),
    },
  }
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}
