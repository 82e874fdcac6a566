import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { _electron, type ElectronApplication, type Page } from '@playwright/test'
import { findElectron } from '../../../scripts/setup/electron-runtime.mjs'
import { projectRoot } from '../../../scripts/setup/project.mjs'

/** How the app is started; every flag is optional, as on the command line. */
export interface LaunchOptions {
  /** Folder of the store; null starts without `--store`. */
  readonly store: string | null
  readonly view?: 'chart' | 'decisions' | 'audits' | 'research' | 'policies' | 'storage'
  /** Size of the page in CSS pixels; the window's own default when left out. */
  readonly size?: { readonly width: number; readonly height: number }
  readonly colorScheme?: 'dark' | 'light'
  /** Folder for settings and window state; a fresh one when left out. Reuse one to test a restart. */
  readonly userData?: string
  /** Executable of a packaged app to start in place of the built one. */
  readonly packaged?: string
  /** More arguments for the app. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Messages that this test provokes on purpose and that are no trouble. */
  readonly expectedTroubles?: readonly RegExp[]
}

/** Main-process output that means a defect even where the app lives on. */
const crashSigns =
  /Uncaught|Unhandled|JavaScript error occurred|FATAL|Segmentation fault|Cannot start the app|DeprecationWarning|MaxListenersExceeded/
const closeLimitMillis = 10_000

/** A started app: its first window, and what went wrong in it so far. */
export class RunningApp {
  readonly app: ElectronApplication
  readonly page: Page
  /** Console errors, page errors, crashes and bad exits, in order, but for the expected ones. */
  readonly troubles: readonly string[]
  /** Kept from the start: Playwright no longer tells it once the app is gone. */
  readonly #child: ChildProcess

  private constructor(
    app: ElectronApplication,
    page: Page,
    child: ChildProcess,
    troubles: readonly string[],
  ) {
    this.app = app
    this.page = page
    this.#child = child
    this.troubles = troubles
  }

  /** False once the app has ended, by itself or by `close`. */
  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Starts the built app and waits for its first window's document. */
  static async launch(userData: string, options: LaunchOptions): Promise<RunningApp> {
    const app = await _electron.launch({
      ...(options.packaged === undefined ? {} : { executablePath: options.packaged }),
      env: { ...cleanEnvironment(), ...options.env, ...runtimeToStart(options.packaged) },
      args: [
        ...(options.packaged === undefined ? [projectRoot] : []),
        `--user-data-dir=${userData}`,
        ...appFlags(options),
        ...(options.args ?? []),
      ],
      cwd: projectRoot,
      ...(options.colorScheme ? { colorScheme: options.colorScheme } : {}),
    })
    const troubles: string[] = []
    const expected = options.expectedTroubles ?? []
    const report = (trouble: string) => {
      if (!expected.some((pattern) => pattern.test(trouble))) troubles.push(trouble)
    }
    const child = app.process()
    watchProcess(child, report)
    app.on('window', (page) => watchPage(page, report))
    for (const page of app.windows()) watchPage(page, report)
    try {
      const page = await app.firstWindow()
      await page.waitForLoadState('domcontentloaded')
      if (options.size) await resizeContent(app, page, options.size)
      return new RunningApp(app, page, child, troubles)
    } catch (error) {
      child.kill('SIGKILL')
      throw new Error(`The app showed no window. ${troubles.join('\n')}`, { cause: error })
    }
  }

  /** Quits the app as a person would. An app that doesn't end is killed, and that is a trouble. */
  async close(): Promise<readonly string[]> {
    if (!this.isRunning) return this.troubles
    const child = this.#child
    const gone = once(child, 'exit')
    const timer = new AbortController()
    const limit = new Promise<'late'>((resolve) => {
      const handle = setTimeout(() => resolve('late'), closeLimitMillis)
      timer.signal.addEventListener('abort', () => clearTimeout(handle))
    })
    const closed = this.app.close().then(() => gone)
    const outcome = await Promise.race([closed, limit])
    timer.abort()
    if (outcome !== 'late') return this.troubles
    child.kill('SIGKILL')
    await gone
    return [...this.troubles, `the app did not quit within ${closeLimitMillis / 1000} s`]
  }
}

/** A packaged app brings its runtime along; the built one needs to be told which. */
function runtimeToStart(packaged: string | undefined): Record<string, string> {
  if (packaged !== undefined) return {}
  const runtime = findElectron()
  if (runtime === null) throw new Error('No Electron runtime here yet; `npm test` gets one.')
  return { ELECTRON_OVERRIDE_DIST_PATH: runtime.folder }
}

function appFlags(options: LaunchOptions): string[] {
  const flags: string[] = []
  if (options.store !== null) flags.push(`--store=${options.store}`)
  if (options.view) flags.push(`--view=${options.view}`)
  return flags
}

/** The test's own environment, without what would turn Electron into Node or change its language. */
function cleanEnvironment(): Record<string, string> {
  const { ELECTRON_RUN_AS_NODE: _, NODE_OPTIONS: __, ELECTRON_OVERRIDE_DIST_PATH: ___, ...rest } = process.env
  const defined = Object.entries(rest).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return Object.fromEntries(defined)
}

function watchPage(page: Page, report: (trouble: string) => void): void {
  page.on('console', (message) => {
    if (message.type() === 'error') report(`console error: ${message.text()} (${message.location().url})`)
  })
  page.on('pageerror', (error) => report(`page error: ${error.stack ?? error.message}`))
  page.on('crash', () => report('the renderer crashed'))
}

function watchProcess(child: ChildProcess, report: (trouble: string) => void): void {
  if (child.stderr) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (crashSigns.test(line)) report(`main process: ${line}`)
    })
  }
  child.on('exit', (code, signal) => {
    if (code !== 0) report(`the app ended with ${signal ?? `exit code ${code}`}`)
  })
}

/** The page, not the frame: what the checks at 1280×800 and 2560×1440 mean. */
async function resizeContent(
  app: ElectronApplication,
  page: Page,
  size: { readonly width: number; readonly height: number },
): Promise<void> {
  const frame = await app.browserWindow(page)
  await frame.evaluate((browserWindow, { width, height }) => {
    browserWindow.setContentSize(width, height)
  }, size)
  await page.waitForFunction(
    ({ width, height }) => window.innerWidth === width && window.innerHeight === height,
    size,
  )
}
