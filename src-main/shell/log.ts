import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import path from 'node:path'
import pino, { type Logger } from 'pino'

export type { Logger } from 'pino'

const LOG_NAME = 'barkeep.log'
const PREVIOUS_NAME = 'barkeep.previous.log'
/** At the next start after this, the file becomes the previous one: 2 × 2 MB at most from one start to the next. */
const ROTATE_BYTES = 2_000_000

export interface Log {
  readonly logger: Logger
  readonly file: string
}

/**
 * The app's log: JSON lines, times in UTC, written before the call returns so that the line before a crash is there.
 * Stays on this machine.
 */
export function openLog(folder: string): Log {
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, LOG_NAME)
  if (existsSync(file) && statSync(file).size > ROTATE_BYTES)
    renameSync(file, path.join(folder, PREVIOUS_NAME))
  const logger = pino(
    { base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: file, sync: true }),
  )
  return { logger, file }
}
