import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import { BarkeepError } from '../../../schemas/contract/errors.ts'

/** 256 bits: nobody guesses it, however many tries a second. */
const TOKEN_BYTES = 32
const TOKEN_TEXT = /^[A-Za-z0-9_-]{43}$/

/**
 * The secret that a bot shows with each request, in a file that only the user can read (SPEC H3). What the file holds now
 * is the one token that is good, whoever wrote it: another process that makes a new one, or a person who removes the
 * file, shuts the old one out here as well.
 */
export class TokenFile {
  readonly file: string
  #token: string | null
  /** What tells the file that the token was read from. */
  #look: string | null

  /**
   * Reads the file, or makes it. A file that others may read or that holds no token is written anew: what others knew
   * is no secret any more.
   * @param file absolute
   * @throws IO when the file can't be read or written
   */
  constructor(file: string) {
    this.file = file
    this.#token = readToken(file)
    this.#look = lookAt(file)
    if (this.#token === null) this.renew()
  }

  /** @throws IO when the file is gone, or is fit no more to hold a secret */
  get token(): string {
    const token = this.#current()
    if (token !== null) return token
    throw new BarkeepError(
      'IO',
      `The token file ${this.file} is gone, or others can read it. Make a new token.`,
    )
  }

  /** Writes a new token; the one before is stale from then on. @throws IO; the one before stays then */
  renew(): void {
    this.#token = this.#write()
    this.#look = lookAt(this.file)
  }

  /** Takes the same time whatever is given: both sides are hashed to one length first. */
  matches(given: string): boolean {
    const token = this.#current()
    const isEqual = timingSafeEqual(hashOf(given), hashOf(token ?? ''))
    return isEqual && token !== null
  }

  #current(): string | null {
    const look = lookAt(this.file)
    if (look === this.#look) return this.#token
    this.#token = look === null ? null : readToken(this.file)
    this.#look = look
    return this.#token
  }

  /** Staged beside the file with its final mode, fsynced, renamed: a reader sees one token or the other, whole. */
  #write(): string {
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    const staging = `${this.file}.${process.pid}.tmp`
    try {
      mkdirSync(path.dirname(this.file), { recursive: true, mode: 0o700 })
      // Left behind by a process that died: never opened, for its mode may not be ours.
      rmSync(staging, { force: true })
      const handle = openSync(staging, 'wx', 0o600)
      try {
        writeSync(handle, `${token}\n`)
        fsyncSync(handle)
      } finally {
        closeSync(handle)
      }
      renameSync(staging, this.file)
    } catch (cause) {
      rmSync(staging, { force: true })
      throw new BarkeepError(
        'IO',
        `The token file ${this.file} can't be written (${reasonOf(cause)}). Check the folder's permissions.`,
        { cause },
      )
    }
    return token
  }
}

/** Null where there is no file, or none that is fit to hold a secret. @throws IO */
function readToken(file: string): string | null {
  let handle: number
  try {
    // A link could lead to a file of somebody else's choice.
    handle = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
  } catch (cause) {
    const code = codeOf(cause)
    if (code === 'ENOENT' || code === 'ELOOP') return null
    throw new BarkeepError('IO', `The token file ${file} can't be read (${reasonOf(cause)}).`, { cause })
  }
  try {
    const { mode, uid, size } = fstatSync(handle)
    // Windows keeps no such mode; its user folders are the user's alone.
    const isPrivate = process.platform === 'win32' || ((mode & 0o077) === 0 && uid === process.getuid?.())
    if (!isPrivate || size > 1024) return null
    const text = readFileSync(handle, 'utf8').trim()
    return TOKEN_TEXT.test(text) ? text : null
  } catch (cause) {
    throw new BarkeepError('IO', `The token file ${file} can't be read (${reasonOf(cause)}).`, { cause })
  } finally {
    closeSync(handle)
  }
}

/** Null where there is no file, or it can't be looked at. */
function lookAt(file: string): string | null {
  try {
    const { ino, size, mtimeMs, ctimeMs } = lstatSync(file)
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`
  } catch {
    // Without a look there is no token; what is wrong is told when one is asked for.
    return null
  }
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest()
}

function codeOf(thrown: unknown): string | undefined {
  return (thrown as NodeJS.ErrnoException).code
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
