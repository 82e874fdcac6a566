/**
 * The items of a source until the signal aborts, also while the source is silent: a bot's pipe may stay open for
 * hours. `Promise.race` against one promise would keep a reaction for every item; here only the newest wait is known.
 */
export async function* untilAborted<Item>(
  source: AsyncIterable<Item>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Item> {
  if (signal === undefined) {
    yield* source
    return
  }
  const iterator = source[Symbol.asyncIterator]()
  let stop: () => void = () => undefined
  const onAbort = () => stop()
  signal.addEventListener('abort', onAbort)
  try {
    while (!signal.aborted) {
      const next = await new Promise<IteratorResult<Item, unknown>>((resolve, reject) => {
        stop = () => resolve({ done: true, value: undefined })
        iterator.next().then(resolve, reject)
      })
      if (next.done === true) break
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    // Not waited for: a silent source answers only when it has something to say.
    iterator.return?.()?.then(undefined, () => undefined)
  }
}
