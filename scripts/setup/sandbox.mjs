import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
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
 * Some Linux releases forbid the sandbox to an unpacked Electron unless its helper belongs to
 * root. Electron then dies with a core dump, so it is said before it starts.
 *
 * @param {string} folder the runtime's folder
 * @throws {SetupError} with the command that permits it
 */
export function requireSandbox(folder) {
  if (process.platform !== 'linux' || isRoot()) return
  const forbidden =
    switchIs('/proc/sys/kernel/apparmor_restrict_unprivileged_userns', '1') ||
    switchIs('/proc/sys/kernel/unprivileged_userns_clone', '0')
  const helper = join(folder, 'chrome-sandbox')
  if (!forbidden || !existsSync(helper)) return
  const { uid, mode } = statSync(helper)
  if (uid === 0 && (mode & 0o4000) !== 0) return
  throw new SetupError(
    'this Linux does not let Electron start its sandbox',
    `sudo chown root:root '${helper}' && sudo chmod 4755 '${helper}'`,
  )
}

/**
 * @param {string} file kernel switch
 * @param {string} value
 */
function switchIs(file, value) {
  return existsSync(file) && readFileSync(file, 'utf8').trim() === value
}
