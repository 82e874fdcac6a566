import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { runToEnd } from './child-process.mjs'
import { isRoot } from './project.mjs'
import { SetupError } from './setup-error.mjs'

/**
 * Chromium will not sandbox for root; everybody else keeps the sandbox.
 *
 * @returns {string[]} switches to put in front of the app's folder
 */
export function sandboxSwitches() {
  return isRoot() ? ['--no-sandbox'] : []
}

/**
 * Some Linux releases and containers forbid the sandbox to an unpacked Electron unless its helper
 * belongs to root. Electron then dies with a core dump, so it is said before it starts.
 *
 * @param {string} folder the runtime's folder
 * @throws {SetupError} with the command that permits it
 */
export async function requireSandbox(folder) {
  if (process.platform !== 'linux' || isRoot()) return
  const helper = join(folder, 'chrome-sandbox')
  if (!existsSync(helper) || isSetUpAsRoot(helper) || (await namespacesAllowed())) return
  throw new SetupError(
    'this Linux does not let Electron start its sandbox',
    `sudo chown root:root '${helper}' && sudo chmod 4755 '${helper}'`,
  )
}

/** @param {string} helper */
function isSetUpAsRoot(helper) {
  const { uid, mode } = statSync(helper)
  return uid === 0 && (mode & 0o4000) !== 0
}

/** Chromium's other sandbox needs user namespaces; kernels switch them off in more than one way. */
async function namespacesAllowed() {
  if (switchIs('/proc/sys/kernel/apparmor_restrict_unprivileged_userns', '1')) return false
  if (switchIs('/proc/sys/kernel/unprivileged_userns_clone', '0')) return false
  const tried = await runToEnd('unshare', ['--user', 'true'])
  // Where the tool is missing nothing is known, and Electron itself will tell.
  return tried.spawnError !== null || tried.code === 0
}

/**
 * @param {string} file kernel switch
 * @param {string} value
 */
function switchIs(file, value) {
  return existsSync(file) && readFileSync(file, 'utf8').trim() === value
}
