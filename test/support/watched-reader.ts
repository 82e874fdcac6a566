import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { createInterface } from 'node:readline'

interface Told {
  readonly reads: number
  readonly opens: number
  /** Bars of its fullest answer. */
  readonly seen: number
  readonly wrong: readonly unknown[]
}

/** A reader-child as it tells what it does. */
export interface WatchedReader {
  /** Resolves once it has read so often. Rejects when it ends before. */
  hasRead(times: number): Promise<void>
  /** Lets it come to its end. */
  end(): Promise<Told>
  kill(): void
}

export function watchedReader(child: ChildProcessWithoutNullStreams): WatchedReader {
  let told: Told = { reads: 0, opens: 0, seen: 0, wrong: [] }
  let errors = ''
  let waiting: { readonly times: number; readonly done: () => void } | null = null
  let fail: (error: Error) => void = () => undefined
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  failed.catch(() => undefined)
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const closed = new Promise<void>((resolve) => {
    child.on('close', (code) => {
      if (code !== 0) fail(new Error(`a reader ended with ${code}: ${errors}`))
      resolve()
    })
  })
  createInterface(child.stdout).on('line', (line) => {
    const { wrong, ...counts } = JSON.parse(line) as Partial<Told> & { wrong?: unknown }
    told = { ...told, ...counts, wrong: wrong === undefined ? told.wrong : [...told.wrong, wrong] }
    if (waiting !== null && told.reads >= waiting.times) {
      waiting.done()
      waiting = null
    }
  })
  return {
    hasRead: (times) =>
      told.reads >= times
        ? Promise.resolve()
        : Promise.race([
            failed,
            new Promise<void>((done) => {
              waiting = { times, done }
            }),
          ]),
    async end() {
      child.stdin.end()
      await Promise.race([failed, closed])
      return told
    },
    kill() {
      child.kill('SIGKILL')
    },
  }
}
