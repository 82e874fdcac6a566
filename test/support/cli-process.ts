import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { build } from 'vite'

const ROOT = path.resolve(import.meta.dirname, '../..')

export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The command line as it is now, bundled for tests, to be run as real processes of plain Node. */
export interface CliBundle {
  run(args: readonly string[], options?: CliOptions): Promise<CliResult>
  start(args: readonly string[], options?: CliOptions): ChildProcessWithoutNullStreams
  remove(): Promise<void>
}

export interface CliOptions {
  readonly cwd?: string
  readonly input?: string | Uint8Array
  readonly env?: Readonly<Record<string, string>>
  /** A file descriptor for standard output, instead of a pipe. */
  readonly stdout?: number
}

/**
 * Bundles `src-main/cli/cli.ts`: `out/main/cli.js` may be of yesterday, and a loader that strips types would cost every
 * process half a second. Takes about a second.
 */
export async function bundleCli(): Promise<CliBundle> {
  // Inside the project, so that the bundle finds its packages.
  const cache = path.join(ROOT, '.cache')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(path.join(cache, 'test-cli-'))
  const outDir = path.join(folder, 'out', 'main')
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    await build({
      root: ROOT,
      configFile: false,
      logLevel: 'error',
      build: { ssr: path.join(ROOT, 'src-main/cli/cli.ts'), outDir, target: 'node20' },
    })
  } catch (error) {
    await remove()
    throw error
  }
  // It reads its version two folders up, as in a build.
  await copyFile(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'))

  function start(args: readonly string[], options: CliOptions = {}): ChildProcessWithoutNullStreams {
    // Not execPath: when these tests run inside Electron that would be Electron.
    const node = process.versions.electron === undefined ? process.execPath : 'node'
    return spawn(node, [path.join(outDir, 'cli.js'), ...args], {
      cwd: options.cwd ?? folder,
      env: { ...process.env, npm_lifecycle_event: '', ...options.env },
      stdio: ['pipe', options.stdout ?? 'pipe', 'pipe'],
      // Standard output is a pipe but for the few that ask otherwise, and those don't read it.
    }) as ChildProcessWithoutNullStreams
  }

  return {
    start,
    async run(args, options = {}) {
      const child = start(args, options)
      // A command that doesn't read its input may be gone before it is written.
      child.stdin.on('error', () => undefined)
      child.stdin.end(options.input ?? '')
      return await resultOf(child)
    },
    remove,
  }
}

/** What a process said, once it has ended and its pipes are drained. */
export async function resultOf(child: ChildProcess): Promise<CliResult> {
  const [stdout, stderr] = [[] as Buffer[], [] as Buffer[]]
  child.stdout?.on('data', (piece: Buffer) => stdout.push(piece))
  child.stderr?.on('data', (piece: Buffer) => stderr.push(piece))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }
}
