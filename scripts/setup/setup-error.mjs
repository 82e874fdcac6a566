/**
 * Something the set-up could not do. Shown as one line: what is wrong, then the
 * command that mends it. The process ends with exit code 2.
 */
export class SetupError extends Error {
  /**
   * @param {string} what what could not be done, in one clause
   * @param {string} mend the command (or step) that mends it
   * @param {{ cause?: unknown, log?: string }} [details] log: output of the tool that failed
   */
  constructor(what, mend, details = {}) {
    super(`${what} — to mend it: ${mend}`, { cause: details.cause })
    this.name = 'SetupError'
    this.what = what
    this.mend = mend
    this.log = details.log ?? ''
  }
}

/**
 * One line of set-up news, on standard error so that standard output stays free
 * for what was asked for.
 *
 * @param {string} line
 */
export function say(line) {
  process.stderr.write(`[barkeep] ${line}\n`)
}

/**
 * Prints an error as the set-up's one line (with the failed tool's last output above it)
 * and sets the exit code 2; anything that is no SetupError is a bug and is thrown on.
 *
 * @param {unknown} error
 */
export function reportSetupError(error) {
  if (!(error instanceof SetupError)) throw error
  const tail = error.log.trim().split('\n').slice(-20).join('\n')
  if (tail) process.stderr.write(`${tail}\n`)
  say(`cannot go on: ${error.message}`)
  process.exitCode = 2
}
