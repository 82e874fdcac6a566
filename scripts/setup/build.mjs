import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runToEnd } from './child-process.mjs'
import { projectRoot, readJson } from './project.mjs'
import { SetupError, say } from './setup-error.mjs'

/** Everything that the build reads. A missing entry counts as empty. */
const sources = [
  'schemas',
  'src-main',
  'src-renderer',
  'electron.vite.config.ts',
  'tsconfig.base.json',
  'package.json',
  'package-lock.json',
]
const outputs = ['out/main/index.js', 'out/main/cli.js', 'out/preload/preload.cjs', 'out/renderer/index.html']

/**
 * Builds main process, command line, preload and renderer into `out/` unless what is there
 * was built from the very same sources.
 *
 * @param {{ root?: string, always?: boolean }} [options] always: build even so
 * @returns {Promise<{ built: boolean }>}
 */
export async function ensureBuild({ root = projectRoot, always = false } = {}) {
  const stampFile = join(root, 'out', '.barkeep-build.json')
  const sourceHash = hashSources(root)
  const complete = outputs.every((file) => existsSync(join(root, file)))
  if (!always && complete && stampedHash(stampFile) === sourceHash) return { built: false }
  say('building …')
  // A build that fails or is killed half-way must not be taken for the one before it.
  rmSync(stampFile, { force: true })
  const started = Date.now()
  const bundler = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js')
  const finished = await runToEnd(process.execPath, [bundler, 'build', '--logLevel', 'warn'], { cwd: root })
  if (finished.code !== 0) {
    throw new SetupError('the app could not be built', 'correct what stands above, then npm run build', {
      log: finished.stdout + finished.stderr,
    })
  }
  writeFileSync(stampFile, `${JSON.stringify({ sourceHash })}\n`)
  say(`built in ${((Date.now() - started) / 1000).toFixed(1)} s`)
  return { built: true }
}

/**
 * Contents rather than times: a checkout or a touched file costs no build, and a restored old
 * file is never missed.
 *
 * @param {string} root
 * @returns {string} hash over names and contents of all sources
 */
export function hashSources(root) {
  const hash = createHash('sha256')
  for (const source of sources) {
    for (const file of filesUnder(root, source)) {
      const content = readFileSync(join(root, file))
      hash.update(`${file}\0${content.length}\0`).update(content)
    }
  }
  return hash.digest('hex')
}

/**
 * @param {string} root
 * @param {string} path relative to root
 * @returns {string[]} relative paths of the files, in a fixed order
 */
function filesUnder(root, path) {
  if (!existsSync(join(root, path))) return []
  if (/\.[a-z]+$/.test(path)) return [path]
  return readdirSync(join(root, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort()
}

/** @param {string} stampFile */
function stampedHash(stampFile) {
  if (!existsSync(stampFile)) return null
  try {
    return readJson(stampFile).sourceHash
  } catch {
    // A torn stamp only costs one build.
    return null
  }
}
