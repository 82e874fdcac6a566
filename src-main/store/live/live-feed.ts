import { BarkeepError, type ErrorReport, reportOf } from '../../../schemas/contract/errors.ts'
import type { StoreInfo } from '../../../schemas/contract/health.ts'
import type { LiveHealth, LiveUpdate } from '../../../schemas/contract/live.ts'
import type { Problem, Viewport } from '../../../schemas/contract/viewport.ts'
import type { FollowRequest, ViewportRequest } from '../../../schemas/generated/requests.ts'
import { LEDGER_TABLES, type StoreTable } from '../../../schemas/tables/index.ts'
import type { StoreContext } from '../context.ts'
import type { BarNumbers } from '../events/bar-numbers.ts'
import type { Timeline } from '../events/timeline.ts'
import type { DayBlocks } from '../read/day-blocks.ts'
import { FolderGuard } from './folder-guard.ts'
import { FolderWatch, LOOK_EVERY } from './folder-watch.ts'
import { HealthWatch, type LookedAt } from './health-watch.ts'
import { hearOfFiles } from './heard-files.ts'
import { ALL, type Hint, hintKey, hintOf } from './hints.ts'
import { FailedLooks, LookPace } from './look-pace.ts'
import { LiveTails, type TailChanges } from './tails.ts'
import { UnreadableFiles } from './unreadable-files.ts'

/** What live looks read from: the same parts that answer the window's questions. */
export interface LiveSources {
  readonly context: StoreContext
  readonly blocks: DayBlocks
  readonly timeline: Timeline
  readonly barNumbers: BarNumbers
  readonly info: () => Promise<StoreInfo>
  readonly viewport: (request: ViewportRequest) => Promise<Viewport>
}

export interface LiveOptions {
  readonly onUpdate: (update: LiveUpdate) => void
  /** A look failed; the next one is tried all the same. Must not throw. */
  readonly onProblem: (problem: ErrorReport) => void
}

/** Asked for again by those who show them, once a folder is back: they were told that it was gone. */
const TABLES: readonly StoreTable[] = ['candles', 'object_events', ...LEDGER_TABLES]

/** How often a folder that is gone is asked for. */
const GONE_LOOK_EVERY = 1_000

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
  readonly #guard: FolderGuard
  readonly #unreadable: UnreadableFiles
  readonly #hearTimeline: () => void
  /** Tables whose answers name other problems than before; told with the next look, or soon. */
  readonly #news = new Set<StoreTable>()
  #judging: NodeJS.Immediate | null = null
  readonly #hints = new Map<string, Hint>()
  #revision = 0
  #looking: Promise<void> | null = null
  #gathering: NodeJS.Timeout | null = null
  #periodic: NodeJS.Timeout | null = null
  /** By a clock that nobody sets. */
  #pulsedAt = performance.now()
  #isCheckDue = true
  readonly #pace = new LookPace()
  readonly #failed: FailedLooks
  #stopped = false

  constructor(sources: LiveSources, options: LiveOptions) {
    this.#sources = sources
    this.#options = options
    this.#tails = new LiveTails(sources, (hint) => this.#hint(hint))
    this.#guard = new FolderGuard(sources.context)
    this.#unreadable = new UnreadableFiles({
      context: sources.context,
      onChanged: (file) => this.#hint(hintOf(file) ?? ALL),
      onNews: (table) => this.#judgeSoon(table),
    })
    this.#failed = new FailedLooks((hints) => {
      for (const hint of hints) this.#hint(hint)
    }, options.onProblem)
    this.#hearTimeline = hearOfFiles(sources, this.#unreadable)
    this.#watch = new FolderWatch(sources.context, (hint) => this.#hint(hint))
    this.#health = new HealthWatch({
      context: sources.context,
      looked: () => this.#looked(),
      onChange: (health) => this.#tell({ tables: [], health }),
      onClockJump: () => this.#hint(ALL),
      onProblem: options.onProblem,
    })
    this.#hint(ALL)
  }

  /** Of the last update told. An answer whose reading begins now holds it. */
  get revision(): number {
    return this.#revision
  }

  follow(request: FollowRequest): { readonly revision: number } {
    this.#tails.follow(request)
    return { revision: this.#revision + (this.#tails.isUntold ? 1 : 0) }
  }

  health(): LiveHealth {
    return this.#health.ask()
  }

  /** @throws NO_STORE while the folder is gone: it would look like an empty store */
  assertThere(): void {
    const { state } = this.#guard
    if (state.state === 'gone') throw new BarkeepError(state.error.code, state.error.message)
  }

  /** Problems of an answer without those of files that may be whole in a moment. */
  worthTelling(problems: readonly Problem[]): readonly Problem[] {
    if (problems.length === 0) return problems
    return problems.filter((problem) => !this.#unreadable.keepsBack(problem))
  }

  #looked(): LookedAt {
    return {
      folder: this.#guard.state,
      watching: this.#watch.state,
      unreadable: this.#unreadable.list,
    }
  }

  /** Resolves once what stood on disk at the call has been looked at and told. */
  async look(): Promise<void> {
    await this.#looking
    this.#hint(ALL)
    this.#isCheckDue = true
    await this.#lookNow()
  }

  /** Nothing is told after it resolves. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#watch.stop()
    this.#health.stop()
    this.#unreadable.stop()
    this.#failed.stop()
    if (this.#judging !== null) clearImmediate(this.#judging)
    for (const timer of [this.#gathering, this.#periodic]) if (timer !== null) clearTimeout(timer)
    await this.#looking
    await this.#tails.settled()
  }

  #hint(hint: Hint): void {
    if (this.#stopped) return
    this.#hints.set(hintKey(hint), hint)
    this.#gather()
  }

  #gather(): void {
    this.#gathering ??= setTimeout(() => void this.#lookNow(), this.#pace.gatherMillis)
  }

  #lookNow(): Promise<void> {
    if (this.#gathering !== null) clearTimeout(this.#gathering)
    this.#gathering = null
    // A look that runs may have passed the place already: what came since is looked at after it.
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = null
      if (this.#stopped) return
      if (this.#hints.size > 0) this.#gather()
      // Set anew each time: a folder that has gone is asked for sooner than was meant before.
      if (this.#periodic !== null) clearTimeout(this.#periodic)
      const rest = this.#pulsedAt + this.#pulseMillis() - performance.now()
      this.#periodic = setTimeout(() => this.#pulse(), Math.max(1, rest))
    })
    return this.#looking
  }

  #pulseMillis(): number {
    if (this.#guard.state.state === 'gone') return GONE_LOOK_EVERY
    const { state } = this.#watch
    return state.mode === 'looks' ? state.everyMillis : LOOK_EVERY
  }

  #pulse(): void {
    this.#periodic = null
    this.#pulsedAt = performance.now()
    this.#isCheckDue = true
    if (this.#pace.isFullDue) this.#hint(ALL)
    else void this.#lookNow()
  }

  async #lookOnce(): Promise<void> {
    const began = performance.now()
    const hints: Hint[] = []
    try {
      if (!(await this.#isThere())) return this.#judge()
      hints.push(...this.#hints.values())
      this.#hints.clear()
      const changes = hints.length === 0 ? null : await this.#tails.look(hints)
      this.#hearTimeline()
      // What went while it was looked at looked empty: not told, and looked at again once it is back.
      if (changes !== null && !(await this.#isThere())) return this.#judge()
      const info = changes?.info ?? (this.#health.isFilled ? null : await this.#firstInfo())
      if (info !== null) this.#health.series(info.series)
      if (hints.includes(ALL)) this.#unreadable.sweep()
      this.#pace.looked(performance.now() - began, hints.includes(ALL))
      this.#judge(changes)
      this.#tails.told()
      // A part of the look: the others were told.
      const failure = changes === null ? null : this.#tails.failure
      if (failure === null) this.#failed.succeeded()
      else this.#failed.failed(hints, reportOf(failure))
    } catch (thrown) {
      this.#failed.failed(hints, reportOf(thrown))
    }
  }

  /** Looks at the folder itself, and once in a while at those in it. False when it is gone. */
  async #isThere(): Promise<boolean> {
    const found = await this.#guard.look()
    if (found === 'other') for (const table of TABLES) this.#news.add(table)
    if (found !== 'same') {
      // Watches of another folder tell nothing of this one.
      this.#watch.forget()
      this.#hints.set(hintKey(ALL), ALL)
      this.#isCheckDue = true
    }
    if (found === 'gone') {
      this.#hints.clear()
      return false
    }
    if (this.#isCheckDue) await this.#watch.check()
    this.#isCheckDue = false
    return true
  }

  /** Tells what a look found, and how live the store is when that has changed. */
  #judge(changes: TailChanges | null = null): void {
    const health = this.#health.judge()
    const tables = [...new Set([...(changes?.tables ?? []), ...this.#news])]
    this.#news.clear()
    if (changes === null && health === null && tables.length === 0) return
    this.#tell({ ...changes, tables, ...(health === null ? {} : { health }) })
  }

  /** A look that is under way tells it at its end. */
  #judgeSoon(table: StoreTable | null): void {
    if (this.#stopped) return
    if (table !== null) this.#news.add(table)
    this.#judging ??= setImmediate(() => {
      this.#judging = null
      if (this.#looking === null) this.#judge()
    })
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
