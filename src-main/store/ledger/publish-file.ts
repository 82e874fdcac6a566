import type { StorePath, UtcDay, UtcMonth } from '../../../schemas/contract/units.ts'
import { LEDGER } from '../../../schemas/tables/index.ts'
import { type Generation, readGeneration } from '../compact/generation.ts'
import { isUnchanged, previousOf, quarantineOf } from '../compact/publish.ts'
import { type DayPlan, type DayStep, publishDay } from '../compact/publish-day.ts'
import { at, type StoreContext } from '../context.ts'
import { renamed } from '../layout/file-names.ts'
import type { Row } from '../write/part-writer.ts'
import { inTurn } from '../write/turns.ts'
import { lineOf } from './entry-rows.ts'
import type { LedgerFile } from './ledger-files.ts'
import { inLedgerOrder } from './row-order.ts'
import type { StandingFile } from './standing-files.ts'
import { stillUndoable } from './undoable.ts'

export interface PublishOrigin {
  readonly origin: Exclude<Generation['origin'], 'parts'>
  /** Of a backfill or undo: the days that it replaced. */
  readonly days?: readonly UtcDay[]
  readonly operation?: string
  readonly signal?: AbortSignal | undefined
  readonly onStep?: ((step: DayStep) => void) | undefined
}

/**
 * Publishes a ledger's file through the path of compaction: staged, read back, recorded, renamed (SPEC C4–C7, E2).
 * @param standing what was read of it; null when nothing stood there
 * @param others files whose rows were reckoned with: they must be the ones that were read
 * @returns false when one of them was replaced meanwhile: nothing happened, read again
 * @throws VERIFY_FAILED, NO_SPACE, IO, CANCELLED
 */
export async function publishLedgerFile(
  context: StoreContext,
  target: LedgerFile,
  standing: StandingFile | null,
  rows: Iterable<Row>,
  others: readonly StandingFile[],
  { origin, days, operation, signal, onStep = () => {} }: PublishOrigin,
): Promise<boolean> {
  const table = LEDGER[target.series.table]
  const sorted = inLedgerOrder(table, [...rows])
  const day = target.day ?? (`${target.month}-01` as UtcDay)
  const month: UtcMonth | null = target.day === null ? target.month : null
  const plan: DayPlan = {
    series: target.series,
    table,
    day,
    month,
    file: target.file,
    before: standing?.before ?? { state: 'missing' },
    origin,
    ...(days === undefined ? {} : { days }),
    ...(operation === undefined ? {} : { operation }),
    ...(days === undefined ? {} : { others: await stillUndoable(context, target.file, days) }),
    rows: sorted,
    // Of the rows themselves: how many batches brought them must not be told from the bytes.
    inputLines: sorted.map((row) => lineOf(table, row)),
    merged: [],
    lost: [],
    keepParts: true,
    keptAs: standing === null ? null : await keptAs(context, standing, origin),
  }
  return publishDay(context, plan, {
    signal,
    onStep,
    isCurrent: async () => {
      for (const { file, before } of others)
        if (file !== target.file && !(await isUnchanged(context, file, before.stat))) return false
      return true
    },
    turn: (work) => inTurn(context, target.series, day, work),
  })
}

/**
 * Another program's generation, and one that a backfill replaces, stay in `.barkeep/previous/`, a damaged one in quarantine.
 * What a backfill put there is not written over while it may be brought back.
 */
export async function keptAs(
  context: StoreContext,
  { file, foreign, unknown }: StandingFile,
  origin: PublishOrigin['origin'],
): Promise<StorePath | null> {
  if (unknown) return quarantineOf(context, file)
  if (!foreign && origin === 'ingest') return null
  const wanted = previousOf(file)
  const newest = await readGeneration(context, file)
  const mayBeUndone = newest?.origin === 'backfill' || newest?.origin === 'undo'
  if (!mayBeUndone || (await context.env.stat(at(context, wanted))) === null) return wanted
  return renamed(wanted, context.env.randomId())
}
