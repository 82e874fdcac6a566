/** Says something when asked to, at once and then no more than once in a while: the last asking is always heard. */
export class Paced {
  readonly #millis: number
  readonly #say: () => void
  #timer: NodeJS.Timeout | null = null
  #again = false

  /** @param millis between two sayings at least */
  constructor(millis: number, say: () => void) {
    this.#millis = millis
    this.#say = say
  }

  ask(): void {
    if (this.#timer !== null) {
      this.#again = true
      return
    }
    this.#timer = setTimeout(() => {
      this.#timer = null
      if (!this.#again) return
      this.#again = false
      this.ask()
    }, this.#millis)
    this.#say()
  }

  /** Says nothing more. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#again = false
  }
}
