import type { OpenOptions, Store, StoreCompactor, StoreReader, StoreWriter } from './api.ts'
import { finishInterrupted } from './compact/interrupted.ts'
import { compactStore } from './compact/run.ts'
import { objectHistory, objectsAt } from './events/as-of.ts'
import { BarNumbers } from './events/bar-numbers.ts'
import { eventDayResolver } from './events/day-resolver.ts'
import { Snapshot } from './events/snapshot.ts'
import { Timeline } from './events/timeline.ts'
import { doctor } from './integrity/doctor.ts'
import { closeContext, openContext } from './open-context.ts'
import { DayBlocks } from './read/day-blocks.ts'
import { DayfileFactsCache } from './read/dayfile-facts.ts'
import { storageOverview } from './read/overview.ts'
import { storeInfo } from './read/store-info.ts'
import { viewport } from './read/viewport.ts'
import { backfillCandles } from './write/backfill.ts'
import { appendCandles } from './write/candles.ts'
import { EventWriter } from './write/object-events.ts'
import { openRejects } from './write/rejects.ts'

export type { Store, StoreCompactor, StoreReader, StoreWriter } from './api.ts'

/**
 * Opens a store: the one way in for the app, the command line, benchmarks and tests. What a crash interrupted is
 * finished first (unless another process that is alive holds the lock, which then does it); nothing else is read until
 * it is asked for.
 * @throws NO_STORE, NO_SPACE, IO
 */
export async function openStore(root: string, options: OpenOptions = {}): Promise<Store> {
  const context = await openContext(root, options)
  const blocks = new DayBlocks(context)
  const facts = new DayfileFactsCache(context)
  const timeline = new Timeline(context)
  const barNumbers = new BarNumbers(context)
  const snapshot = new Snapshot(context, timeline)
  const eventWriter = new EventWriter(context, timeline, barNumbers, snapshot)
  const eventDays = eventDayResolver(context, timeline)
  await finishInterrupted(context)
  try {
    await snapshot.mend()
  } catch {
    // The snapshot is derived: a store that can't be written (a read-only disk) is still read. Doctor names a stale one.
  }

  const reader: StoreReader = {
    info: () => storeInfo({ context, blocks, facts }),
    viewport: (request, { signal } = {}) =>
      viewport(
        { context, blocks, objectsAt: (objects) => objectsAt(timeline, barNumbers, objects) },
        request,
        signal,
      ),
    objectHistory: (objectId) => objectHistory(timeline, barNumbers, objectId),
    overview: () => storageOverview({ context, blocks, facts, timeline }),
    doctor: (work) => doctor({ context, timeline, snapshot }, work),
  }
  const writer: StoreWriter = {
    appendCandles: (documents, append) => appendCandles(context, documents, append),
    appendEvents: async (documents, append) => (await eventWriter.append(documents, append)).outcomes,
    backfillCandles: (documents, work) => backfillCandles(context, documents, work),
    rejects: (table) => openRejects(context, table),
    rebuildSnapshot: () => snapshot.rebuild(),
  }
  const compactor: StoreCompactor = {
    compact: (request, work) => compactStore(context, request, eventDays, work),
  }
  return { root: context.root, reader, writer, compactor, close: () => closeContext(context) }
}
