// What `electron FOLDER_OR_FILE` runs first in the carried development runtime: it finds
// the app named on the command line and imports it, as Electron's own start-up app would.
import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { app } from 'electron'

const args = process.argv.slice(1)
const preloads = []
let target = null
while (args.length > 0 && target === null) {
  const arg = args.shift()
  if (arg === '-r' || arg === '--require') preloads.push(args.shift())
  else if (!arg.startsWith('-')) target = resolve(arg)
}

if (target === null) {
  process.stdout.write(`Electron ${process.versions.electron}\n`)
  app.exit(0)
} else {
  const require = createRequire(join(process.cwd(), 'preload.js'))
  for (const file of preloads) require(file)
  await openApp(target)
}

async function openApp(path) {
  try {
    const main = statSync(path).isDirectory() ? describeApp(path) : path
    Object.defineProperty(process, 'defaultApp', { value: true })
    await import(pathToFileURL(main).href)
  } catch (error) {
    process.stderr.write(`Cannot start the app at ${path}\n${error?.stack ?? error}\n`)
    app.exit(1)
  }
}

function describeApp(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  app.setName(manifest.productName ?? manifest.name)
  app.setVersion(manifest.version)
  app.setAppPath(folder)
  if (!app.commandLine.hasSwitch('user-data-dir')) {
    app.setPath('userData', join(app.getPath('appData'), app.getName()))
  }
  return resolve(folder, manifest.main ?? 'index.js')
}
