import type { IncomingMessage } from 'node:http'
import { tooLarge } from './guards.ts'
import type { Limits } from './limits.ts'
import { busy, Refusal } from './refusal.ts'

const LINE_FEED = 0x0a

/** A batch as it came, whole. */
export interface Body {
  readonly pieces: readonly Uint8Array[]
  /** How many lines it has, empty ones included, without one behind the last line feed. */
  readonly lines: number
}

/**
 * Memory and places for batches: bytes are counted as they come and places from a whole batch on, so that a client which
 * promises much and sends little takes nothing from others.
 */
export class Intake {
  readonly #limits: Limits
  #bytes = 0
  #batches = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** Receives a batch and works on it; what it took is given back after that. @throws Refusal 413, 503 */
  async hold<T>(request: IncomingMessage, work: (body: Body) => Promise<T>): Promise<T> {
    const held = { bytes: 0 }
    try {
      return await this.#inPlace(work, await this.#receive(request, held))
    } finally {
      this.#bytes -= held.bytes
    }
  }

  async #inPlace<T>(work: (body: Body) => Promise<T>, body: Body): Promise<T> {
    if (this.#batches >= this.#limits.batches) {
      throw busy(`${this.#limits.batches} batches are being stored. Send this one again in a second.`)
    }
    this.#batches += 1
    try {
      return await work(body)
    } finally {
      this.#batches -= 1
    }
  }

  /** Nothing of a batch is looked at before all of it is there: one that breaks off leaves no trace. */
  async #receive(request: IncomingMessage, held: { bytes: number }): Promise<Body> {
    const pieces: Uint8Array[] = []
    let lines = 0
    let endsLine = true
    const { bodyBytes, heldBytes, lines: most } = this.#limits
    for await (const piece of wholeOf(request)) {
      held.bytes += piece.length
      this.#bytes += piece.length
      if (held.bytes > bodyBytes) throw tooLarge(bodyBytes)
      if (this.#bytes > heldBytes) {
        throw busy('Other batches hold all the room there is. Send this one again in a second.')
      }
      lines += lineFeeds(piece)
      if (lines > most) throw tooManyLines(most)
      if (piece.length > 0) endsLine = piece[piece.length - 1] === LINE_FEED
      pieces.push(piece)
    }
    if (!endsLine) lines += 1
    if (lines > most) throw tooManyLines(most)
    return { pieces, lines }
  }
}

/** The pieces of a request's body. Breaking off leaves the request as it is, so that it can still be answered. */
async function* wholeOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of request.iterator({ destroyOnReturn: false })) yield piece as Uint8Array
  } catch (cause) {
    throw new Refusal(400, 'BAD_REQUEST', 'The request broke off before its body was whole.', {
      details: { cause: String(cause) },
    })
  }
}

function lineFeeds(piece: Uint8Array): number {
  let count = 0
  for (let at = piece.indexOf(LINE_FEED); at !== -1; at = piece.indexOf(LINE_FEED, at + 1)) count += 1
  return count
}

function tooManyLines(most: number): Refusal {
  return new Refusal(
    413,
    'BAD_REQUEST',
    `A batch has ${most.toLocaleString('en')} lines at most. Send it in several.`,
  )
}
