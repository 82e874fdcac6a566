import { type ErrorReport, reportOf } from '../../schemas/contract/errors.ts'
import type { CompactReceipt } from '../../schemas/contract/jobs.ts'
import type { LedgerQuery } from '../../schemas/generated/requests.ts'
import { changeSettings } from './after-close/change-settings.ts'
import { type AfterCloseSources, runAfterClose } from './after-close/run.ts'
import type {
  Asking,
  LedgerReader,
  OpenOptions,
  Store,
  StoreCompactor,
  StoreReader,
  StoreWriter,
  WorkOptions,
} from './api.ts'
import { finishInterrupted } from './compact/interrupted.ts'
import { purgeStore } from './compact/purge.ts'
import { compactStore } from './compact/run.ts'
import { type EmaSources, followWithEmas, publishedDays, rebuildEmas, writeEmas } from './emas/stored-emas.ts'
import { WindowEmas } from './emas/window-emas.ts'
import { objectHistory, objectsAt, objectsNow } from './events/as-of.ts'
import { BarNumbers } from './events/bar-numbers.ts'
import { eventDayResolver } from './events/day-resolver.ts'
import { compareEvents } from './events/event-order.ts'
import { Snapshot } from './events/snapshot.ts'
import { Timeline } from './events/timeline.ts'
import { exportTable } from './export/export-table.ts'
import type { ExportSources } from './export/market-rows.ts'
import { rootIsGone } from './fs/root-folder.ts'
import { withWriterLock } from './fs/writer-lock.ts'
import { saveImage } from './images/save-image.ts'
import { doctor } from './integrity/doctor.ts'
import { withMissingDays } from './integrity/missing-days.ts'
import { repairStore } from './integrity/repair.ts'
import { readStoreSettings } from './integrity/store-settings.ts'
import { EMAS_FOLDER, SNAPSHOT, TIERS } from './layout/file-names.ts'
import { appendLedger } from './ledger/append.ts'
import { backfillLedger } from './ledger/backfill.ts'
import { ledgerMarks } from './ledger/ledger-marks.ts'
import { setPartition } from './ledger/partition.ts'
import { undoBackfill } from './ledger/undo.ts'
import { LiveFeed } from './live/live-feed.ts'
import { closeContext, openContext } from './open-context.ts'
import { withOperationsLog } from './operations/logged-store.ts'
import { operationsOf } from './operations/read-operations.ts'
import { decisionDetail } from './query/decision-detail.ts'
import { decisionMarkers } from './query/decision-markers.ts'
import { ledgerFacets } from './query/facets.ts'
import { queryLedger } from './query/query.ts'
import type { LedgerSources } from './query/sources.ts'
import { ledgerSummary } from './query/summary.ts'
import { cacheBounds } from './read/cache-bounds.ts'
import { Catalogue } from './read/catalogue.ts'
import { DayBlocks } from './read/day-blocks.ts'
import { DayfileFactsCache } from './read/dayfile-facts.ts'
import { storageOverview } from './read/overview.ts'
import { storeInfo } from './read/store-info.ts'
import { rebuildTiers } from './read/tiers/rebuild.ts'
import { viewport } from './read/viewport.ts'
import { auditTimeline } from './research/audit-timeline.ts'
import { hitCalendar } from './research/hit-calendar.ts'
import { performanceReport } from './research/performance.ts'
import { featureStability } from './research/stability.ts'
import { backfillCandles } from './write/backfill.ts'
import { appendCandles } from './write/candles.ts'
import { EventWriter } from './write/object-events.ts'
import { openRejects } from './write/rejects.ts'

export type { LedgerReader, Store, StoreCompactor, StoreReader, StoreWriter } from './api.ts'

/**
 * Opens a store: the one way in for the app, the command line, benchmarks and tests. What a crash interrupted is
 * finished first (unless another process that is alive holds the lock, which then does it); nothing else is read until
 * it is asked for.
 * @throws NO_STORE, NO_SPACE, IO
 */
export async function openStore(root: string, options: OpenOptions = {}): Promise<Store> {
  const context = await openContext(root, options)
  const tell = (problem: ErrorReport): void => options.onProblem?.(problem)
  const bounds = await cacheBounds(context, options.cacheBytes, tell)
  const catalogue = new Catalogue(context)
  const blocks = new DayBlocks(context, bounds.blocks, catalogue)
  const facts = new DayfileFactsCache(context, { maxBytes: bounds.tiers })
  const emas = new WindowEmas(blocks, facts)
  const emaSources: EmaSources = { context, blocks, emas }
  const timeline = new Timeline(context)
  const barNumbers = new BarNumbers(context)
  const snapshot = new Snapshot(context, timeline)
  const eventWriter = new EventWriter(context, timeline, barNumbers, snapshot)
  const eventDays = eventDayResolver(context, timeline)
  for (const problem of (await finishInterrupted(context, options.keepExpired)).problems) tell(problem)
  try {
    await snapshot.mend()
  } catch (error) {
    // The snapshot is derived: a store that can't be written (a read-only disk) is still read.
    tell(behind(reportOf(error)))
  }
  try {
    await catalogue.open()
  } catch (error) {
    // Whoever asks for what can't be listed is told so; the rest of the store is open.
    tell(reportOf(error))
  }

  /** Work that publishes dayfiles: their tiers follow behind the caller's back, whatever became of it. */
  const withTiers = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } finally {
      void facts.follow((problem) => tell(tiersBehind(problem)))
    }
  }

  /** Averages of days that were compacted by hand follow where the timeframe has some (SPEC F38). */
  const withEmas = async (
    work: Promise<CompactReceipt>,
    options: WorkOptions = {},
  ): Promise<CompactReceipt> => {
    const receipt = await work
    const days = publishedDays(receipt)
    if (days.length === 0 || options.signal?.aborted === true) return receipt
    try {
      const write = () => followWithEmas(emaSources, days, options)
      for (const problem of (await withWriterLock(context, 'averages', write)).problems)
        tell(averagesBehind(problem))
    } catch (error) {
      if (reportOf(error).code !== 'CANCELLED') tell(averagesBehind(reportOf(error)))
    }
    return receipt
  }

  const answerViewport: LedgerSources['viewport'] = (request, signal) =>
    viewport(
      {
        context,
        blocks,
        facts,
        emas,
        objectsAt: (objects) => objectsAt(timeline, barNumbers, objects),
        objectsNow: (objects) => objectsNow(timeline, objects),
      },
      request,
      signal,
    )
  const sources: LedgerSources = { context, viewport: answerViewport }
  const events: ExportSources['events'] = async () => {
    const set = await timeline.current()
    return { rows: set.objectIds.flatMap((id) => [...set.eventsOf(id)]), problems: timeline.problems }
  }
  let live: LiveFeed | null = null
  /** Of a folder that is gone nothing is known: no answer, where an empty one would pass for the truth. */
  const there =
    <Request, Answer>(
      ask: (sources: LedgerSources, request: Request, asking?: Asking) => Promise<Answer>,
    ): ((request: Request, asking?: Asking) => Promise<Answer>) =>
    async (request, asking) => {
      live?.assertThere()
      return ask(sources, request, asking)
    }
  const ledger: LedgerReader = {
    query: there(async (_, request: LedgerQuery, asking) => {
      const page = await queryLedger(sources, request, asking)
      return { ...page, problems: live?.worthTelling(page.problems) ?? page.problems }
    }),
    summary: there(ledgerSummary),
    facets: there(ledgerFacets),
    decisionDetail: there(decisionDetail),
    decisionMarkers: there(decisionMarkers),
    performance: there(performanceReport),
    featureStability: there(featureStability),
    hitCalendar: there(hitCalendar),
    auditTimeline: there(auditTimeline),
    marks: () => ledgerMarks(context),
  }
  /** A folder that is gone looks like an empty one: whoever finds nothing asks whether it is there. */
  const assertRoot = (): void => {
    live?.assertThere()
    if (context.env.statNow(context.root) === null) throw rootIsGone(context.root)
  }
  const reader: StoreReader = {
    ledger,
    info: async () => {
      const info = await storeInfo({ context, blocks, facts })
      if (!info.hasData) assertRoot()
      return info
    },
    viewport: async (request, { signal } = {}) => {
      // Named before the look: what is told later is laid over the answer.
      const revision = live?.revision
      const answer = await answerViewport(request, signal)
      if (answer.candles.ts.length === 0) assertRoot()
      return { ...answer, problems: live?.worthTelling(answer.problems) ?? answer.problems, revision }
    },
    objectHistory: (objectId) => objectHistory(timeline, barNumbers, objectId),
    events: async (until) => {
      const { rows, problems } = await events()
      return { rows: rows.filter(({ ts }) => ts <= until).sort(compareEvents), problems }
    },
    overview: async () => {
      const overview = await storageOverview({ context, blocks, facts, timeline })
      const { series } = await storeInfo({ context, blocks, facts })
      return withMissingDays(context, overview, series)
    },
    settings: () => readStoreSettings(context),
    operations: (request) => operationsOf(context, request),
    doctor: (work) => doctor({ context, timeline, snapshot, eventDays, emas: emaSources }, work),
  }
  const writer: StoreWriter = {
    appendCandles: (documents, append) => appendCandles(context, documents, append),
    appendEvents: async (documents, append) => {
      const { outcomes, snapshot: failure } = await eventWriter.append(documents, append)
      if (failure !== null) tell(behind(failure))
      return outcomes
    },
    backfillCandles: (documents, work) => withTiers(backfillCandles(context, documents, work)),
    appendLedger: (table, documents, append) => appendLedger(context, table, documents, append),
    backfillLedger: (table, documents, work) => backfillLedger(context, table, documents, work),
    exportTable: (request, file, work) =>
      exportTable({ ...sources, info: reader.info, events }, request, file, work),
    changeSettings: (change) => changeSettings(context, change),
    saveImage: (request) => saveImage(context, request),
    rejects: (table) => openRejects(context, table),
    rebuildSnapshot: () => withWriterLock(context, 'rebuild snapshot', () => snapshot.rebuild()),
    rebuildTiers: (work) =>
      withWriterLock(context, 'rebuild tiers', () => rebuildTiers(context, facts, work)),
    rebuildEmas: (range, work) =>
      withWriterLock(context, 'rebuild emas', () => rebuildEmas(emaSources, range, work)),
    // Each operation gets its row from what wraps this.
    noteOperation: async () => {},
  }
  const afterClose: AfterCloseSources = {
    events: eventDays,
    timeline,
    writeEmas: (days, work) => writeEmas(emaSources, days, work),
  }
  const compactor: StoreCompactor = {
    repair: (work) => repairStore({ context, timeline, snapshot, eventDays, emas: emaSources }, work),
    compact: (request, work) => withTiers(withEmas(compactStore(context, request, eventDays, work), work)),
    runAfterClose: (request, work) => withTiers(runAfterClose(context, afterClose, request, work)),
    purge: (request, work) => purgeStore(context, request, work),
    undo: (request, work) => undoBackfill(context, request, work),
    partition: (request) => setPartition(context, request),
  }
  const watch: Store['watch'] = (watching) => {
    live = new LiveFeed(
      { context, blocks, timeline, barNumbers, info: reader.info, viewport: answerViewport },
      watching,
    )
    return live
  }
  const close = async (): Promise<void> => {
    await live?.stop()
    await facts.settled()
    await closeContext(context)
  }
  return {
    root: context.root,
    reader,
    ...withOperationsLog(context, tell, { writer, compactor }),
    watch,
    close,
  }
}

/** Only what is derived from dayfiles is not up to date, and they are read instead. */
function tiersBehind(failure: ErrorReport): ErrorReport {
  return {
    ...failure,
    message: `Tiers below ${TIERS} are behind their dayfiles: ${failure.message} Years take longer to show until "barkeep rebuild tiers".`,
    file: TIERS,
  }
}

/** Bars are safe, and charts work their averages out from them. */
function averagesBehind(failure: ErrorReport): ErrorReport {
  const message = `Averages below ${EMAS_FOLDER}/ are behind their bars: ${failure.message} The next run after the close or "barkeep rebuild emas" mends it.`
  return { ...failure, message, file: failure.file ?? EMAS_FOLDER }
}

/** The events themselves are safe; only what is derived from them is not up to date. */
function behind(failure: ErrorReport): ErrorReport {
  return {
    ...failure,
    message: `${SNAPSHOT} is behind its events: ${failure.message} The next event or "barkeep rebuild snapshot" mends it.`,
    file: SNAPSHOT,
  }
}
