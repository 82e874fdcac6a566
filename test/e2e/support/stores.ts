import { execFile } from 'node:child_process'
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { projectRoot } from '../../../scripts/setup/project.mjs'

const run = promisify(execFile)

/** A bound for what hangs: it must be told as such, before the test's own limit says nothing of where. */
const COMMAND_LIMIT_MILLIS = 90_000

/** What a run of the command line left: its exit code and all it printed. */
export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the built `barkeep` command line on plain Node, as a cron job would. */
export async function barkeep(...args: string[]): Promise<CommandResult> {
  const cli = join(projectRoot, 'out', 'main', 'cli.js')
  try {
    const { stdout, stderr } = await run(process.execPath, [cli, ...args], {
      maxBuffer: 64 << 20,
      timeout: COMMAND_LIMIT_MILLIS,
    })
    return { code: 0, stdout, stderr }
  } catch (error) {
    const failed = error as { code?: unknown; killed?: boolean; stdout?: string; stderr?: string }
    if (failed.killed === true)
      throw new Error(`barkeep ${args.join(' ')} hung: ${failed.stdout}${failed.stderr}`)
    if (typeof failed.code !== 'number') throw error
    return { code: failed.code, stdout: failed.stdout ?? '', stderr: failed.stderr ?? '' }
  }
}

/**
 * Runs the command line with `--json` and returns its document.
 * @throws when it ends with anything but 0, with what it said.
 */
export async function barkeepJson<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await barkeep(...args, '--json')
  if (code !== 0) throw new Error(`barkeep ${args.join(' ')} ended with ${code}: ${stderr || stdout}`)
  return JSON.parse(stdout) as T
}

/** Test stores in a folder of the worker's own: the sample is written once and copied after that. */
export class TestStores {
  readonly #folder: string
  #sample: Promise<string> | null = null
  #count = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  /** A new folder with no store in it. */
  async empty(): Promise<string> {
    const store = this.#next()
    await mkdir(store, { recursive: true })
    return store
  }

  /** A new store with the sample data, free to be changed. */
  async sample(): Promise<string> {
    this.#sample ??= this.#writeSample()
    const store = this.#next()
    await cp(await this.#sample, store, { recursive: true })
    return store
  }

  #next(): string {
    this.#count += 1
    return join(this.#folder, `store-${this.#count}`)
  }

  async #writeSample(): Promise<string> {
    const store = join(this.#folder, 'sample')
    await mkdir(store, { recursive: true })
    await barkeepJson('sample', '--store', store)
    return store
  }
}
