import type { StartedJob } from '../../schemas/contract/engine.ts'
import { BarkeepError, reportOf } from '../../schemas/contract/errors.ts'
import type { JobKind, JobResult, JobUpdate, Progress } from '../../schemas/contract/jobs.ts'

/** At most so many milliseconds between two pushes of one job: about 20 a second, whatever the work reports. */
const PUSH_INTERVAL = 50

/** Work that changes files: one at a time, for they wait for the same writer lock anyway. */
const WRITERS: readonly JobKind[] = [
  'after-close',
  'compact',
  'purge',
  'undo',
  'repair',
  'rebuild-snapshot',
  'sample',
  'import',
]

const NAMES: Readonly<Record<JobKind, string>> = {
  'after-close': 'The run after the close',
  compact: 'Compaction',
  purge: 'The purge',
  undo: 'The undo',
  export: 'The export',
  doctor: 'The doctor',
  repair: 'The repair',
  'rebuild-snapshot': 'Rebuilding the snapshot',
  sample: 'Writing the sample store',
  import: 'The import',
}

/** What the work gets: where to report, and when to stop at its next safe point. */
export interface JobContext {
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

export type JobWork = (context: JobContext) => Promise<JobResult>

interface RunningJob {
  readonly job: string
  readonly kind: JobKind
  readonly abort: AbortController
  last: JobUpdate
  pushedAt: number
  timer: NodeJS.Timeout | null
  end: Promise<void>
}

export interface JobsOptions {
  /** Every update that goes to the window; the last one of a job is not `running`. */
  readonly push: (update: JobUpdate) => void
  /** Told of work that failed, for the log. */
  readonly onFailure: (kind: JobKind, thrown: unknown) => void
}

/** The running work of the app: progress, cancelling, and the one end that each job has. */
export class Jobs {
  readonly #options: JobsOptions
  readonly #running = new Map<string, RunningJob>()
  #count = 0

  constructor(options: JobsOptions) {
    this.#options = options
  }

  /** The newest update of every job that runs, oldest job first: for a window that was loaded anew. */
  get running(): readonly JobUpdate[] {
    return [...this.#running.values()].map((running) => running.last)
  }

  /**
   * Starts work and returns at once; updates follow through `push`, never before this returns.
   * @throws LOCKED naming the job that is in the way: one that writes, or one of the same kind.
   */
  start(kind: JobKind, work: JobWork): StartedJob {
    this.#refuseSecond(kind)
    this.#count += 1
    const job = `${kind}-${this.#count}`
    const progress: Progress = { done: 0, total: null, step: 'starting' }
    const running: RunningJob = {
      job,
      kind,
      abort: new AbortController(),
      last: { job, kind, state: 'running', progress },
      pushedAt: Number.NEGATIVE_INFINITY,
      timer: null,
      end: Promise.resolve(),
    }
    this.#running.set(job, running)
    running.end = this.#run(running, work)
    return { job }
  }

  /**
   * Asks a job to stop at its next safe point; its last update tells when it has.
   * @throws NOT_FOUND when no such job runs (any more).
   */
  cancel(job: string): void {
    const running = this.#running.get(job)
    if (running === undefined) {
      throw new BarkeepError('NOT_FOUND', `There is no running job "${job}": it has ended.`)
    }
    running.abort.abort()
  }

  /** Cancels everything and waits for it to have stopped: before the store closes. */
  async stop(): Promise<void> {
    const ends = [...this.#running.values()].map((running) => {
      running.abort.abort()
      return running.end
    })
    await Promise.all(ends)
  }

  /** @throws LOCKED naming the first job that runs. */
  refuseWhileRunning(): void {
    const first = this.#running.values().next().value
    if (first !== undefined) throw inTheWay(first)
  }

  #refuseSecond(kind: JobKind): void {
    for (const running of this.#running.values()) {
      if (running.kind === kind || (WRITERS.includes(kind) && WRITERS.includes(running.kind))) {
        throw inTheWay(running)
      }
    }
  }

  async #run(running: RunningJob, work: JobWork): Promise<void> {
    const { job, kind, abort } = running
    // One turn later: the caller must know the job's name before its first update comes.
    await Promise.resolve()
    let end: JobUpdate
    try {
      // Work that only listens for the abort would never hear of one that came before it began.
      if (abort.signal.aborted) throw new BarkeepError('CANCELLED', 'Cancelled before it began.')
      const result = await work({
        signal: abort.signal,
        onProgress: (progress) => this.#report(running, progress),
      })
      end = {
        job,
        kind,
        state: wasCut(result) ? 'cancelled' : 'done',
        progress: running.last.progress,
        result,
      }
    } catch (thrown) {
      const error = reportOf(thrown)
      const state = error.code === 'CANCELLED' ? 'cancelled' : 'failed'
      if (state === 'failed') this.#options.onFailure(kind, thrown)
      end = { job, kind, state, progress: running.last.progress, error }
    }
    if (running.timer !== null) clearTimeout(running.timer)
    this.#running.delete(job)
    this.#options.push(end)
  }

  #report(running: RunningJob, progress: Progress): void {
    if (!this.#running.has(running.job)) return
    running.last = { ...running.last, progress }
    if (running.timer !== null) return
    const wait = running.pushedAt + PUSH_INTERVAL - performance.now()
    if (wait <= 0) this.#pushNow(running)
    else running.timer = setTimeout(() => this.#pushNow(running), wait)
  }

  #pushNow(running: RunningJob): void {
    running.timer = null
    running.pushedAt = performance.now()
    this.#options.push(running.last)
  }
}

/** Cancelled work may end with a receipt of what it did until then instead of an error. */
function wasCut(result: JobResult): boolean {
  if (result.kind === 'after-close')
    return result.receipt.problems?.some(({ code }) => code === 'CANCELLED') === true
  if (result.kind === 'compact') return result.receipt.days.some((day) => day.skipped === 'cancelled')
  if (result.kind === 'purge') return result.receipt.cancelled === true
  if (result.kind === 'repair') return result.receipt.cancelled
  return result.kind === 'import' && result.receipt.cancelled === true
}

function inTheWay({ kind, last }: RunningJob): BarkeepError {
  const { done, total, step } = last.progress
  const count = total === null ? `${done}` : `${done} of ${total}`
  return new BarkeepError(
    'LOCKED',
    `${NAMES[kind]} is still running (${step}, ${count}). Wait for it or cancel it, then try again.`,
  )
}
