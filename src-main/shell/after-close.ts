import { summaryOf } from '../../schemas/contract/close-receipt-text.ts'
import {
  type DueRun,
  lastRun,
  nextRun,
  type Schedule,
  scheduleOf,
} from '../../schemas/contract/close-schedule.ts'
import { type ErrorReport, reportOf } from '../../schemas/contract/errors.ts'
import type { JobResult } from '../../schemas/contract/jobs.ts'
import type { AfterCloseReceipt, AfterCloseState } from '../../schemas/contract/live.ts'
import { MarketZone } from '../../schemas/contract/market-time.ts'
import type { AfterCloseRequest } from '../../schemas/generated/requests.ts'
import type { OperationRow } from '../../schemas/generated/rows.ts'
import type { EngineHost } from './engine-host.ts'
import type { JobContext, Jobs } from './jobs.ts'
import type { Logger } from './log.ts'
import type { Notify } from './notifications.ts'
import { SessionTries } from './session-tries.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
/** The clock is asked so often: a timer sleeps with the computer and knows nothing of a clock that is set. */
const LOOK_EVERY = 20 * SECOND
/** A store that was just opened is drawn first. */
const AFTER_OPENING = 3 * SECOND
/** As many rows of the log as tell when the last run was. */
const RUNS_LOOKED_AT = 50

export interface AfterCloseContext {
  /** In a run for a picture nothing is begun. */
  readonly unattended?: boolean
  readonly engine: Pick<EngineHost, 'path' | 'settings' | 'operations' | 'runAfterClose' | 'look'>
  readonly jobs: Jobs
  readonly logger: Logger
  readonly notify: Notify
  readonly onState: (state: AfterCloseState) => void
  /** Asked at the time of use; the computer's unless given. */
  readonly now?: () => number
  readonly timers?: Timers
  readonly zone?: MarketZone
}

export interface Timers {
  set(work: () => void, millis: number): unknown
  clear(timer: unknown): void
}

const REAL_TIMERS: Timers = {
  set: (work, millis) => setTimeout(work, millis).unref(),
  clear: (timer) => clearTimeout(timer as NodeJS.Timeout),
}

/** What is known of the open store's schedule. */
interface Known {
  readonly schedule: Schedule
  /** As they were read, as text. */
  readonly settings: string
  /** Newest run of any end. */
  readonly last: OperationRow | null
  /** The last trading day of which the run is proven. */
  readonly doneSession: string | null
}

/**
 * Runs the compaction after the close of trading days while the app is open, and catches up at its start and after sleep
 * (SPEC F24, F25). Whether the session's run was done is asked of the store's log each time, under its lock.
 */
export class AfterClose {
  readonly #context: AfterCloseContext
  readonly #now: () => number
  readonly #timers: Timers
  readonly #zone: MarketZone
  #store: string | null = null
  #known: Known | null = null
  /** The last session that this app brought to its end, whether the log could be written or not. */
  #doneHere: string | null = null
  #settingsAt = 0
  #tries: SessionTries | null = null
  #error: ErrorReport | null = null
  #openedAt = 0
  #timer: unknown = null
  #turn = 0
  #stopped = false

  constructor(context: AfterCloseContext) {
    this.#context = context
    // Asked anew each time: a clock under a test's control is put in its place while the app runs.
    this.#now = context.now ?? (() => Date.now())
    this.#timers = context.timers ?? REAL_TIMERS
    this.#zone = context.zone ?? new MarketZone()
  }

  get state(): AfterCloseState {
    const known = this.#known
    if (known === null) {
      return { on: false, time: '15:15', nextAt: null, nextSession: null, last: null, error: this.#error }
    }
    const { schedule, last } = known
    const next = schedule.on ? this.#next(known) : null
    return {
      on: schedule.on,
      time: schedule.time,
      nextAt: next?.at ?? null,
      nextSession: next?.session ?? null,
      last,
      error: this.#error,
    }
  }

  /** A store was opened, its settings were changed, or the clock was set: works out anew what is due when. */
  async begin(): Promise<void> {
    const store = this.#context.engine.path
    if (store !== this.#store) {
      this.#store = store
      this.#known = null
      this.#tries = null
      this.#doneHere = null
      this.#openedAt = this.#now()
    }
    this.#error = null
    // Other settings are a new chance.
    this.#tries?.takeAnew()
    await this.#refresh()
  }

  /** The work of a run by hand. */
  async runByHand(request: AfterCloseRequest, job: JobContext): Promise<JobResult> {
    if (request.dryRun === true) return this.#context.engine.runAfterClose(request, job)
    const result = await this.#context.engine.runAfterClose(request, { ...job, origin: 'manual' })
    // Its row may be that of the session.
    void this.#refresh()
    return result
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#turn += 1
    this.#timers.clear(this.#timer)
  }

  /** Asks the store for its settings and for the last run, and goes on from there. */
  async #refresh(): Promise<void> {
    if (this.#stopped || this.#context.unattended === true) return
    const turn = ++this.#turn
    const store = this.#store
    this.#settingsAt = this.#now()
    try {
      const known = store === null ? null : await this.#look()
      if (turn !== this.#turn || this.#stopped) return
      this.#known = known
      if (known?.schedule.on === false) this.#error = null
    } catch (thrown) {
      if (turn !== this.#turn || this.#stopped) return
      this.#known = null
      this.#error = reportOf(thrown)
      this.#context.logger.warn({ err: thrown }, 'the schedule can’t be read')
    }
    this.#tell()
    this.#arm()
  }

  async #look(): Promise<Known> {
    const { engine } = this.#context
    const settings = await engine.settings()
    const schedule = scheduleOf(settings)
    const { operations } = await engine.operations({ kinds: ['after-close'], limit: RUNS_LOOKED_AT })
    let doneSession: string | null = null
    for (const { state, session } of operations) {
      if (state !== 'done' || session == null) continue
      if (doneSession === null || session > doneSession) doneSession = session
    }
    return { schedule, settings: JSON.stringify(settings), last: operations[0] ?? null, doneSession }
  }

  #next(known: Known): DueRun {
    const now = this.#now()
    const missed = this.#missed(known, now)
    if (missed === null) return nextRun(now, known.schedule, this.#zone)
    return { session: missed.session, at: Math.max(now, this.#notBefore(missed.session)) }
  }

  /** The run that is due and not done yet; null when there is none. */
  #missed({ schedule, doneSession }: Known, now: number): DueRun | null {
    const due = lastRun(now, schedule, this.#zone)
    if (due.session === this.#doneHere || (doneSession !== null && doneSession >= due.session)) return null
    if (this.#tries?.session === due.session && this.#tries.isGivenUp) return null
    // Nobody chose this for a store that never had a run: it begins with the first close that the app is open at.
    if (doneSession === null && !schedule.isChosen && due.at <= this.#openedAt) return null
    return due
  }

  #notBefore(session: string): number {
    const opened = this.#openedAt + AFTER_OPENING
    return this.#tries?.session === session ? Math.max(opened, this.#tries.notBefore) : opened
  }

  #arm(): void {
    this.#timers.clear(this.#timer)
    if (this.#stopped) return
    const next = this.#known?.schedule.on === true ? this.#next(this.#known).at : Number.POSITIVE_INFINITY
    const wait = Math.min(LOOK_EVERY, Math.max(0, next - this.#now()))
    this.#timer = this.#timers.set(() => this.#tick(), Math.max(wait, 10))
  }

  #tick(): void {
    const now = this.#now()
    // A clock that was set back must not keep what is due waiting for it.
    this.#openedAt = Math.min(this.#openedAt, now)
    this.#settingsAt = Math.min(this.#settingsAt, now)
    const known = this.#known
    if (known?.schedule.on === true && this.#store === this.#context.engine.path) {
      const missed = this.#missed(known, now)
      if (missed !== null && now >= this.#notBefore(missed.session)) this.#start(missed, now)
    }
    if (now - this.#settingsAt >= MINUTE) void this.#lookAtSettings()
    this.#arm()
  }

  /** Another program, or a person's editor, may have changed them. */
  async #lookAtSettings(): Promise<void> {
    this.#settingsAt = this.#now()
    if (this.#store === null || this.#store !== this.#context.engine.path) return
    const before = this.#known?.settings ?? null
    const code = this.#error?.code
    try {
      const now = JSON.stringify(await this.#context.engine.settings())
      if (now !== before) await this.begin()
    } catch (thrown) {
      if (reportOf(thrown).code !== code) await this.#refresh()
    }
  }

  #start(due: DueRun, now: number): void {
    const { jobs, engine } = this.#context
    if (this.#tries?.session !== due.session) this.#tries = new SessionTries(due, now)
    const tries = this.#tries
    const store = this.#store
    const { origin } = tries
    const insists = tries.insists(now)
    tries.begun(now)
    try {
      jobs.start('after-close', async (job) => {
        try {
          const result = await engine.runAfterClose({}, { ...job, origin, insists })
          if (result.kind === 'after-close') this.#ended(tries, result.receipt, job.signal.aborted)
          return result
        } catch (thrown) {
          this.#failed(tries, reportOf(thrown))
          throw thrown
        } finally {
          await engine.look()
          if (store === this.#store) void this.#refresh()
        }
      })
    } catch (thrown) {
      // Another piece of work writes: it is waited for.
      this.#error = reportOf(thrown)
      tries.waitUntil(now + LOOK_EVERY)
      this.#tell()
    }
  }

  #ended(tries: SessionTries, receipt: AfterCloseReceipt, wasCancelled: boolean): void {
    this.#error = null
    if (wasCancelled) tries.giveUp()
    else if (receipt.unfinished !== true) this.#doneHere = receipt.session
    if (receipt.already !== undefined) return
    const failed = receipt.days.find(({ skipped }) => skipped === 'failed')?.error
    const error = failed ?? (receipt.purge === null && !wasCancelled ? receipt.problems?.at(-1) : undefined)
    if (error !== undefined) {
      this.#failed(tries, error, summaryOf(receipt))
      return
    }
    if (receipt.unfinished === true) tries.putOff(this.#now())
    if (!wasCancelled && receipt.days.length > 0) {
      this.#context.notify({ title: `After the close of ${receipt.session}`, body: summaryOf(receipt) })
    }
  }

  #failed(tries: SessionTries, error: ErrorReport, summary?: string): void {
    if (error.code === 'CANCELLED') {
      tries.giveUp()
      return
    }
    this.#error = error
    if (!tries.failed(error.code, this.#now())) return
    this.#context.notify({
      title: `After the close of ${tries.session}: not everything was done`,
      body: `${summary === undefined ? '' : `${summary} `}${error.message} It is tried again.`,
    })
  }

  #tell(): void {
    this.#context.onState(this.state)
  }
}
