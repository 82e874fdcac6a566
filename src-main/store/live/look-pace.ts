import type { ErrorReport } from '../../../schemas/contract/errors.ts'
import { LOOK_EVERY } from './folder-watch.ts'
import { type Hint, hintKey } from './hints.ts'

/** Hints are gathered for so long before a look: a bot writes the bars of many symbols at once. */
const GATHER_MILLIS = 15
/** A look that takes long is followed by a pause as long, up to this: a burst of files isn't looked at one by one. */
const GATHER_MOST = 250

/** A full look at a large store may take a while: it gets at most this share of the time. */
const SHARE = 20
/** A timer may fire a little early. */
const EARLY = 100

/** A look that failed is tried again after so long, then twice as long, up to the next full look. */
const RETRY_MILLIS = 250

/** How soon to look, by how long looks took; all times by a clock that nobody sets. */
export class LookPace {
  #lookMillis = 0
  #fullMillis = 0
  #fullAt: number | null = null

  /** How long to gather hints. */
  get gatherMillis(): number {
    return Math.min(GATHER_MOST, Math.max(GATHER_MILLIS, this.#lookMillis))
  }

  get isFullDue(): boolean {
    const every = Math.max(LOOK_EVERY, this.#fullMillis * SHARE)
    return this.#fullAt === null || performance.now() - this.#fullAt > every - EARLY
  }

  looked(millis: number, isFull: boolean): void {
    if (!isFull) {
      this.#lookMillis = millis
      return
    }
    // The first takes the first reading of the store with it: no measure of a look.
    if (this.#fullAt !== null) this.#fullMillis = millis
    this.#fullAt = performance.now()
  }
}

/**
 * What looks failed at: tried again by itself, ever more rarely, beside looks at all else. Each kind of failure is told
 * once, until a look at what failed succeeds.
 */
export class FailedLooks {
  readonly #tryAgain: (hints: readonly Hint[]) => void
  readonly #onProblem: (problem: ErrorReport) => void
  readonly #hints = new Map<string, Hint>()
  #failures = 0
  #told: string | null = null
  #timer: NodeJS.Timeout | null = null

  constructor(tryAgain: (hints: readonly Hint[]) => void, onProblem: (problem: ErrorReport) => void) {
    this.#tryAgain = tryAgain
    this.#onProblem = onProblem
  }

  failed(hints: readonly Hint[], problem: ErrorReport): void {
    for (const hint of hints) this.#hints.set(hintKey(hint), hint)
    if (this.#told !== problem.code) this.#onProblem(problem)
    this.#told = problem.code
    if (this.#timer !== null) return
    const pause = Math.min(LOOK_EVERY, RETRY_MILLIS * 2 ** this.#failures)
    this.#failures += 1
    this.#timer = setTimeout(() => {
      this.#timer = null
      const again = [...this.#hints.values()]
      this.#hints.clear()
      this.#tryAgain(again)
    }, pause)
  }

  /** A look succeeded: whether it was one at what failed shows in that nothing waits any more. */
  succeeded(): void {
    if (this.#timer !== null) return
    this.#failures = 0
    this.#told = null
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}
