import type { WaitingFile } from '../../../schemas/contract/live.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import type { Problem } from '../../../schemas/contract/viewport.ts'
import type { StoreTable } from '../../../schemas/tables/index.ts'
import { at, type StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'
import { parseStorePath } from '../layout/file-names.ts'
import { sameLook } from '../read/listing.ts'

/** A file that doesn't change for so long isn't being written any more: what it is now it stays. */
const QUIET_MILLIS = 5_000

/** How soon a file is looked at again, the first time and at most: twice as long each time that nothing came. */
const FIRST_TRY = 100
const LONGEST_WAIT = 1_000

const TOLD_AT_MOST = 200

interface Tracked {
  problem: Problem
  /** ms UTC */
  readonly since: number
  stat: FileStat
  /** By a clock that nobody sets, as the next one. */
  changedAt: number
  nextAt: number
  wait: number
  trying: boolean
}

export interface UnreadableOptions {
  readonly context: StoreContext
  /** The file is another than when it could not be read: it is to be read again. */
  readonly onChanged: (file: StorePath) => void
  /** What is told of a table's files is different now: one is given up, or can be read. Null for what is told alone. */
  readonly onNews: (table: StoreTable | null) => void
  /** A clock that nobody sets, ms; `performance.now` unless given. */
  readonly monotonic?: () => number
}

/**
 * Files that can't be read: another program may be writing one of them in place, and slowly. Each is looked at again for
 * as long as it changes, then for five seconds more; only then it is told as damaged (SPEC F6). What changes later is
 * noticed as any change is.
 */
export class UnreadableFiles {
  readonly #options: UnreadableOptions
  readonly #monotonic: () => number
  readonly #files = new Map<StorePath, Tracked>()
  #timer: NodeJS.Timeout | null = null
  #stopped = false

  constructor(options: UnreadableOptions) {
    this.#options = options
    this.#monotonic = options.monotonic ?? (() => performance.now())
  }

  /** By path, so many at most: a folder full of them is one cause. */
  get list(): readonly WaitingFile[] {
    return [...this.#files.values()]
      .map(({ problem, since, trying }) => ({ ...problem, trying, since }))
      .sort((a, b) => (a.file < b.file ? -1 : 1))
      .slice(0, TOLD_AT_MOST)
  }

  /**
   * Takes what reading some files met.
   * @param isRead whether a file was among those read: one that had a problem and has none now can be read
   */
  heard(isRead: (file: StorePath) => boolean, problems: readonly Problem[]): void {
    if (this.#stopped) return
    const bad = new Map<StorePath, Problem>()
    for (const problem of problems)
      if (problem.code === 'UNREADABLE') bad.set(problem.file as StorePath, problem)
    for (const file of this.#files.keys()) if (isRead(file) && !bad.has(file)) this.#forget(file)
    for (const [file, problem] of bad) this.#note(file, problem)
    if (this.#files.size > 0) this.#schedule()
  }

  /** Whether a problem that an answer names is to be kept back: its file may be whole in a moment. */
  keepsBack(problem: Problem): boolean {
    if (problem.code !== 'UNREADABLE') return false
    const file = problem.file as StorePath
    // It was read before anybody listened, as when the store was opened: what is kept back must be told later.
    if (!this.#files.has(file)) this.heard(() => false, [problem])
    return this.#files.get(file)?.trying === true
  }

  stop(): void {
    this.#stopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #note(file: StorePath, problem: Problem): void {
    const stat = this.#look(file)
    if (stat === null) return
    const now = this.#monotonic()
    const known = this.#files.get(file)
    if (known === undefined) {
      const trying = this.#isRecent(stat)
      const since = this.#options.context.env.now()
      const nextAt = now + FIRST_TRY
      this.#files.set(file, { problem, since, stat, changedAt: now, nextAt, wait: FIRST_TRY, trying })
      this.#options.onNews(trying ? null : tableOf(file))
      return
    }
    known.problem = problem
    if (!sameLook(known.stat, stat)) this.#changed(known, stat)
  }

  /** Changed a moment ago; a file with another time was there before anybody looked, or copied with the time it had. */
  #isRecent({ mtimeMs }: FileStat): boolean {
    return Math.abs(this.#options.context.env.now() - mtimeMs) < QUIET_MILLIS
  }

  #changed(tracked: Tracked, stat: FileStat): void {
    const wasTrying = tracked.trying
    const now = this.#monotonic()
    Object.assign(tracked, { stat, changedAt: now, nextAt: now + FIRST_TRY, wait: FIRST_TRY, trying: true })
    if (!wasTrying) this.#options.onNews(null)
  }

  #forget(file: StorePath): void {
    this.#files.delete(file)
    this.#options.onNews(tableOf(file))
  }

  #schedule(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const next = Math.min(
      ...[...this.#files.values()].flatMap(({ trying, nextAt }) => (trying ? nextAt : [])),
    )
    if (this.#stopped || next === Number.POSITIVE_INFINITY) return
    this.#timer = setTimeout(() => this.tryAgain(), Math.max(1, next - this.#monotonic()))
  }

  /** Looks at the files whose time has come. */
  tryAgain(): void {
    const now = this.#monotonic()
    for (const [file, tracked] of [...this.#files]) {
      if (!tracked.trying || tracked.nextAt > now) continue
      const stat = this.#look(file)
      if (stat === null) this.#forget(file)
      else if (!sameLook(stat, tracked.stat)) {
        this.#changed(tracked, stat)
        this.#options.onChanged(file)
      } else if (now - tracked.changedAt >= QUIET_MILLIS) {
        tracked.trying = false
        this.#options.onNews(tableOf(file))
      } else {
        tracked.wait = Math.min(LONGEST_WAIT, tracked.wait * 2)
        tracked.nextAt = now + tracked.wait
      }
    }
    this.#schedule()
  }

  /** The same for those given up, with every full look: one may have been taken away, or written again, unheard. */
  sweep(): void {
    for (const [file, tracked] of [...this.#files]) {
      const stat = this.#look(file)
      if (stat === null) this.#forget(file)
      else if (!sameLook(stat, tracked.stat)) {
        this.#changed(tracked, stat)
        this.#options.onChanged(file)
      }
    }
    if (this.#files.size > 0) this.#schedule()
  }

  #look(file: StorePath): FileStat | null {
    try {
      return this.#options.context.env.statNow(at(this.#options.context, file))
    } catch {
      // Its folder can't be asked either; whoever reads it says why.
      return null
    }
  }
}

function tableOf(file: StorePath): StoreTable | null {
  const named = parseStorePath(file)
  if (named.kind === 'policies') return 'policies'
  const isOfTable = named.kind === 'part' || named.kind === 'dayfile' || named.kind === 'monthfile'
  return isOfTable ? named.series.table : null
}
