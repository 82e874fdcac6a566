import { setTimeout } from 'node:timers'
import type { Line } from './ndjson.ts'

/** How many lines a ledger takes at once: each batch writes every day that it touches anew. */
export interface BatchBounds {
  readonly lines: number
  /** Of their text: what they are parsed to takes some five times as much. */
  readonly characters: number
  /** Milliseconds without a new line after which those that came are a batch; null never, for a file that is all there. */
  readonly idle: number | null
}

/**
 * Gathers lines into batches, the next one only when the one before was taken. A stream that is kept open by a bot is not
 * waited for: its lines go in as soon as it falls silent.
 */
export async function* inBatches(
  source: AsyncIterable<readonly Line[]>,
  bounds: BatchBounds,
): AsyncGenerator<readonly Line[]> {
  const iterator = source[Symbol.asyncIterator]()
  let batch: Line[] = []
  let characters = 0
  const taken = (): readonly Line[] => {
    const full = batch
    batch = []
    characters = 0
    return full
  }
  try {
    let next = iterator.next()
    for (;;) {
      const ready = batch.length === 0 || bounds.idle === null ? await next : await within(next, bounds.idle)
      if (ready === SILENT) {
        yield taken()
        continue
      }
      if (ready.done === true) break
      for (const line of ready.value) {
        batch.push(line)
        characters += line.text.length
        if (batch.length >= bounds.lines || characters >= bounds.characters) yield taken()
      }
      next = iterator.next()
    }
    if (batch.length > 0) yield taken()
  } finally {
    // Not waited for: a silent source answers only when it has something to say.
    iterator.return?.()?.then(undefined, () => undefined)
  }
}

const SILENT = Symbol('silent')

function within<T>(promise: Promise<T>, millis: number): Promise<T | typeof SILENT> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(SILENT), millis)
    promise.then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}
