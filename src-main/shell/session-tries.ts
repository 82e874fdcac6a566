import type { DueRun } from '../../schemas/contract/close-schedule.ts'
import type { ErrorCode } from '../../schemas/contract/errors.ts'

const MINUTE = 60_000
/** A first try that begins later than so after its time makes up for what was missed. */
const IN_TIME = 5 * MINUTE
/** Another program at work is soon done. */
const LOCKED_RETRY = MINUTE
/** Days that were put off are tried again so soon, then twice as long apart, and from an hour on in spite of what keeps them. */
const PUT_OFF_FIRST = MINUTE
const PUT_OFF_LONGEST = 15 * MINUTE
const PUT_OFF_AT_MOST = 60 * MINUTE
/** What failed is tried again after so long, then twice as long, and so on. */
const RETRY_FIRST = 5 * MINUTE
const RETRY_LONGEST = 4 * 60 * MINUTE

/** The tries of one session's run in this app, and when the next one may begin (SPEC F23, F25). */
export class SessionTries {
  readonly session: string
  readonly origin: 'scheduled' | 'catch-up'
  readonly #since: number
  #notBefore = 0
  #failures = 0
  #putOffs = 0
  #toldCode: ErrorCode | null = null
  #isGivenUp = false

  /** @param now when the first one begins, ms UTC */
  constructor({ session, at }: DueRun, now: number) {
    this.session = session
    this.origin = now - at < IN_TIME ? 'scheduled' : 'catch-up'
    this.#since = now
  }

  get notBefore(): number {
    return this.#notBefore
  }

  /** A person cancelled it: it isn't begun again by itself. */
  get isGivenUp(): boolean {
    return this.#isGivenUp
  }

  /** Whether days were put off for so long that they are compacted whatever keeps them. */
  insists(now: number): boolean {
    return now - this.#since >= PUT_OFF_AT_MOST
  }

  /** Should the work that begins now never come to an end, it is tried again. */
  begun(now: number): void {
    this.#notBefore = now + PUT_OFF_FIRST
  }

  giveUp(): void {
    this.#isGivenUp = true
  }

  /** Other settings, or another clock: the next try may begin at once. */
  takeAnew(): void {
    this.#notBefore = 0
  }

  waitUntil(instant: number): void {
    this.#notBefore = instant
  }

  putOff(now: number): void {
    this.#notBefore = now + Math.min(PUT_OFF_LONGEST, PUT_OFF_FIRST * 2 ** this.#putOffs)
    this.#putOffs += 1
  }

  /** @returns whether a person is to be told: not twice of the same, and not of what is soon over */
  failed(code: ErrorCode, now: number): boolean {
    if (code === 'LOCKED') {
      this.#notBefore = now + LOCKED_RETRY
      return false
    }
    this.#notBefore = now + Math.min(RETRY_LONGEST, RETRY_FIRST * 2 ** this.#failures)
    this.#failures += 1
    const isNew = this.#toldCode !== code
    this.#toldCode = code
    return isNew
  }
}
