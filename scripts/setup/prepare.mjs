import { ensureBuild } from './build.mjs'
import { hasDisplay } from './display.mjs'
import { ensureElectron } from './electron-runtime.mjs'
import { ensureLinuxLibraries } from './linux-libraries.mjs'
import { ensurePackages } from './packages.mjs'
import { oldestNode } from './project.mjs'
import { SetupError } from './setup-error.mjs'

/**
 * Makes a fresh clone ready to start and test: packages, Electron runtime, Linux libraries,
 * build. Each step does nothing when its work is done already, so a second start takes seconds.
 *
 * @returns {Promise<import('./electron-runtime.mjs').ElectronRuntime>}
 * @throws {SetupError} with the one line that says what is missing and what mends it
 */
export async function prepare() {
  requireNode(process.versions.node)
  await ensurePackages()
  const runtime = await ensureElectron()
  await ensureLinuxLibraries({ needsDisplay: !hasDisplay() })
  await ensureBuild()
  return runtime
}

/**
 * @param {string} version as in process.versions.node
 * @throws {SetupError} when it is older than what the packages run on
 */
export function requireNode(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode.split('.').map(Number)
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return
  throw new SetupError(`Node ${version} is too old`, `install Node ${oldestNode} or newer`)
}
