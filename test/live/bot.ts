import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { ChildBundle } from '../support/kill-runner.ts'
import type { BotLine, BotOrder, WrittenBar } from './bot-orders.ts'

/** Where the bot's entry file is, for `bundleChild`. */
export const BOT_ENTRY = 'test/live/bot-child.ts'

/** A bot as a process of its own, and all that it has told so far. */
export class RunningBot {
  readonly order: BotOrder
  readonly bars: WrittenBar[] = []
  readonly failures: string[] = []
  events = 0
  decisions = 0
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  readonly #child: ChildProcess
  #waiting: (() => void)[] = []

  constructor(bundle: ChildBundle, order: BotOrder) {
    this.order = order
    const child = bundle.start(order)
    this.#child = child
    createInterface({ input: child.stdout }).on('line', (line) => this.#take(JSON.parse(line) as BotLine))
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text
    })
    this.ended = new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => {
        if (code !== null && code !== 0) this.failures.push(`the bot ended with ${code}: ${errors}`)
        this.#wake()
        resolve({ code, signal })
      })
    })
  }

  /** Resolves when so many bars are in place, or the bot has ended. */
  async wrote(bars: number): Promise<void> {
    while (this.bars.length < bars && this.#child.exitCode === null && this.#child.signalCode === null)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** At once, wherever it is. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #take(line: BotLine): void {
    if ('bar' in line) this.bars.push(line.bar)
    else if ('event' in line) this.events += 1
    else if ('decision' in line) this.decisions += 1
    else if ('failed' in line) this.failures.push(line.failed)
    this.#wake()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
