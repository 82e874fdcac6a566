// What `electron FOLDER_OR_FILE` runs first in the carried development runtime: it finds
// the app named on the command line and imports it, as Electron's own start-up app would.
import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { app } from 'electron'

const { target, preloads } = readCommandLine(process.argv.slice(1))

if (target === null) {
  process.stdout.write(`Electron ${process.versions.electron}\n`)
  app.exit(0)
} else {
  const require = createRequire(join(process.cwd(), 'preload.js'))
  for (const file of preloads) require(file)
  await openApp(target)
}

/**
 * Everything behind the app's path belongs to the app; switches in front of it to Chromium.
 *
 * @param {string[]} args
 */
function readCommandLine(args) {
  const preloads = []
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? ''
    if (arg === '-r' || arg === '--require') {
      at += 1
      preloads.push(args[at] ?? '')
    } else if (!arg.startsWith('-')) {
      return { target: resolve(arg), preloads }
    }
  }
  return { target: null, preloads }
}

/** @param {string} path an app's folder or a JavaScript file */
async function openApp(path) {
  try {
    const main = statSync(path).isDirectory() ? describeApp(path) : path
    Object.defineProperty(process, 'defaultApp', { value: true })
    await import(pathToFileURL(main).href)
  } catch (error) {
    process.stderr.write(`Cannot start the app at ${path}\n${error instanceof Error ? error.stack : error}\n`)
    app.exit(1)
  }
}

/**
 * Gives Electron the names and paths of an app's folder.
 *
 * @param {string} folder
 * @returns {string} the app's main file
 */
function describeApp(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  // Both setters exist for start-up apps like this one and are left out of the public types.
  const settable =
    /** @type {Electron.App & Record<'setVersion' | 'setAppPath', (value: string) => void>} */ (app)
  settable.setVersion(manifest.version)
  settable.setAppPath(folder)
  app.setName(manifest.productName ?? manifest.name)
  if (!app.commandLine.hasSwitch('user-data-dir')) {
    app.setPath('userData', join(app.getPath('appData'), app.getName()))
  }
  return resolve(folder, manifest.main ?? 'index.js')
}
