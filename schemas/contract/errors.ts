/** Every way Barkeep can refuse or fail: a closed set, so that callers branch on codes and never on text. */
export const ERROR_CODES = [
  /** A request, flag or time that can't be understood. */
  'BAD_REQUEST',
  /** The folder is not there, or is not a folder. */
  'NO_STORE',
  /** Another live process owns compaction; the detail names it. */
  'LOCKED',
  /** A file that is not (or no longer) Parquet, or can't be opened. */
  'UNREADABLE',
  /** The bytes differ from the recorded SHA-256, or the values from the digest in the file. */
  'BAD_CHECKSUM',
  /** A file lacks a column its table needs, or a column can't be cast. */
  'BAD_COLUMNS',
  /** A row breaks its schema. */
  'BAD_ROW',
  /** A row stands in the file of another day or timeframe. */
  'WRONG_PLACE',
  /** Two files give different values for one key. */
  'CONFLICT',
  /** The disk is full. */
  'NO_SPACE',
  /** The file system refused: permissions, read-only, I/O error. */
  'IO',
  /** What was written reads back differently; nothing was published. */
  'VERIFY_FAILED',
  /** Cancelled on request, at a safe point. */
  'CANCELLED',
  /** The object, day or job asked for does not exist. */
  'NOT_FOUND',
  /** The store's settings file breaks its schema, or is no JSON. */
  'BAD_SETTINGS',
  /** A call over IPC from a frame or origin that is not ours. */
  'FORBIDDEN',
  /** A defect of Barkeep itself. */
  'INTERNAL',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** What crosses a process border or goes into a report. */
export interface ErrorReport {
  readonly code: ErrorCode
  /** One sentence: what happened, with the numbers, and what to do. */
  readonly message: string
  /** The file concerned, relative to the store. */
  readonly file?: string | undefined
}

/** The one error type that the engine throws on purpose; anything else that is thrown is a defect. */
export class BarkeepError extends Error {
  override readonly name = 'BarkeepError'
  readonly code: ErrorCode
  readonly file: string | undefined

  constructor(code: ErrorCode, message: string, options: { file?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.file = options.file
  }

  toReport(): ErrorReport {
    return { code: this.code, message: this.message, file: this.file }
  }
}

/** A report of whatever was thrown: our own as they are, a file system's by its code, the rest as INTERNAL. */
export function reportOf(thrown: unknown): ErrorReport {
  if (thrown instanceof BarkeepError) return thrown.toReport()
  if (thrown instanceof Error) {
    const systemCode = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined
    if (systemCode === 'ENOSPC' || systemCode === 'EDQUOT' || systemCode === 'EFBIG') {
      return {
        code: 'NO_SPACE',
        message: `The disk is full (${thrown.message}). Free some space and try again.`,
      }
    }
    if (systemCode !== undefined && /^E[A-Z0-9]+$/.test(systemCode)) {
      return { code: 'IO', message: `The file system refused: ${thrown.message}.` }
    }
    return { code: 'INTERNAL', message: thrown.message }
  }
  return { code: 'INTERNAL', message: String(thrown) }
}
