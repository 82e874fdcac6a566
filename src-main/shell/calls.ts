import type { EngineCalls, EngineEvents, LaunchInfo, StartedJob } from '../../schemas/contract/engine.ts'
import { BarkeepError } from '../../schemas/contract/errors.ts'
import type { StoreInfo } from '../../schemas/contract/health.ts'
import type { JobKind } from '../../schemas/contract/jobs.ts'
import type { ExportRequest, ImportRequest, Preferences } from '../../schemas/generated/requests.ts'
import type { AfterClose } from './after-close.ts'
import type { EndpointSwitch } from './endpoint.ts'
import type { EngineHost } from './engine-host.ts'
import { Imports } from './imports.ts'
import type { Jobs, JobWork } from './jobs.ts'
import type { Settings } from './settings.ts'
import { storeFile } from './store-file.ts'
import { isFolderForSample, type StoreSession } from './store-session.ts'

/** What the shell answers to each call: the contract, with time to think. */
export type CallHandlers = {
  readonly [Name in keyof EngineCalls]: (
    payload: Parameters<EngineCalls[Name]>[0],
  ) => ReturnType<EngineCalls[Name]> | Promise<ReturnType<EngineCalls[Name]>>
}

/** What the shell answers where a file was dropped; the window can't call it by name (see `DROP_CHANNEL`). */
export interface DropHandlers {
  importDropped(file: unknown, request: ImportRequest): Promise<StartedJob>
}

/** The desktop around the window. Questions answer null when the person cancelled. */
export interface Desktop {
  chooseStore(): Promise<string | null>
  chooseSampleFolder(): Promise<string | null>
  chooseImport(table: ImportRequest['table']): Promise<string | null>
  chooseExport(request: ExportRequest): Promise<string | null>
  copyText(text: string): void
  /** @throws BAD_REQUEST when it can't be decoded */
  copyImage(png: Uint8Array): void
  /** @throws IO when the file manager refuses. */
  reveal(folder: string): Promise<void>
  /** The folder of a file with the file marked. */
  revealFile(file: string): void
}

export interface CallsContext {
  readonly engine: EngineHost
  readonly session: StoreSession
  readonly jobs: Jobs
  readonly settings: Settings
  readonly endpoint: EndpointSwitch
  readonly afterClose: AfterClose
  readonly desktop: Desktop
  /** How the window was started; the store's path is added at the time of asking. */
  readonly launch: Omit<LaunchInfo, 'storePath'>
  /** Where the sample goes without a question: the project's own `storage/`, in development alone. */
  readonly defaultStore: string | null
  readonly push: <Name extends keyof EngineEvents>(name: Name, event: EngineEvents[Name]) => void
  readonly onPreferences: (preferences: Preferences) => void
  readonly onReady: () => void
}

/** Maps each call of the contract to the engine, the settings and the desktop. */
export function createCalls(context: CallsContext): CallHandlers & DropHandlers {
  const { engine, session, jobs, settings, endpoint, afterClose, desktop, push } = context

  /** What work changed in files, also work that failed or was cancelled, is told before its end. */
  const start = (kind: JobKind, changes: boolean, work: JobWork) =>
    jobs.start(kind, async (job) => {
      try {
        return await work(job)
      } finally {
        if (changes) await engine.look()
      }
    })
  const imports = new Imports({ engine, desktop, start })

  const switchTo = async (folder: string, create: boolean): Promise<StoreInfo> => {
    jobs.refuseWhileRunning()
    return await session.open(folder, { create })
  }

  return {
    launchInfo: async () => {
      await session.settled()
      return { ...context.launch, storePath: engine.path }
    },
    storeInfo: async () => {
      await session.settled()
      if (engine.path !== null) return await engine.info()
      if (session.failure !== null) throw session.failure
      return null
    },
    viewport: (request) => session.whenOpen(() => engine.viewport(request)),
    objectHistory: ({ objectId }) => session.whenOpen(() => engine.objectHistory(objectId)),
    follow: (request) => session.whenOpen(() => engine.follow(request)),
    liveHealth: () => session.whenOpen(() => engine.liveHealth()),
    storageOverview: () => session.whenOpen(() => engine.overview()),
    ledgerQuery: (request) =>
      session.whenOpen(() => engine.ledger((ledger, on) => ledger.query(request, on))),
    ledgerSummary: (request) =>
      session.whenOpen(() => engine.ledger((ledger, on) => ledger.summary(request, on))),
    ledgerFacets: (request) =>
      session.whenOpen(() => engine.ledger((ledger, on) => ledger.facets(request, on))),
    decisionDetail: (request) =>
      session.whenOpen(() => engine.ledger((ledger, on) => ledger.decisionDetail(request, on))),
    decisionMarkers: (request) =>
      session.whenOpen(() => engine.ledger((ledger, on) => ledger.decisionMarkers(request, on))),
    performance: (request) =>
      session.whenOpen(() => engine.ledger((ledger, on) => ledger.performance(request, on))),
    featureStability: (request) =>
      session.whenOpen(() => engine.ledger((ledger, on) => ledger.featureStability(request, on))),
    hitCalendar: (request) =>
      session.whenOpen(() => engine.ledger((ledger, on) => ledger.hitCalendar(request, on))),
    auditTimeline: (request) =>
      session.whenOpen(() => engine.ledger((ledger, on) => ledger.auditTimeline(request, on))),
    partition: (request) => session.whenOpen(() => engine.partition(request)),
    undo: (request) =>
      session.whenOpen(() => start('undo', request.dryRun !== true, (job) => engine.undo(request, job))),
    exportTable: (request) =>
      session.whenOpen(async () => {
        const file = await desktop.chooseExport(request)
        return file === null ? null : start('export', false, (job) => engine.exportTable(request, file, job))
      }),
    compact: (request) =>
      session.whenOpen(() =>
        start('compact', request.dryRun !== true, (job) => engine.compact(request, job)),
      ),
    purge: (request) =>
      session.whenOpen(() => start('purge', request.dryRun !== true, (job) => engine.purge(request, job))),
    runAfterClose: (request) =>
      session.whenOpen(() =>
        start('after-close', request.dryRun !== true, (job) => afterClose.runByHand(request, job)),
      ),
    afterCloseState: () => afterClose.state,
    storeSettings: () => session.whenOpen(() => engine.settings()),
    changeStoreSettings: (change) =>
      session.whenOpen(async () => {
        const settings = await engine.changeSettings(change)
        await afterClose.begin()
        return settings
      }),
    operations: (request) => session.whenOpen(() => engine.operations(request)),
    saveImage: (request) => session.whenOpen(() => engine.saveImage(request)),
    copyImage: ({ png }) => {
      desktop.copyImage(Buffer.from(png, 'base64'))
      return null
    },
    doctor: () => session.whenOpen(() => start('doctor', false, (job) => engine.doctor(job))),
    repair: () => session.whenOpen(() => start('repair', true, (job) => engine.repair(job))),
    rebuildSnapshot: () =>
      session.whenOpen(() => start('rebuild-snapshot', true, () => engine.rebuildSnapshot())),
    importFile: (request) => session.whenOpen(() => imports.choose(request)),
    importDropped: (file, request) => session.whenOpen(() => imports.dropped(file, request)),
    createSample: async () => {
      await session.settled()
      // An empty store that is open already is where the person wants it.
      if (engine.path === null || (await engine.info()).hasData) {
        const folder = await sampleFolder(context)
        if (folder === null) return null
        await switchTo(folder, true)
      }
      return start('sample', true, async (job) => {
        const result = await engine.writeSample(job)
        push('storeOpened', await engine.info())
        return result
      })
    },
    cancelJob: ({ job }) => {
      jobs.cancel(job)
      return null
    },
    openStore: async () => {
      jobs.refuseWhileRunning()
      const folder = await desktop.chooseStore()
      return folder === null ? null : await switchTo(folder, false)
    },
    revealStore: () =>
      session.whenOpen(async () => {
        if (engine.path !== null) await desktop.reveal(engine.path)
        return null
      }),
    revealFile: ({ file }) =>
      session.whenOpen(async () => {
        if (engine.path !== null) desktop.revealFile(await storeFile(engine.path, file))
        return null
      }),
    endpointState: () => endpoint.state,
    setEndpoint: (request) => endpoint.set(request),
    renewEndpointToken: () => endpoint.renewToken(),
    copyEndpointToken: async () => {
      desktop.copyText(await endpoint.token())
      return null
    },
    preferences: () => settings.preferences,
    setPreferences: (changed) => {
      settings.mergePreferences(changed)
      context.onPreferences(changed)
      return null
    },
    ready: () => {
      context.onReady()
      return null
    },
  }
}

async function sampleFolder({ defaultStore, desktop }: CallsContext): Promise<string | null> {
  if (defaultStore !== null && (await isFolderForSample(defaultStore))) return defaultStore
  const folder = await desktop.chooseSampleFolder()
  if (folder !== null && !(await isFolderForSample(folder))) {
    throw new BarkeepError(
      'BAD_REQUEST',
      `${folder} is not empty. Choose or make an empty folder for the sample.`,
    )
  }
  return folder
}
