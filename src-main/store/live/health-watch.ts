import { BarkeepError, type ErrorReport, reportOf } from '../../../schemas/contract/errors.ts'
import type { Series } from '../../../schemas/contract/health.ts'
import type {
  FolderState,
  LiveHealth,
  SeriesFeed,
  WaitingFile,
  WatchState,
} from '../../../schemas/contract/live.ts'
import { calendarOf } from '../../../schemas/contract/trading-calendar.ts'
import type { StoreSettings } from '../../../schemas/generated/requests.ts'
import type { StoreContext } from '../context.ts'
import { readStoreSettings } from '../integrity/store-settings.ts'
import { ClockWatch } from './clock-watch.ts'
import { feedOf } from './feed-health.ts'

/** How often the clock is asked, ms: a series becomes stale by time passing, with no file to tell of it. */
const CHECK_EVERY = 2_000

/** What the live feed knows of the folder at the moment of asking. */
export interface LookedAt {
  readonly folder: FolderState
  readonly watching: WatchState
  readonly unreadable: readonly WaitingFile[]
}

export interface HealthOptions {
  readonly context: StoreContext
  readonly looked: () => LookedAt
  /** The health is another than was last told, but for the time of the look. */
  readonly onChange: (health: LiveHealth) => void
  /** The clock was set, or the computer slept: whatever stands on disk is looked at again. */
  readonly onClockJump: () => void
  readonly onProblem: (problem: ErrorReport) => void
  /** A clock that nobody sets, ms; `performance.now` unless given. */
  readonly monotonic?: (() => number) | undefined
}

/** Keeps the health of a store that is watched, and tells it when it changes (SPEC F50–F55), also when no file does. */
export class HealthWatch {
  readonly #options: HealthOptions
  readonly #clock: ClockWatch
  #series: readonly Series[] = []
  #isFilled = false
  #settings: StoreSettings = {}
  #settingsProblem: string | null = null
  #told: string | null = null
  #timer: NodeJS.Timeout | null = null
  #stopped = false

  constructor(options: HealthOptions) {
    this.#options = options
    const { env } = options.context
    this.#clock = new ClockWatch({
      now: () => env.now(),
      monotonic: options.monotonic ?? (() => performance.now()),
    })
    this.#again()
  }

  /** Whether `series` was ever told. */
  get isFilled(): boolean {
    return this.#isFilled
  }

  /** What series there are and their last bars. */
  series(series: readonly Series[]): void {
    this.#series = series
    this.#isFilled = true
  }

  /** How live the store is now, for who asks. */
  ask(): LiveHealth {
    const health = this.#health()
    // Whoever asks before the first look is told what it finds.
    this.#told ??= changesOf(health)
    return health
  }

  /** @returns the health if it is another than was last told: after every look, and now and then by itself. */
  judge(): LiveHealth | null {
    if (this.#stopped) return null
    const health = this.#health()
    const text = changesOf(health)
    const before = this.#told
    this.#told = text
    return before === null || before === text ? null : health
  }

  #health(): LiveHealth {
    const { env, zone } = this.#options.context
    const now = env.now()
    // Most series of a bot end with the same bar: what one of them is, all of its kind are.
    const judged = new Map<string, SeriesFeed>()
    const feeds = this.#series.map((series): SeriesFeed => {
      const { symbol, timeframe, lastTs } = series
      const calendar = this.#settingsProblem === null ? calendarOf(symbol, this.#settings) : 'none'
      const kind = `${calendar} ${timeframe} ${lastTs}`
      const known = judged.get(kind)
      if (known !== undefined) return { ...known, symbol }
      const feed = feedOf(series, { calendar, zone, now })
      judged.set(kind, feed)
      return feed
    })
    return { feeds, clock: this.#clock.state, ...this.#options.looked(), lookedAt: now }
  }

  /** One check of clock and settings, then a judgement. */
  async check(): Promise<void> {
    if (this.#clock.check()) this.#options.onClockJump()
    await this.readSettings()
    const health = this.judge()
    if (health !== null) this.#options.onChange(health)
  }

  /** Nothing is told after it. */
  stop(): void {
    this.#stopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #again(): void {
    if (this.#stopped) return
    // A timer is no clock: it says when to ask one.
    this.#timer = setTimeout(() => void this.check().finally(() => this.#again()), CHECK_EVERY)
    this.#timer.unref()
  }

  /** Calendars that can't be understood are nobody's: no series is called stale by a guess. */
  async readSettings(): Promise<void> {
    if (this.#options.looked().folder.state === 'gone') return
    try {
      this.#settings = await readStoreSettings(this.#options.context)
      this.#settingsProblem = null
    } catch (thrown) {
      const problem = reportOf(thrown)
      // A folder that is just going is told by the look; what was read last holds meanwhile.
      if (!(thrown instanceof BarkeepError) || thrown.code !== 'BAD_SETTINGS') return
      if (this.#settingsProblem !== problem.message) this.#options.onProblem(problem)
      this.#settingsProblem = problem.message
    }
  }
}

/** What a change is told for. A bar that comes on time is told as a bar: that it is on time is no news. */
function changesOf({ feeds, clock, folder, watching, unreadable }: LiveHealth): string {
  const stands = feeds.map(({ symbol, timeframe, state, since, nextCloseAt }) => [
    symbol,
    timeframe,
    state,
    state === 'stale' || state === 'ahead' ? since : 0,
    nextCloseAt,
  ])
  return JSON.stringify([stands, clock, folder, watching, unreadable])
}
