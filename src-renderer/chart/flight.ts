import { type ErrorReport, reportOf } from '../../schemas/contract/errors.ts'

/** Work that may be overtaken: after each await it asks whether it is still wanted. */
export type Work = (current: () => boolean) => Promise<void>

export interface FlightEvents {
  readonly onError: (report: ErrorReport) => void
  /** The work is over and nothing else has been asked meanwhile: see what is needed next. */
  readonly onIdle: () => void
}

/**
 * One piece of work at a time. `supersede` drops what is under way (its answers are ignored when they come);
 * `start` is for work that only makes sense while nothing else is under way.
 */
export class Flight {
  readonly #events: FlightEvents
  #epoch = 0
  #busy = false
  #failed: (() => Promise<void>) | null = null
  #held: (() => void)[] | null = null

  constructor(events: FlightEvents) {
    this.#events = events
  }

  /** Whether something is under way, or something failed and waits for `retry`. */
  get busy(): boolean {
    return this.#busy || this.#failed !== null
  }

  /** Whether a question may be on its way. */
  get flying(): boolean {
    return this.#busy
  }

  get held(): boolean {
    return this.#held !== null
  }

  supersede(work: Work): Promise<void> {
    this.#epoch++
    return this.#fly(work, () => this.supersede(work))
  }

  start(work: Work): void {
    const go = (): Promise<void> => this.#fly(work, go)
    if (!this.busy) void go()
  }

  /** Does again what failed; without anything failed, nothing. */
  retry(): void {
    const again = this.#failed
    this.#failed = null
    if (again !== null) void again()
  }

  /** From here on `unheld` waits, until `release`. */
  hold(): void {
    this.#held ??= []
  }

  release(): void {
    const waiting = this.#held ?? []
    this.#held = null
    for (const go of waiting) go()
  }

  unheld(): Promise<void> {
    return this.#held === null ? Promise.resolve() : new Promise((go) => this.#held?.push(go))
  }

  /** Ends it for good. */
  close(): void {
    this.#epoch++
    this.#busy = true
    this.release()
  }

  async #fly(work: Work, again: () => Promise<void>): Promise<void> {
    const epoch = this.#epoch
    this.#busy = true
    this.#failed = null
    try {
      await work(() => epoch === this.#epoch)
    } catch (thrown) {
      if (epoch !== this.#epoch) return
      this.#busy = false
      this.#failed = again
      this.#events.onError(asReport(thrown))
      return
    }
    if (epoch !== this.#epoch) return
    this.#busy = false
    this.#events.onIdle()
  }
}

/** The engine's own report where a call was refused, else one made of what was thrown. */
function asReport(thrown: unknown): ErrorReport {
  return thrown instanceof Error && 'report' in thrown ? (thrown.report as ErrorReport) : reportOf(thrown)
}
