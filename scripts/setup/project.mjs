import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Absolute path of the repository: the folder that holds package.json. */
export const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** The store that `npm start` opens when no `--store` is given. */
export const defaultStore = join(projectRoot, 'storage')

/** Oldest Node that the packages in the lock file run on (vite, vitest and electron-vite ask for it). */
export const oldestNode = '20.19.0'

/**
 * Barkeep's own cache, kept outside the repository so that deleting node_modules
 * or cloning afresh does not fetch a 166 MB runtime again.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string} absolute path; may not exist yet
 */
export function cacheFolder(env = process.env) {
  const base = env.XDG_CACHE_HOME ? resolve(env.XDG_CACHE_HOME) : join(homedir(), '.cache')
  return join(base, 'barkeep')
}

/**
 * Folder that the paths on the command line are relative to. npm changes into the
 * project root before it runs a script and leaves the caller's folder in INIT_CWD.
 *
 * @param {NodeJS.ProcessEnv} [env]
 */
export function callerFolder(env = process.env) {
  return env.INIT_CWD || process.cwd()
}

/**
 * @param {string} file path of a JSON file
 * @returns {any} its content
 */
export function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** True where Chromium refuses to start with its sandbox and apt-get may install. */
export function isRoot() {
  return typeof process.getuid === 'function' && process.getuid() === 0
}
