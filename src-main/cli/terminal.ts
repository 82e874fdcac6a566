import { BarkeepError, reportOf } from '../../schemas/contract/errors.ts'
import type { Progress } from '../../schemas/contract/jobs.ts'

/** 0 done; 1 done, but with rejected rows, failed days or findings; 2 could not. */
export type ExitCode = 0 | 1 | 2

const REDRAW_MILLIS = 80
const BAR_WIDTH = 24

/**
 * The process's three streams as a command sees them. Standard output carries the answer alone; a reader that goes
 * away (`| head`) ends the output, never the work.
 */
export class Terminal {
  #outputGone = false
  #outputFailure: Error | null = null
  #drawnAt = 0
  #drawn = false
  readonly #abort = new AbortController()

  constructor() {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      this.#outputGone = true
      // A reader that has seen enough is no failure; a disk too full for the answer is.
      if (error.code !== 'EPIPE') this.#outputFailure = error
    })
    // Without a reader of messages the work still has its exit code.
    process.stderr.on('error', () => undefined)
    const stop = () => {
      // The second time means it: kill as if nobody listened. Files are safe at any point.
      if (this.#abort.signal.aborted) process.exit(2)
      this.say('Stopping at the next safe point; once more stops at once.')
      this.#abort.abort()
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  }

  /** Aborts on the first SIGINT or SIGTERM. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Adds to standard output; resolves when it was taken, so that a slow reader slows us and no memory fills. */
  async write(text: string): Promise<void> {
    if (this.#outputGone) return
    this.clearProgress()
    await new Promise<void>((resolve) => {
      // An error comes as an event too, which decides what it means.
      process.stdout.write(text, () => resolve())
    })
  }

  async json(document: unknown): Promise<void> {
    await this.write(`${JSON.stringify(document)}\n`)
  }

  /** The exit code of work that ended with `code`: an answer that could not be written is none. */
  settled(code: ExitCode): ExitCode {
    return this.#outputFailure === null ? code : this.fail(this.#outputFailure)
  }

  /** One line for a person, on standard error. */
  say(line: string): void {
    this.clearProgress()
    process.stderr.write(`barkeep: ${line}\n`)
  }

  /** What went wrong, in one line that says what to do. */
  fail(thrown: unknown): ExitCode {
    const { message } = reportOf(thrown)
    this.say(message.replaceAll(/\s*\n\s*/g, ' '))
    if (!(thrown instanceof BarkeepError) && thrown instanceof Error && process.env.BARKEEP_TRACE) {
      process.stderr.write(`${thrown.stack ?? ''}\n`)
    }
    return 2
  }

  /** A bar that draws over itself; nothing where no person watches. */
  readonly progress = ({ done, total, step }: Progress): void => {
    const now = performance.now()
    if (!process.stderr.isTTY || now - this.#drawnAt < REDRAW_MILLIS) return
    this.#drawnAt = now
    this.#drawn = true
    const line = total === null || total <= 0 ? step : `${bar(done / total)} ${step}`
    process.stderr.write(`\r\u001b[2K${line.slice(0, (process.stderr.columns || 80) - 1)}`)
  }

  clearProgress(): void {
    if (!this.#drawn) return
    this.#drawn = false
    process.stderr.write('\r\u001b[2K')
  }
}

function bar(share: number): string {
  const bounded = Math.max(0, Math.min(1, share))
  const filled = Math.round(bounded * BAR_WIDTH)
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${String(Math.floor(bounded * 100)).padStart(3)}%`
}
