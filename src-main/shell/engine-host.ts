import { BarkeepError, type ErrorReport } from '../../schemas/contract/errors.ts'
import type { StorageOverview, StoreInfo } from '../../schemas/contract/health.ts'
import type { JobResult } from '../../schemas/contract/jobs.ts'
import type { PartitionPlan } from '../../schemas/contract/ledger.ts'
import type { LiveHealth, LiveUpdate, OperationsPage, SavedImage } from '../../schemas/contract/live.ts'
import type { ObjectHistory, Viewport } from '../../schemas/contract/viewport.ts'
import type {
  AfterCloseRequest,
  CompactRequest,
  ExportRequest,
  FollowRequest,
  ImageRequest,
  ImportRequest,
  OperationsRequest,
  PartitionRequest,
  PurgeRequest,
  SettingsChange,
  StoreSettings,
  UndoRequest,
  ViewportRequest,
} from '../../schemas/generated/requests.ts'
import type { Endpoint, EndpointHost } from '../ingest/endpoint/server.ts'
import type { TokenFile } from '../ingest/endpoint/token-file.ts'
import type { AfterCloseWork, Asking, LedgerReader, Store, StoreWatch } from '../store/api.ts'
import type { JobContext } from './jobs.ts'

export type { Endpoint as RunningEndpoint } from '../ingest/endpoint/server.ts'
export type { TokenFile } from '../ingest/endpoint/token-file.ts'

/** The shell's side of the ingest endpoint. */
export interface ServeOptions extends Pick<EndpointHost, 'version' | 'token' | 'onRefused'> {
  /** A batch was stored. @param accepted lines whose rows are new */
  readonly onTaken: (accepted: number) => void
}

export interface EngineHostOptions {
  /** Told of what went wrong beside the answer to a call. */
  readonly onProblem: (problem: ErrorReport) => void
  /** What changed in the open store, by whoever. */
  readonly onLive: (update: LiveUpdate) => void
}

/**
 * The engine as the shell sees it: plain values in, plain values out, so that moving it into another process changes
 * this file alone. Today it lives in the main process, where DuckDB's own threads do the reading. It is loaded when the
 * first store is opened, while the window is being drawn.
 */
export class EngineHost {
  readonly #options: EngineHostOptions
  #open: OpenStore | null = null
  #retiring: Promise<void> = Promise.resolve()

  constructor(options: EngineHostOptions) {
    this.#options = options
  }

  /** Absolute path of the open store. */
  get path(): string | null {
    return this.#open?.store.root ?? null
  }

  /**
   * Opens a folder and lets go of the one before, once what is being asked of it is answered; while this fails, the one
   * before stays open.
   * @throws NO_STORE, IO and what else `openStore` throws.
   */
  async open(path: string, options: { readonly create?: boolean } = {}): Promise<StoreInfo> {
    const { openStore } = await import('../store/index.ts')
    const store = await openStore(path, {
      ...options,
      program: 'app',
      onProblem: this.#options.onProblem,
    })
    let info: StoreInfo
    try {
      info = await store.reader.info()
    } catch (error) {
      await store.close()
      throw error
    }
    const before = this.#open
    this.#open = new OpenStore(
      store,
      store.watch({ onUpdate: this.#options.onLive, onProblem: this.#options.onProblem }),
    )
    if (before !== null) this.#retiring = Promise.all([this.#retiring, before.retire()]).then(() => undefined)
    return info
  }

  /** Resolves once nothing of the engine runs any more: only then may the process end. */
  async close(): Promise<void> {
    const open = this.#open
    this.#open = null
    open?.interrupt()
    await Promise.all([this.#retiring, open?.retire()])
  }

  info(): Promise<StoreInfo> {
    return this.#use(({ reader }) => reader.info())
  }

  /** Pushes what is new of a series from now on. @throws NO_STORE */
  follow(request: FollowRequest): { readonly revision: number } {
    return this.#watching().follow(request)
  }

  /** @throws NO_STORE */
  liveHealth(): LiveHealth {
    return this.#watching().health()
  }

  /** Resolves once what stands on disk now was looked at and told; without a store at once. */
  async look(): Promise<void> {
    await this.#open?.watch.look()
  }

  settings(): Promise<StoreSettings> {
    return this.#use(({ reader }) => reader.settings())
  }

  changeSettings(change: SettingsChange): Promise<StoreSettings> {
    return this.#use(({ writer }) => writer.changeSettings(change))
  }

  operations(request: OperationsRequest): Promise<OperationsPage> {
    return this.#use(({ reader }) => reader.operations(request))
  }

  saveImage(request: ImageRequest): Promise<SavedImage> {
    return this.#use(({ writer }) => writer.saveImage(request))
  }

  runAfterClose(
    request: AfterCloseRequest,
    work: JobContext & Pick<AfterCloseWork, 'origin' | 'insists'>,
  ): Promise<JobResult> {
    return this.#use(async ({ compactor }) => {
      return { kind: 'after-close', receipt: await compactor.runAfterClose(request, work) }
    })
  }

  viewport(request: ViewportRequest): Promise<Viewport> {
    return this.#use(({ reader }, signal) => reader.viewport(request, { signal }))
  }

  objectHistory(objectId: string): Promise<ObjectHistory> {
    return this.#use(({ reader }) => reader.objectHistory(objectId))
  }

  overview(): Promise<StorageOverview> {
    return this.#use(({ reader }) => reader.overview())
  }

  compact(request: CompactRequest, work: JobContext): Promise<JobResult> {
    return this.#use(async ({ compactor }) => {
      return { kind: 'compact', receipt: await compactor.compact(request, work) }
    })
  }

  purge(request: PurgeRequest, work: JobContext): Promise<JobResult> {
    return this.#use(async ({ compactor }) => {
      return { kind: 'purge', receipt: await compactor.purge(request, work) }
    })
  }

  /** Questions about the ledger, interrupted when the store closes. */
  ledger<T>(ask: (ledger: LedgerReader, asking: Asking) => Promise<T>): Promise<T> {
    return this.#use(({ reader }, signal) => ask(reader.ledger, { signal }))
  }

  undo(request: UndoRequest, work: JobContext): Promise<JobResult> {
    return this.#use(async ({ compactor }) => ({
      kind: 'undo',
      receipt: await compactor.undo(request, work),
    }))
  }

  partition(request: PartitionRequest): Promise<PartitionPlan> {
    return this.#use(({ compactor }) => compactor.partition(request))
  }

  exportTable(request: ExportRequest, file: string, work: JobContext): Promise<JobResult> {
    return this.#use(async ({ writer }) => ({
      kind: 'export',
      receipt: await writer.exportTable(request, file, work),
    }))
  }

  doctor(work: JobContext): Promise<JobResult> {
    return this.#use(async ({ reader }) => ({ kind: 'doctor', findings: await reader.doctor(work) }))
  }

  repair(work: JobContext): Promise<JobResult> {
    return this.#use(async ({ compactor }) => ({ kind: 'repair', receipt: await compactor.repair(work) }))
  }

  rebuildSnapshot(): Promise<JobResult> {
    return this.#use(async ({ writer }) => {
      return { kind: 'rebuild-snapshot', objects: await writer.rebuildSnapshot() }
    })
  }

  importFile(file: string, request: ImportRequest, work: JobContext): Promise<JobResult> {
    return this.#use(async (store) => {
      const { importFile } = await import('../ingest/importers.ts')
      const receipt = await importFile(store, { ...request, file }, work)
      return { kind: 'import', file, table: request.table, dryRun: request.dryRun === true, receipt }
    })
  }

  writeSample(work: JobContext): Promise<JobResult> {
    return this.#use(async (store) => {
      const { writeSample } = await import('../ingest/sample.ts')
      const { bars, events, decisions, audits, stats, policies } = await writeSample(store, {}, work)
      return { kind: 'sample', bars, events, decisions, audits, stats, policies }
    })
  }

  /** The token of bots, read or made. @throws IO */
  async tokenFile(file: string): Promise<TokenFile> {
    const { TokenFile: File } = await import('../ingest/endpoint/token-file.ts')
    return new File(file)
  }

  /** Listens for bots; their batches go to whichever store is open then. @throws IO when the port is taken */
  async serve(port: number, { onTaken, ...host }: ServeOptions): Promise<Endpoint> {
    const [{ startEndpoint }, { takeBatch }] = await Promise.all([
      import('../ingest/endpoint/server.ts'),
      import('../ingest/endpoint/batch.ts'),
    ])
    const take: EndpointHost['take'] = (batch) =>
      this.#use(async (store) => {
        const answer = await takeBatch(store, batch)
        onTaken(answer.accepted)
        return answer
      })
    return await startEndpoint({ ...host, store: () => this.path, take }, port)
  }

  #watching(): StoreWatch {
    if (this.#open === null) throw noStoreOpen()
    return this.#open.watch
  }

  /** @throws NO_STORE */
  async #use<T>(ask: (store: Store, signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#open === null) throw noStoreOpen()
    return await this.#open.use(ask)
  }
}

/** A store and what is being asked of it: DuckDB must not be closed, nor its process ended, under a running query. */
class OpenStore {
  readonly store: Store
  readonly watch: StoreWatch
  readonly #uses = new Set<Promise<unknown>>()
  readonly #abort = new AbortController()

  constructor(store: Store, watch: StoreWatch) {
    this.store = store
    this.watch = watch
  }

  async use<T>(ask: (store: Store, signal: AbortSignal) => Promise<T>): Promise<T> {
    const use = ask(this.store, this.#abort.signal)
    this.#uses.add(use)
    try {
      return await use
    } finally {
      this.#uses.delete(use)
    }
  }

  /** Questions that can be interrupted are answered with CANCELLED. */
  interrupt(): void {
    this.#abort.abort()
  }

  async retire(): Promise<void> {
    await this.watch.stop()
    await Promise.allSettled(this.#uses)
    await this.store.close()
  }
}

export function noStoreOpen(): BarkeepError {
  return new BarkeepError('NO_STORE', 'No store is open. Choose its folder with File › Open Store….')
}
