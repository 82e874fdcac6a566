import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { createInterface } from 'node:readline'
import { onSomeDisplay } from './display.mjs'
import { projectRoot } from './project.mjs'
import { sandboxSwitches } from './sandbox.mjs'
import { say } from './setup-error.mjs'

/**
 * Environment in which `electron`, `require('electron')` and Playwright use a resolved runtime.
 *
 * @param {import('./electron-runtime.mjs').ElectronRuntime} runtime
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {NodeJS.ProcessEnv}
 */
export function runtimeEnvironment(runtime, env = process.env) {
  const { ELECTRON_RUN_AS_NODE: _, ...rest } = env
  return { ...rest, ELECTRON_OVERRIDE_DIST_PATH: runtime.folder, ELECTRON_EXEC_PATH: runtime.executable }
}

/**
 * Starts the built app and waits for its end.
 *
 * @param {import('./electron-runtime.mjs').ElectronRuntime} runtime
 * @param {string[]} appArgs `--name=value` flags for the app
 * @param {{ limitMillis?: number }} [options] limitMillis: end the app, and say so, when it runs longer
 * @returns {Promise<number>} the app's exit code; 2 when the limit ended it
 */
export function launchApp(runtime, appArgs, { limitMillis = 0 } = {}) {
  const electronArgs = [...sandboxSwitches(), projectRoot, ...appArgs]
  const { command, args, virtual } = onSomeDisplay(runtime.executable, electronArgs)
  if (virtual) say('no display here: the window opens in a virtual screen (xvfb-run)')

  return new Promise((resolve) => {
    // Its own process group: xvfb-run, Xvfb and Electron have to end together.
    const grouped = process.platform !== 'win32'
    const child = spawn(command, args, {
      cwd: projectRoot,
      env: runtimeEnvironment(runtime),
      stdio: ['inherit', 'inherit', 'pipe'],
      detached: grouped,
    })
    if (child.stderr) passOnWithoutBusNoise(child.stderr)
    const end = (/** @type {NodeJS.Signals} */ signal) => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
      if (grouped) endGroup(child.pid, signal)
      else child.kill(signal)
    }
    let timedOut = false
    const watchdog = limitMillis > 0 ? setTimeout(onLimit, limitMillis) : undefined
    function onLimit() {
      timedOut = true
      say(`the app did not finish within ${limitMillis / 1000} s and was ended`)
      end('SIGTERM')
      setTimeout(() => end('SIGKILL'), 5000).unref()
    }
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
      process.on(signal, () => end(signal))
    child.on('error', (error) => {
      clearTimeout(watchdog)
      say(`the app could not be started: ${error.message}`)
      resolve(2)
    })
    child.on('exit', (code, signal) => {
      clearTimeout(watchdog)
      resolve(timedOut ? 2 : (code ?? 128 + (signal ? constants.signals[signal] : 0)))
    })
  })
}

/**
 * @param {number} leader
 * @param {NodeJS.Signals} signal
 */
function endGroup(leader, signal) {
  try {
    process.kill(-leader, signal)
  } catch (error) {
    // The group can end between its last sign of life and this call.
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error
  }
}

/**
 * Chromium complains several times a start where no D-Bus runs, though it works without one; a
 * reader of the terminal would take that for a failure. Everything else is shown as it comes.
 *
 * @param {import('node:stream').Readable} stderr
 */
function passOnWithoutBusNoise(stderr) {
  createInterface({ input: stderr }).on('line', (line) => {
    if (!/:ERROR:dbus\//.test(line)) process.stderr.write(`${line}\n`)
  })
}
