import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { createInterface } from 'node:readline'
import { say } from './setup-error.mjs'

/** How long a group may take to end after a polite signal before it is killed. */
const graceMillis = 5000

/**
 * Runs a command together with everything it starts (xvfb-run, Xvfb, Electron's helpers) as one
 * group that also ends together: by itself, by Ctrl-C, or when its time is up.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, what: string, limitMillis?: number }} options
 *   what: how to name it in a message; limitMillis: end it, and say so, when it runs longer (0: never)
 * @returns {Promise<{ code: number, timedOut: boolean }>} code: 128 + signal when a signal ended it,
 *   127 when it could not be started
 */
export function runGroup(command, args, { cwd, env, what, limitMillis = 0 }) {
  return new Promise((resolve) => {
    const grouped = process.platform !== 'win32'
    const child = spawn(command, args, { cwd, env, stdio: ['inherit', 'inherit', 'pipe'], detached: grouped })
    passOnWithoutBusNoise(child.stderr)

    const end = (/** @type {NodeJS.Signals} */ signal) => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
      if (grouped) signalGroup(child.pid, signal)
      else child.kill(signal)
    }
    const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])
    for (const signal of signals) process.on(signal, end)

    let timedOut = false
    const watchdog = limitMillis > 0 ? setTimeout(onLimit, limitMillis) : undefined
    function onLimit() {
      timedOut = true
      say(`${what} did not finish within ${limitMillis / 1000} s and was ended`)
      end('SIGTERM')
      setTimeout(() => end('SIGKILL'), graceMillis).unref()
    }
    /** @param {number} code */
    function finish(code) {
      clearTimeout(watchdog)
      for (const signal of signals) process.off(signal, end)
      // A helper that outlives the group's head must not keep this process waiting for its last words.
      setTimeout(() => child.stderr.destroy(), 1000).unref()
      resolve({ code, timedOut })
    }
    child.on('error', (error) => {
      say(`${what} could not be started: ${error.message}`)
      finish(127)
    })
    child.on('exit', (code, signal) => finish(code ?? 128 + (signal ? constants.signals[signal] : 0)))
  })
}

/**
 * @param {number} leader
 * @param {NodeJS.Signals} signal
 */
function signalGroup(leader, signal) {
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
