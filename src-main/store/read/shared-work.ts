import { BarkeepError } from '../../../schemas/contract/errors.ts'

/**
 * One piece of work that any number of callers wait for. A caller whose signal aborts leaves at once; the work itself
 * stops when nobody waits any more.
 */
export class SharedWork<T> {
  readonly #controller = new AbortController()
  readonly #result: Promise<T>
  readonly #abandoned: () => void
  #waiting = 0
  #settled = false

  /** @param abandoned called when the last caller left before the end: nobody may join after that */
  constructor(run: (signal: AbortSignal) => Promise<T>, abandoned: () => void) {
    this.#abandoned = abandoned
    this.#result = run(this.#controller.signal).finally(() => {
      this.#settled = true
    })
    // Work that everybody left fails unheard; whoever waits hears it from `join`.
    this.#result.catch(() => {})
  }

  /** @throws CANCELLED when the signal aborts, else what the work throws */
  async join(signal?: AbortSignal): Promise<T> {
    throwIfAborted(signal)
    this.#waiting++
    let leave: (() => void) | undefined
    try {
      if (signal === undefined) return await this.#result
      const aborted = new Promise<never>((_, reject) => {
        leave = () => reject(cancelled())
        signal.addEventListener('abort', leave, { once: true })
      })
      return await Promise.race([this.#result, aborted])
    } finally {
      if (leave !== undefined) signal?.removeEventListener('abort', leave)
      this.#waiting--
      if (this.#waiting === 0 && !this.#settled) {
        this.#abandoned()
        this.#controller.abort()
      }
    }
  }
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw cancelled()
}

function cancelled(): BarkeepError {
  return new BarkeepError('CANCELLED', 'Cancelled on request.')
}

/** Runs over all items, a few at a time: a thousand files opened at once run out of file handles. */
export async function forEachOf<T>(
  items: Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]()
  const lane = async (): Promise<void> => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}
