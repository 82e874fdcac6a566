import { BarkeepError } from '../../schemas/contract/errors.ts'
import type { StorageOverview, StoreInfo } from '../../schemas/contract/health.ts'
import type { JobResult } from '../../schemas/contract/jobs.ts'
import type { ObjectHistory, Viewport } from '../../schemas/contract/viewport.ts'
import type { CompactRequest, ImportRequest, ViewportRequest } from '../../schemas/generated/requests.ts'
import { importFile } from '../ingest/importers.ts'
import { writeSample } from '../ingest/sample.ts'
import type { Store } from '../store/api.ts'
import { openStore } from '../store/index.ts'
import type { JobContext } from './jobs.ts'

/**
 * The engine as the shell sees it: plain values in, plain values out, so that moving it into another process changes
 * this file alone. Today it lives in the main process, where DuckDB's own threads do the reading.
 */
export class EngineHost {
  #store: Store | null = null

  /** Absolute path of the open store. */
  get path(): string | null {
    return this.#store?.root ?? null
  }

  /**
   * Opens a folder and lets go of the one before; while this fails, the one before stays open.
   * @throws NO_STORE, IO and what else `openStore` throws.
   */
  async open(path: string, options: { readonly create?: boolean } = {}): Promise<StoreInfo> {
    const store = await openStore(path, options)
    let info: StoreInfo
    try {
      info = await store.reader.info()
    } catch (error) {
      await store.close()
      throw error
    }
    const before = this.#store
    this.#store = store
    await before?.close()
    return info
  }

  async close(): Promise<void> {
    const store = this.#store
    this.#store = null
    await store?.close()
  }

  info(): Promise<StoreInfo> {
    return this.#opened().reader.info()
  }

  viewport(request: ViewportRequest): Promise<Viewport> {
    return this.#opened().reader.viewport(request)
  }

  objectHistory(objectId: string): Promise<ObjectHistory> {
    return this.#opened().reader.objectHistory(objectId)
  }

  overview(): Promise<StorageOverview> {
    return this.#opened().reader.overview()
  }

  async compact(request: CompactRequest, work: JobContext): Promise<JobResult> {
    return { kind: 'compact', receipt: await this.#opened().compactor.compact(request, work) }
  }

  async doctor(work: JobContext): Promise<JobResult> {
    return { kind: 'doctor', findings: await this.#opened().reader.doctor(work) }
  }

  async rebuildSnapshot(): Promise<JobResult> {
    return { kind: 'rebuild-snapshot', objects: await this.#opened().writer.rebuildSnapshot() }
  }

  async importFile(file: string, request: ImportRequest, work: JobContext): Promise<JobResult> {
    return { kind: 'import', file, receipt: await importFile(this.#opened(), { ...request, file }, work) }
  }

  async writeSample(work: JobContext): Promise<JobResult> {
    const { bars, events } = await writeSample(this.#opened(), {}, work)
    return { kind: 'sample', bars, events }
  }

  /** @throws NO_STORE */
  #opened(): Store {
    if (this.#store === null) {
      throw new BarkeepError('NO_STORE', 'No store is open. Choose its folder with File › Open Store….')
    }
    return this.#store
  }
}
