import { type ErrorReport, reportOf } from '../../../schemas/contract/errors.ts'
import type { StoreInfo } from '../../../schemas/contract/health.ts'
import type { LiveHealth, LiveUpdate } from '../../../schemas/contract/live.ts'
import type { Viewport } from '../../../schemas/contract/viewport.ts'
import type { FollowRequest, ViewportRequest } from '../../../schemas/generated/requests.ts'
import type { LedgerTable } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import type { Timeline } from '../events/timeline.ts'
import type { DayBlocks } from '../read/day-blocks.ts'
import { type FolderWatch, LOOK_EVERY, watchFolders } from './folder-watch.ts'
import { HealthWatch, type LookedAt } from './health-watch.ts'
import { type Hint, hintKey } from './hints.ts'
import { LiveTails } from './tails.ts'

/** What live looks read from: the same parts that answer the window's questions. */
export interface LiveSources {
  readonly context: StoreContext
  readonly blocks: DayBlocks
  readonly timeline: Timeline
  readonly info: () => Promise<StoreInfo>
  readonly marks: () => Promise<Readonly<Record<LedgerTable, string>>>
  readonly viewport: (request: ViewportRequest) => Promise<Viewport>
}

export interface LiveOptions {
  readonly onUpdate: (update: LiveUpdate) => void
  /** A look failed; the next one is tried all the same. Must not throw. */
  readonly onProblem: (problem: ErrorReport) => void
}

/** Hints are gathered for so long before a look: a bot writes the bars of many symbols at once. */
const GATHER_MILLIS = 15

/**
 * The live side of an open store: notices what changes by whoever, and tells it as increments (SPEC F). What the system
 * tells are hints only; a look every few seconds makes up for what it misses.
 */
export class LiveFeed {
  readonly #sources: LiveSources
  readonly #options: LiveOptions
  readonly #tails: LiveTails
  readonly #watch: FolderWatch
  readonly #health: HealthWatch
  readonly #hints = new Map<string, Hint>()
  #revision = 0
  #lookedAt = 0
  #looking: Promise<void> | null = null
  #gathering: NodeJS.Timeout | null = null
  #periodic: NodeJS.Timeout | null = null
  #stopped = false

  constructor(sources: LiveSources, options: LiveOptions) {
    this.#sources = sources
    this.#options = options
    this.#tails = new LiveTails(sources)
    this.#watch = watchFolders(sources.context, (hint) => this.#hint(hint))
    this.#health = new HealthWatch({
      context: sources.context,
      looked: () => this.#looked(),
      onChange: (health) => this.#tell({ tables: [], health }),
      onClockJump: () => this.#hint({ kind: 'all' }),
      onProblem: options.onProblem,
    })
    this.#hint({ kind: 'all' })
  }

  /** Of the last update told. An answer whose reading begins now holds it. */
  get revision(): number {
    return this.#revision
  }

  follow(request: FollowRequest): { readonly revision: number } {
    this.#tails.follow(request)
    return { revision: this.#revision }
  }

  health(): LiveHealth {
    return this.#health.ask()
  }

  #looked(): LookedAt {
    return {
      folder: { state: 'there' },
      watching: this.#watch.state,
      unreadable: [],
      lookedAt: this.#lookedAt,
    }
  }

  /** Resolves once what stood on disk at the call has been looked at and told. */
  async look(): Promise<void> {
    await this.#looking
    this.#hint({ kind: 'all' })
    await this.#lookNow()
  }

  /** Nothing is told after it resolves. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#watch.stop()
    this.#health.stop()
    for (const timer of [this.#gathering, this.#periodic]) if (timer !== null) clearTimeout(timer)
    await this.#looking
  }

  #hint(hint: Hint): void {
    if (this.#stopped) return
    this.#hints.set(hintKey(hint), hint)
    this.#gathering ??= setTimeout(() => void this.#lookNow(), GATHER_MILLIS)
  }

  #lookNow(): Promise<void> {
    if (this.#gathering !== null) clearTimeout(this.#gathering)
    this.#gathering = null
    // A look that runs may have passed the place already: what came since is looked at after it.
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = null
      if (this.#stopped) return
      if (this.#hints.size > 0) this.#gathering ??= setTimeout(() => void this.#lookNow(), GATHER_MILLIS)
      if (this.#periodic !== null) clearTimeout(this.#periodic)
      this.#periodic = setTimeout(() => this.#hint({ kind: 'all' }), LOOK_EVERY)
    })
    return this.#looking
  }

  async #lookOnce(): Promise<void> {
    const hints = [...this.#hints.values()]
    this.#hints.clear()
    try {
      const changes = await this.#tails.look(hints)
      this.#lookedAt = this.#sources.context.env.now()
      const info = changes?.info ?? (this.#health.isFilled ? null : await this.#firstInfo())
      if (info !== null) this.#health.series(info.series)
      const health = this.#health.judge()
      if (changes === null && health === null) return
      this.#tell({ ...(changes ?? { tables: [] }), ...(health === null ? {} : { health }) })
    } catch (thrown) {
      this.#options.onProblem(reportOf(thrown))
    }
  }

  async #firstInfo(): Promise<StoreInfo> {
    await this.#health.readSettings()
    return await this.#sources.info()
  }

  #tell(changes: Omit<LiveUpdate, 'store' | 'revision'>): void {
    if (this.#stopped) return
    this.#revision += 1
    this.#options.onUpdate({ store: this.#sources.context.root, revision: this.#revision, ...changes })
  }
}
