import type { RejectedLine } from '../../schemas/contract/jobs.ts'
import type { Terminal } from './terminal.ts'

/**
 * The JSON receipt of an ingest, written as it comes about: the list of rejected lines may be longer than memory, so it
 * goes first and the counts follow. One document all the same (SPEC X4, X6).
 */
export class RejectionStream {
  readonly #terminal: Terminal
  #begun = false

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  async add(lines: readonly RejectedLine[]): Promise<void> {
    if (lines.length === 0) return
    const text = lines.map((line) => JSON.stringify(line)).join(',')
    await this.#terminal.write(`${this.#begun ? ',' : '{"rejected":['}${text}`)
    this.#begun = true
  }

  async end(counts: object): Promise<void> {
    await this.#terminal.write(`${this.#begun ? '' : '{"rejected":['}],${JSON.stringify(counts).slice(1)}\n`)
  }
}
