import { stat } from 'node:fs/promises'
import path from 'node:path'
import type { StartedJob } from '../../schemas/contract/engine.ts'
import { BarkeepError } from '../../schemas/contract/errors.ts'
import type { JobKind } from '../../schemas/contract/jobs.ts'
import type { ImportRequest } from '../../schemas/generated/requests.ts'
import type { Desktop } from './calls.ts'
import type { EngineHost } from './engine-host.ts'
import type { JobWork } from './jobs.ts'

export interface ImportsContext {
  readonly engine: EngineHost
  readonly desktop: Pick<Desktop, 'chooseImport'>
  /** Starts work, and says whether it changes files. */
  readonly start: (kind: JobKind, changes: boolean, work: JobWork) => StartedJob
}

/** What the window may come back to by the name of a job. */
interface TakenFile {
  readonly file: string
  readonly store: string | null
  /** As it was before its import began; null where it could not be looked at. */
  readonly seen: string | null
}

/** So many imports can be taken up again; the window only ever does so with its last. */
const REMEMBERED = 8

/**
 * Imports as the window asks for them. It never names a path: a file comes from the native dialog, from a drop that
 * preload asked Electron about, or is that of an earlier import, by the name of its job.
 */
export class Imports {
  readonly #context: ImportsContext
  readonly #taken = new Map<string, TakenFile>()

  constructor(context: ImportsContext) {
    this.#context = context
  }

  /**
   * @returns null when the person cancelled the dialog
   * @throws NOT_FOUND or BAD_REQUEST when the file of an earlier import is asked for and can't be had; LOCKED
   */
  async choose(request: ImportRequest): Promise<StartedJob | null> {
    if (request.fileOf !== undefined) return this.#start(await this.#again(request.fileOf), request)
    const file = await this.#context.desktop.chooseImport(request.table)
    return file === null ? null : this.#start(file, request)
  }

  /**
   * @param file what preload says that Electron says
   * @throws BAD_REQUEST unless it is the absolute path of a regular file that can be read; LOCKED
   */
  async dropped(file: unknown, request: ImportRequest): Promise<StartedJob> {
    if (request.fileOf !== undefined) {
      throw new BarkeepError('BAD_REQUEST', 'A dropped file is its own: it names no other import.')
    }
    return this.#start(await checkDropped(file), request)
  }

  async #start(file: string, { fileOf: _, ...request }: ImportRequest): Promise<StartedJob> {
    const { engine, start } = this.#context
    const taken: TakenFile = { file, store: engine.path, seen: await look(file) }
    const started = start('import', request.dryRun !== true, (job) => engine.importFile(file, request, job))
    this.#taken.set(started.job, taken)
    const [oldest] = this.#taken.keys()
    if (this.#taken.size > REMEMBERED && oldest !== undefined) this.#taken.delete(oldest)
    return started
  }

  async #again(job: string): Promise<string> {
    const taken = this.#taken.get(job)
    if (taken === undefined || taken.store !== this.#context.engine.path) {
      throw new BarkeepError('NOT_FOUND', 'Barkeep no longer knows which file was meant. Choose it again.')
    }
    if (taken.seen === null || (await look(taken.file)) !== taken.seen) {
      throw new BarkeepError(
        'BAD_REQUEST',
        `${taken.file} changed since it was looked at, so what was shown no longer holds. Look again.`,
      )
    }
    return taken.file
  }
}

/** Longer than any system's longest path. */
const LONGEST_PATH = 32_768

/** @throws BAD_REQUEST */
async function checkDropped(file: unknown): Promise<string> {
  if (typeof file !== 'string' || file === '') {
    throw new BarkeepError('BAD_REQUEST', 'What was dropped is no file of this computer. Drop a file.')
  }
  // Electron names files in full; anything else was made up.
  const plain = file.length <= LONGEST_PATH && !file.includes('\0') && path.normalize(file) === file
  if (!plain || !path.isAbsolute(file)) {
    throw new BarkeepError('BAD_REQUEST', 'What was dropped has no plain absolute path.')
  }
  const found = await stat(file).catch((cause: unknown) => {
    throw new BarkeepError('BAD_REQUEST', `The file ${file} can't be read. Check its permissions.`, { cause })
  })
  if (found.isDirectory()) {
    throw new BarkeepError('BAD_REQUEST', `${file} is a folder. Drop one file with a JSON document a line.`)
  }
  if (!found.isFile()) {
    throw new BarkeepError(
      'BAD_REQUEST',
      `${file} is no ordinary file. Drop one with a JSON document a line.`,
    )
  }
  return file
}

/** What tells a file from one that was written since; null where there is none to be seen. */
async function look(file: string): Promise<string | null> {
  try {
    const { ino, size, mtimeMs } = await stat(file)
    return `${ino} ${size} ${mtimeMs}`
  } catch {
    // The import says by itself, and better, why it can't read the file.
    return null
  }
}
