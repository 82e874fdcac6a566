import { spawn } from 'node:child_process'

/**
 * @typedef {object} Finished
 * @property {number | null} code exit code; null when a signal ended the process or it never started
 * @property {NodeJS.Signals | null} signal
 * @property {string} stdout captured text, empty when shown instead
 * @property {string} stderr captured text, empty when shown instead
 * @property {Error | null} spawnError why the command could not be started at all
 */

/**
 * Runs a command to its end. Never rejects: the caller turns a bad end into its own message.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, show?: boolean, shell?: boolean }} [options]
 *   show: pass the output through instead of capturing it
 * @returns {Promise<Finished>}
 */
export function runToEnd(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      shell: options.shell ?? false,
      stdio: options.show ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      stderr += text
    })
    child.on('error', (spawnError) => resolve({ code: null, signal: null, stdout, stderr, spawnError }))
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr, spawnError: null }))
  })
}

/**
 * The npm that is running us, else the one on the PATH. Going through npm's own
 * JavaScript file avoids npm.cmd and a shell on Windows.
 *
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 */
export function runNpm(args, options = {}) {
  const npmFile = process.env.npm_execpath
  if (npmFile && /npm-cli\.[cm]?js$/.test(npmFile)) {
    return runToEnd(process.execPath, [npmFile, ...args], options)
  }
  return runToEnd('npm', args, { ...options, shell: process.platform === 'win32' })
}
