import { existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { app } from 'electron'
import { reportOf } from '../../schemas/contract/errors.ts'
import { runApp } from './app-run.ts'
import { type LaunchArguments, parseLaunchArguments } from './launch-arguments.ts'
import { registerAppScheme } from './security.ts'

// What must be settled before Electron is ready; everything else is wired in app-run.ts. Nothing here awaits at the
// top level: readiness would wait for this module, and this module for readiness.
try {
  const launch = parseLaunchArguments(process.argv.slice(1), process.cwd())
  placeUserData(launch)
  // As root on Linux, Chromium starts only without its own sandbox, and asking for both ends in a crash loop.
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox()
  registerAppScheme()
  if (launch.screenshot !== null || app.requestSingleInstanceLock({ store: launch.store })) {
    app
      .whenReady()
      .then(() => runApp(launch, pathsOfApp()))
      .catch(fail)
  } else {
    process.stderr.write('barkeep: already running; its window was brought to the front.\n')
    app.exit(0)
  }
} catch (error) {
  fail(error)
}

function fail(thrown: unknown): void {
  process.stderr.write(`barkeep: ${reportOf(thrown).message}\n`)
  app.exit(2)
}

function placeUserData({ userDataDir, screenshot }: LaunchArguments): void {
  if (userDataDir !== null) {
    mkdirSync(userDataDir, { recursive: true })
    app.setPath('userData', userDataDir)
  }
  if (screenshot !== null) {
    // Beside a running app two browsers would fight over one profile; a picture needs nothing of it.
    app.setPath('sessionData', path.join(app.getPath('userData'), 'picture'))
  }
}

/** Where the build has put things, seen from this file in `out/main`. */
function pathsOfApp() {
  const out = path.dirname(import.meta.dirname)
  const renderer = path.join(out, 'renderer')
  if (!existsSync(path.join(renderer, 'index.html'))) {
    throw new Error(`The window's files are missing in ${renderer}. Run: npm run build`)
  }
  const defaultStore = app.isPackaged ? null : path.join(path.dirname(out), 'storage')
  return { renderer, preload: path.join(out, 'preload', 'preload.cjs'), defaultStore }
}
