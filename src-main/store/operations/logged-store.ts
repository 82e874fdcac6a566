import type { ErrorReport } from '../../../schemas/contract/errors.ts'
import type { StoreCompactor, StoreWriter } from '../api.ts'
import type { StoreContext } from '../context.ts'
import { readStoreSettings } from '../integrity/store-settings.ts'
import { type Beginning, note, recorded } from './recorded.ts'
import {
  backfillTold,
  compactionTold,
  emasTold,
  partitionTold,
  purgeTold,
  repairTold,
  settingsTold,
  snapshotTold,
  type Told,
  tiersTold,
  undoTold,
} from './summaries.ts'

/**
 * The store's changing side with a row in the log for each operation that changed something or failed (SPEC F33). Dry runs, what was asked wrongly and what was kept
 * out by another writer are no operations. What a bot appends is none either: the rows are in the tables themselves. A run after the close
 * writes its own row.
 * @param tell told when a row can't be written
 */
export function withOperationsLog(
  context: StoreContext,
  tell: (problem: ErrorReport) => void,
  { writer, compactor }: { readonly writer: StoreWriter; readonly compactor: StoreCompactor },
): { readonly writer: StoreWriter; readonly compactor: StoreCompactor } {
  const log = <T>(
    kind: Beginning['kind'],
    work: () => Promise<T>,
    told: (answer: T) => Told | null,
  ): Promise<T> => recorded(context, tell, { kind }, work, told)
  return {
    writer: {
      ...writer,
      backfillCandles: (documents, work = {}) => {
        const run = (): ReturnType<StoreWriter['backfillCandles']> => writer.backfillCandles(documents, work)
        return isUntold(work) ? run() : log('backfill', run, ({ days }) => backfillTold(days))
      },
      backfillLedger: (table, documents, work = {}) => {
        const run = (): ReturnType<StoreWriter['backfillLedger']> =>
          writer.backfillLedger(table, documents, work)
        return isUntold(work) ? run() : log('backfill', run, ({ days }) => backfillTold(days))
      },
      changeSettings: async (change) => {
        const before = await readStoreSettings(context)
        const run = (): ReturnType<StoreWriter['changeSettings']> => writer.changeSettings(change)
        return log('settings', run, (after) => settingsTold(change, before, after))
      },
      rebuildSnapshot: () => log('rebuild', () => writer.rebuildSnapshot(), snapshotTold),
      rebuildTiers: (work) => log('rebuild', () => writer.rebuildTiers(work), tiersTold),
      rebuildEmas: (request, work) => log('rebuild', () => writer.rebuildEmas(request, work), emasTold),
      noteOperation: ({ kind, startedAt, ...told }) => note(context, tell, { kind }, startedAt, told),
    },
    compactor: {
      ...compactor,
      repair: (work) => log('repair', () => compactor.repair(work), repairTold),
      compact: (request, work) => {
        const run = (): ReturnType<StoreCompactor['compact']> => compactor.compact(request, work)
        const quiet = request.dryRun === true || work?.untold === true
        return quiet ? run() : log('compact', run, compactionTold)
      },
      purge: (request, work) => {
        const run = (): ReturnType<StoreCompactor['purge']> => compactor.purge(request, work)
        return request.dryRun === true ? run() : log('purge', run, purgeTold)
      },
      undo: (request, work) => {
        const run = (): ReturnType<StoreCompactor['undo']> => compactor.undo(request, work)
        return request.dryRun === true ? run() : log('undo', run, undoTold)
      },
      partition: (request) => log('partition', () => compactor.partition(request), partitionTold),
    },
  }
}

function isUntold({
  dryRun,
  untold,
}: {
  readonly dryRun?: boolean | undefined
  readonly untold?: boolean | undefined
}): boolean {
  return dryRun === true || untold === true
}
