import { readdir } from 'node:fs/promises'
import { BarkeepError, reportOf } from '../../schemas/contract/errors.ts'
import type { StoreInfo } from '../../schemas/contract/health.ts'
import { type EngineHost, noStoreOpen } from './engine-host.ts'

export interface SessionOptions {
  /** A store was opened in place of what was there before. */
  readonly onOpened: (info: StoreInfo) => void
}

/** Which folders the app may open at its start, best first. */
export interface StartChoice {
  /** From `--store`: this one or none. */
  readonly asked: string | null
  readonly remembered: string | null
  /** The project's `storage/`, in development; opened only if it holds data. */
  readonly fallback: string | null
}

/** Which store the window shows: the one opened at the start, then what the person chooses. */
export class StoreSession {
  readonly #engine: EngineHost
  readonly #options: SessionOptions
  #failure: BarkeepError | null = null
  #pending: Promise<unknown> = Promise.resolve()

  constructor(engine: EngineHost, options: SessionOptions) {
    this.#engine = engine
    this.#options = options
  }

  /** Why no store is open although one was wanted; null on a first run. */
  get failure(): BarkeepError | null {
    return this.#failure
  }

  /** Resolves once no store is being opened. */
  async settled(): Promise<void> {
    await this.#pending
  }

  /** Opens the first store while the window is being drawn. Never rejects: what went wrong stands in `failure`. */
  async begin({ asked, remembered, fallback }: StartChoice): Promise<void> {
    const wanted = asked ?? remembered
    await this.#queue(async () => {
      if (wanted !== null) await this.#engine.open(wanted)
      else if (fallback !== null) await this.#openIfFilled(fallback)
    }).catch((thrown) => {
      this.#failure = asError(thrown)
    })
  }

  /** @throws what opening throws; the store open until then stays. */
  async open(folder: string, options: { readonly create: boolean }): Promise<StoreInfo> {
    const info = await this.#queue(() => this.#engine.open(folder, options))
    this.#failure = null
    this.#options.onOpened(info)
    return info
  }

  /** Runs a question to the open store. @throws NO_STORE, or why the store could not be opened. */
  async whenOpen<T>(ask: () => T | Promise<T>): Promise<T> {
    await this.settled()
    if (this.#engine.path === null) throw this.#failure ?? noStoreOpen()
    return await ask()
  }

  async #openIfFilled(folder: string): Promise<void> {
    try {
      const info = await this.#engine.open(folder)
      if (!info.hasData) await this.#engine.close()
    } catch (error) {
      // A project without its `storage/` folder is a first run, nothing to complain of.
      if (reportOf(error).code !== 'NO_STORE') throw error
    }
  }

  /** One opening after the other: two at once would leave the loser's store open. */
  #queue<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#pending.then(work)
    this.#pending = run.catch(() => undefined)
    return run
  }
}

/** What an unused folder may hold: nothing that anyone would miss beside a store. */
const HARMLESS = new Set(['README.md', '.gitignore', '.gitkeep', '.DS_Store', 'desktop.ini', '.barkeep'])

/** True for a folder that isn't there yet or holds nothing of anybody's. */
export async function isFolderForSample(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).every((name) => HARMLESS.has(name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true
    throw error
  }
}

function asError(thrown: unknown): BarkeepError {
  if (thrown instanceof BarkeepError) return thrown
  const { code, message, file } = reportOf(thrown)
  return new BarkeepError(code, message, file === undefined ? { cause: thrown } : { file, cause: thrown })
}
