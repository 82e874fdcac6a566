import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { runToEnd } from './child-process.mjs'
import { isRoot } from './project.mjs'
import { SetupError, say } from './setup-error.mjs'

/**
 * What Electron links to, and the Debian package that brings it. Newer releases renamed some
 * packages for 64-bit time: the first name that apt knows is taken.
 *
 * @type {ReadonlyArray<{ library: string, packages: string[] }>}
 */
export const neededLibraries = [
  { library: 'libgtk-3.so.0', packages: ['libgtk-3-0t64', 'libgtk-3-0'] },
  { library: 'libnss3.so', packages: ['libnss3'] },
  { library: 'libnspr4.so', packages: ['libnspr4'] },
  { library: 'libasound.so.2', packages: ['libasound2t64', 'libasound2'] },
  { library: 'libgbm.so.1', packages: ['libgbm1'] },
  { library: 'libXss.so.1', packages: ['libxss1'] },
  { library: 'libXtst.so.6', packages: ['libxtst6'] },
  { library: 'libatk-1.0.so.0', packages: ['libatk1.0-0t64', 'libatk1.0-0'] },
  { library: 'libatk-bridge-2.0.so.0', packages: ['libatk-bridge2.0-0t64', 'libatk-bridge2.0-0'] },
  { library: 'libatspi.so.0', packages: ['libatspi2.0-0t64', 'libatspi2.0-0'] },
  { library: 'libcups.so.2', packages: ['libcups2t64', 'libcups2'] },
  { library: 'libglib-2.0.so.0', packages: ['libglib2.0-0t64', 'libglib2.0-0'] },
  { library: 'libdbus-1.so.3', packages: ['libdbus-1-3'] },
  { library: 'libdrm.so.2', packages: ['libdrm2'] },
  { library: 'libexpat.so.1', packages: ['libexpat1'] },
  { library: 'libcairo.so.2', packages: ['libcairo2'] },
  { library: 'libpango-1.0.so.0', packages: ['libpango-1.0-0'] },
  { library: 'libX11.so.6', packages: ['libx11-6'] },
  { library: 'libXcomposite.so.1', packages: ['libxcomposite1'] },
  { library: 'libXdamage.so.1', packages: ['libxdamage1'] },
  { library: 'libXext.so.6', packages: ['libxext6'] },
  { library: 'libXfixes.so.3', packages: ['libxfixes3'] },
  { library: 'libXrandr.so.2', packages: ['libxrandr2'] },
  { library: 'libxcb.so.1', packages: ['libxcb1'] },
  { library: 'libxkbcommon.so.0', packages: ['libxkbcommon0'] },
  { library: 'libudev.so.1', packages: ['libudev1'] },
]

/** Without a display the window opens in a virtual one. */
const displayCommands = [
  { command: 'Xvfb', name: 'xvfb' },
  { command: 'xvfb-run', name: 'xvfb' },
  { command: 'xauth', name: 'xauth' },
]
const fontPackage = 'fonts-dejavu-core'

/**
 * Which packages this Linux lacks for a window; installs nothing.
 *
 * @param {{ needsDisplay: boolean }} options needsDisplay: true when there is no X or Wayland display
 * @returns {Promise<string[][]>} for each missing piece the package names it may have, in order of preference
 */
export async function missingPackages({ needsDisplay }) {
  const known = await knownLibraries()
  /** @type {string[][]} */
  const missing = []
  for (const { library, packages } of neededLibraries) {
    if (known && !known.has(library)) missing.push(packages)
  }
  if (needsDisplay) {
    for (const { command, name } of displayCommands) if (!onPath(command)) missing.push([name])
  }
  if (!hasFonts('/usr/share/fonts')) missing.push([fontPackage])
  return missing
}

/**
 * Makes sure that Electron can open a window here: as root on Debian or Ubuntu it installs what
 * is missing, elsewhere it says which one command does.
 *
 * @param {{ needsDisplay: boolean }} options
 * @returns {Promise<string[]>} the packages that were installed
 */
export async function ensureLinuxLibraries({ needsDisplay }) {
  if (process.platform !== 'linux') return []
  const missing = await missingPackages({ needsDisplay })
  if (missing.length === 0) return []

  if (!onPath('apt-get')) {
    const names = unique(missing.map((names) => names.at(-1) ?? ''))
    throw new SetupError(
      'this Linux lacks libraries that Electron needs, and has no apt-get',
      `install what your distribution calls ${names.join(', ')}`,
    )
  }
  if (!isRoot()) {
    const names = unique(await Promise.all(missing.map(nameThatAptKnows)))
    throw new SetupError(
      'this Linux lacks libraries that Electron needs',
      `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${names.join(' ')}`,
    )
  }
  return installAsRoot(missing)
}

/** @param {string[][]} missing */
async function installAsRoot(missing) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  say('Linux libraries are missing; refreshing the package lists …')
  const update = await runToEnd('apt-get', ['update', '-qq'], { env })
  const names = unique(await Promise.all(missing.map(nameThatAptKnows)))
  say(`installing ${names.join(' ')} …`)
  const args = ['install', '-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', ...names]
  const install = await runToEnd('apt-get', args, { env })
  if (install.code !== 0) {
    throw new SetupError(
      'the Linux libraries that Electron needs could not be installed',
      `apt-get update && apt-get install -y ${names.join(' ')}`,
      { log: update.stderr + install.stdout + install.stderr },
    )
  }
  return names
}

/** @param {string[]} names in order of preference */
async function nameThatAptKnows(names) {
  for (const name of names) {
    if (names.length === 1) return name
    // The exit code of apt-cache is 0 for names it only knows from others' dependencies.
    const shown = await runToEnd('apt-cache', ['show', '--no-all-versions', name])
    if (shown.stdout.includes(`Package: ${name}`)) return name
  }
  return names.at(-1) ?? ''
}

/** @returns {Promise<Set<string> | null>} library names; null where the loader keeps no list */
async function knownLibraries() {
  const ldconfig = ['/sbin/ldconfig', '/usr/sbin/ldconfig'].find((path) => existsSync(path))
  if (!ldconfig) return null
  const listed = await runToEnd(ldconfig, ['-p'])
  if (listed.code !== 0) return null
  return new Set(listed.stdout.split('\n').map((line) => line.trim().split(' ')[0] ?? ''))
}

/** @param {string} command */
export function onPath(command) {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.some((folder) => folder !== '' && existsSync(join(folder, command)))
}

/** @param {string} folder */
function hasFonts(folder) {
  if (!existsSync(folder)) return false
  return readdirSync(folder, { recursive: true }).some((name) => /\.(ttf|otf|ttc|pfb)$/i.test(String(name)))
}

/** @param {string[]} names */
function unique(names) {
  return [...new Set(names)]
}
