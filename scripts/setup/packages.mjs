import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runNpm } from './child-process.mjs'
import { projectRoot, readJson } from './project.mjs'
import { SetupError, say } from './setup-error.mjs'

/**
 * Installs the packages of the lock file with `npm ci` unless they are there already.
 *
 * "There" means: a stamp in node_modules carries the lock file's hash, or npm's own
 * record of what it installed agrees with the lock file (someone ran `npm ci` by hand).
 * npm writes that record last, so an interrupted install is never taken for a whole one.
 *
 * @param {string} [root]
 * @returns {Promise<{ installed: boolean }>}
 */
export async function ensurePackages(root = projectRoot) {
  const lockFile = join(root, 'package-lock.json')
  const modules = join(root, 'node_modules')
  const stampFile = join(modules, '.barkeep-setup.json')
  const lockHash = createHash('sha256').update(readFileSync(lockFile)).digest('hex')

  if (stampedHash(stampFile) === lockHash) return { installed: false }
  if (installedAsLocked(lockFile, join(modules, '.package-lock.json'))) {
    writeStamp(stampFile, lockHash)
    return { installed: false }
  }

  say('installing packages (npm ci) …')
  const started = Date.now()
  // Electron's engines field asks for a newer Node than it needs for being started from;
  // errors still get through, that warning and npm's own advertisements do not.
  const finished = await runNpm(['ci', '--loglevel=error', '--no-audit', '--no-fund'], { cwd: root })
  if (finished.code !== 0) {
    throw new SetupError('the packages could not be installed', 'npm ci', {
      log: finished.stdout + finished.stderr + (finished.spawnError?.message ?? ''),
    })
  }
  writeStamp(stampFile, lockHash)
  say(`packages installed in ${seconds(started)}`)
  return { installed: true }
}

/**
 * Compares npm's hidden record of the installed tree with the lock file. Packages for
 * other platforms are in the lock file only, so the record has to be a subset, and
 * whatever it lacks must be optional.
 *
 * @param {string} lockFile
 * @param {string} recordFile node_modules/.package-lock.json
 */
export function installedAsLocked(lockFile, recordFile) {
  if (!existsSync(recordFile)) return false
  const locked = readJson(lockFile).packages
  const installed = readJson(recordFile).packages
  for (const [path, entry] of Object.entries(locked)) {
    if (path === '') continue
    const found = installed[path]
    if (!found && !entry.optional && !entry.peer) return false
    if (found && (found.version !== entry.version || found.integrity !== entry.integrity)) return false
  }
  return Object.keys(installed).every((path) => path in locked)
}

/** @param {string} stampFile */
function stampedHash(stampFile) {
  if (!existsSync(stampFile)) return null
  try {
    return readJson(stampFile).lockHash
  } catch {
    // A torn stamp only costs one comparison with npm's record.
    return null
  }
}

/**
 * @param {string} stampFile
 * @param {string} lockHash
 */
function writeStamp(stampFile, lockHash) {
  writeFileSync(stampFile, `${JSON.stringify({ lockHash })}\n`)
}

/** @param {number} started */
function seconds(started) {
  return `${((Date.now() - started) / 1000).toFixed(1)} s`
}
