import { app, type BrowserWindow, dialog } from 'electron'
import type { Log } from './log.ts'

const LOGGED_CHILDREN = 20

export interface FailuresOptions {
  readonly log: Log
  /** A run without a person before it (a screenshot): says it on stderr and ends with code 2. */
  readonly unattended: boolean
}

/** Defects of the app itself: always logged, always said, never swallowed. */
export class Failures {
  readonly #options: FailuresOptions
  #asking = false
  #childrenGone = 0

  constructor(options: FailuresOptions) {
    this.#options = options
  }

  /** From here on nothing that is thrown past everyone goes unseen. */
  watchProcess(): void {
    process.on('uncaughtException', (error) => void this.tell('an error was caught by nobody', error))
    process.on('unhandledRejection', (reason) => void this.tell('a rejection was handled by nobody', reason))
    app.on('child-process-gone', (_event, details) => {
      const { type, reason, exitCode } = details
      this.#childrenGone += 1
      // One that is started again and again would fill the disk with its ends.
      if (reason !== 'clean-exit' && this.#childrenGone <= LOGGED_CHILDREN)
        this.#options.log.logger.error({ type, reason, exitCode }, 'a child process ended')
    })
  }

  /** @param onGone told first, before anyone is asked what to do */
  watchWindow(window: BrowserWindow, onGone: (reason: string) => void): void {
    window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
      if (reason === 'clean-exit') return
      this.#options.log.logger.error({ reason, exitCode }, "the window's process ended")
      onGone(`The window's process ended (${reason}, code ${exitCode}).`)
      if (!this.#options.unattended) void this.#askForReload(window, `${reason}, code ${exitCode}`)
    })
    window.on('unresponsive', () => this.#options.log.logger.warn('the window does not respond'))
  }

  async tell(what: string, thrown: unknown): Promise<void> {
    const { log, unattended } = this.#options
    log.logger.fatal({ err: thrown }, what)
    const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
    process.stderr.write(`barkeep: ${what}: ${message}\n`)
    if (unattended) {
      app.exit(2)
      return
    }
    // One question at a time: a defect that repeats fills the log, not the screen.
    if (this.#asking || !app.isReady()) return
    this.#asking = true
    const { response } = await dialog.showMessageBox({
      type: 'error',
      message: 'Barkeep met a defect of its own.',
      detail: `${thrown instanceof Error ? thrown.message : String(thrown)}\n\nEvery row that was acknowledged is on disk. The log says more: ${log.file}`,
      buttons: ['Keep Running', 'Quit'],
      defaultId: 0,
      cancelId: 0,
    })
    this.#asking = false
    if (response === 1) app.quit()
  }

  async #askForReload(window: BrowserWindow, how: string): Promise<void> {
    const { response } = await dialog.showMessageBox(window, {
      type: 'error',
      message: 'The window stopped working.',
      detail: `Its process ended (${how}). Nothing stored is lost. The log says more: ${this.#options.log.file}`,
      buttons: ['Reload', 'Quit'],
      defaultId: 0,
    })
    if (response === 0) window.webContents.reload()
    else app.quit()
  }
}
