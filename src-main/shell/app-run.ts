import path from 'node:path'
import { app, type BrowserWindow, Menu, nativeTheme } from 'electron'
import type { EngineEvents } from '../../schemas/contract/engine.ts'
import { reportOf } from '../../schemas/contract/errors.ts'
import { AfterClose } from './after-close.ts'
import { createCalls } from './calls.ts'
import { createDesktop } from './dialogs.ts'
import { EndpointSwitch } from './endpoint.ts'
import { EngineHost } from './engine-host.ts'
import { Failures } from './failures.ts'
import { pushEvent, routeCalls } from './ipc-router.ts'
import { Jobs } from './jobs.ts'
import type { LaunchArguments } from './launch-arguments.ts'
import { type Logger, openLog } from './log.ts'
import { menuTemplate } from './menu.ts'
import { createMenuActions } from './menu-actions.ts'
import { desktopNotifications } from './notifications.ts'
import { Readiness, takeScreenshot } from './screenshot.ts'
import { lockDownContents, lockDownSession, serveBundle } from './security.ts'
import { Settings } from './settings.ts'
import { orderlyEnd } from './shutdown.ts'
import { StoreAlerts } from './store-alerts.ts'
import { StoreSession } from './store-session.ts'
import { createWindow, showWindow } from './window.ts'

export interface AppPaths {
  /** The built window. */
  readonly renderer: string
  readonly preload: string
  /** The project's `storage/` in development, null in a packaged app. */
  readonly defaultStore: string | null
}

/** The licence of the chart library asks for its maker's name and address where users can see them. */
const CREDITS =
  'Charts: TradingView Lightweight Charts™, Copyright (c) TradingView, Inc. https://www.tradingview.com/'

/** Wires the parts of the app to each other and runs it: the composition root, once Electron is ready. */
export async function runApp(launch: LaunchArguments, paths: AppPaths): Promise<void> {
  const forScreenshot = launch.screenshot !== null
  const userData = app.getPath('userData')
  const log = openLog(path.join(userData, 'logs'))
  const failures = new Failures({ log, unattended: forScreenshot })
  failures.watchProcess()
  log.logger.info({ version: app.getVersion(), electron: process.versions.electron, launch }, 'start')

  app.setAboutPanelOptions({
    applicationName: app.getName(),
    applicationVersion: app.getVersion(),
    copyright: CREDITS,
    credits: CREDITS,
  })
  const settings = new Settings(path.join(userData, 'settings.json'), {
    readOnly: forScreenshot,
    onNote: (note, cause) => log.logger.warn({ err: cause }, note),
  })
  const theme = () => settings.preferences.theme ?? 'system'
  nativeTheme.themeSource = theme()

  const window = createWindow({ preload: paths.preload, settings, forScreenshot })
  serveBundle(window.webContents.session, paths.renderer)
  lockDownSession(window.webContents.session, log.logger)
  lockDownContents(window.webContents, log.logger)
  const push = <Name extends keyof EngineEvents>(name: Name, event: EngineEvents[Name]) =>
    pushEvent(window, name, event)

  const notify = desktopNotifications(
    window,
    () => !forScreenshot && settings.preferences.notifications !== false,
  )
  const alerts = new StoreAlerts({ notify, onClockSet: () => void afterClose.begin() })
  const engine = new EngineHost({
    onProblem: (problem) => {
      log.logger.warn(problem, 'the store reports a problem')
      alerts.problem(problem)
    },
    onLive: (update) => {
      push('live', update)
      alerts.take(update)
    },
  })
  const session = new StoreSession(engine, {
    onOpened: (info) => {
      settings.rememberStore(info.path)
      push('storeOpened', info)
      alerts.opened(info.path, engine.liveHealth())
      void afterClose.begin()
    },
  })
  const jobs = new Jobs({
    push: (update) => push('job', update),
    onFailure: (kind, thrown) => {
      log.logger.error({ err: thrown, kind }, 'a job failed')
      alerts.problem(reportOf(thrown))
    },
  })
  const afterClose = new AfterClose({
    // A picture is of what is stored.
    unattended: forScreenshot,
    engine,
    jobs,
    logger: log.logger,
    notify,
    onState: (state) => push('afterClose', state),
  })
  const endpoint = new EndpointSwitch({
    engine,
    settings,
    tokenFile: path.join(userData, 'endpoint-token'),
    version: app.getVersion(),
    logger: log.logger,
    onState: (state) => push('endpoint', state),
    onProblem: (problem) => alerts.problem(problem),
  })
  const view = new Readiness()
  const calls = createCalls({
    engine,
    session,
    jobs,
    settings,
    endpoint,
    afterClose,
    push,
    desktop: createDesktop(window, () => engine.path),
    launch: {
      version: app.getVersion(),
      platform: process.platform,
      view: launch.view,
      screenshot: forScreenshot,
    },
    defaultStore: paths.defaultStore,
    onPreferences: (changed) => {
      if (changed.theme !== undefined || changed.notifications !== undefined) applyTheme()
    },
    onReady: () => view.done(),
  })
  routeCalls(window, calls, log)

  const actions = createMenuActions({ window, calls, session, jobs, logger: log.logger })
  const applyTheme = () => {
    nativeTheme.themeSource = theme()
    const state = { platform: process.platform, appName: app.getName(), development: !app.isPackaged }
    Menu.setApplicationMenu(
      Menu.buildFromTemplate(
        menuTemplate(
          { ...state, theme: theme(), notifications: settings.preferences.notifications !== false },
          actions,
        ),
      ),
    )
  }
  applyTheme()
  failures.watchWindow(window, (reason) => view.fail(reason))
  // A page that was loaded anew has forgotten what runs.
  window.webContents.on('did-finish-load', () => {
    for (const update of jobs.running) push('job', update)
  })
  app.on('second-instance', (_event, _argv, _folder, data: unknown) => {
    bringToFront(window)
    const store = storeAskedFor(data)
    if (store !== null && store !== engine.path) actions.openStore(store)
  })

  const end = orderlyEnd(
    [
      { name: 'stop the schedule', run: () => afterClose.stop() },
      // First of what writes: bots are told before the store is gone.
      { name: 'stop the ingest endpoint', run: () => endpoint.stop() },
      { name: 'stop running work', run: () => jobs.stop() },
      // Ending the process while DuckDB opens would abort it.
      { name: 'finish opening a store', run: () => session.settled() },
      { name: 'close the store', run: () => engine.close() },
      { name: 'save the settings', run: () => settings.flush() },
    ],
    (step, thrown) => log.logger.error({ err: thrown }, `at the end: could not ${step}`),
  )
  let quitting = false
  app.on('before-quit', () => {
    quitting = true
  })
  app.on('window-all-closed', () => app.quit())
  app.on('will-quit', (event) => {
    event.preventDefault()
    void end().then(() => app.exit(0))
  })

  const shown = showWindow(window).catch((error: unknown) => {
    if (!quitting) throw error
  })
  // Awaited below; until then its failure is nobody's oversight.
  shown.catch(() => undefined)
  await session.begin({ asked: launch.store, remembered: settings.store, fallback: paths.defaultStore })
  if (engine.path !== null) alerts.opened(engine.path, engine.liveHealth())
  const failure = session.failure
  if (failure !== null) {
    log.logger.error({ err: failure }, 'the store could not be opened')
    process.stderr.write(`barkeep: ${failure.message}\n`)
  }
  // A picture is of what is stored; another run may listen already.
  if (!forScreenshot) {
    await endpoint.begin()
    await afterClose.begin()
  }
  if (launch.screenshot === null) return await shown
  // Without a store too the page is left to load: a browser ended in the middle of it says so in many words.
  await shown
  const code = failure === null ? await picture(window, view, launch.screenshot, log.logger) : 2
  await end()
  app.exit(code)
}

/** @returns the exit code of a screenshot run. */
async function picture(
  window: BrowserWindow,
  view: Readiness,
  file: string,
  logger: Logger,
): Promise<number> {
  try {
    await takeScreenshot(window, view, file)
    return 0
  } catch (thrown) {
    logger.error({ err: thrown }, 'no screenshot')
    process.stderr.write(`barkeep: no screenshot: ${reportOf(thrown).message}\n`)
    return 2
  }
}

function bringToFront(window: BrowserWindow): void {
  if (window.isDestroyed()) return
  if (window.isMinimized()) window.restore()
  window.focus()
}

/** The `--store` of a second start, as its process handed it over. */
function storeAskedFor(data: unknown): string | null {
  const store = typeof data === 'object' && data !== null && 'store' in data ? data.store : null
  return typeof store === 'string' ? store : null
}
