import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { runToEnd } from './child-process.mjs'
import { defaultStore, projectRoot } from './project.mjs'
import { SetupError, say } from './setup-error.mjs'

/**
 * True for a store folder that holds no data: missing, or nothing but its README and what hides
 * behind a dot (an operating system's litter, the lock of a store that was opened while empty).
 *
 * @param {string} folder
 */
export function isEmptyStore(folder) {
  return (
    !existsSync(folder) || readdirSync(folder).every((name) => name === 'README.md' || name.startsWith('.'))
  )
}

/**
 * Gives a first start something to look at: writes sample bars and zones into the default store
 * by the same command, and so the same write path, that a bot's data takes. A folder that the
 * user named is never written to.
 *
 * @returns {Promise<{ written: boolean }>}
 */
export async function ensureSampleStore() {
  if (!isEmptyStore(defaultStore)) return { written: false }
  say('storage/ is empty: writing sample data …')
  const started = Date.now()
  const cli = join(projectRoot, 'out', 'main', 'cli.js')
  const args = [cli, 'sample', '--store', defaultStore, '--json']
  const finished = await runToEnd(process.execPath, args, { cwd: projectRoot })
  if (finished.code !== 0) {
    throw new SetupError('the sample data could not be written', 'npm run -s barkeep -- sample (shows why)', {
      log: finished.stdout + finished.stderr,
    })
  }
  say(`sample data written in ${((Date.now() - started) / 1000).toFixed(1)} s`)
  return { written: true }
}
