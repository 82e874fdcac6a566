import { isAbsolute, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { SetupError } from './setup-error.mjs'

/** Flags whose value is a path, relative to where the caller stands. */
const pathFlags = ['store', 'screenshot', 'user-data-dir']

/**
 * @typedef {object} AppFlags
 * @property {string[]} args what to hand to the app, as `--name=value` with absolute paths
 * @property {string | null} store absolute path given with --store
 * @property {string | null} screenshot absolute path given with --screenshot
 * @property {boolean} help
 */

export const usage = `npm start -- [--store DIR] [--view NAME] [--screenshot FILE] [--user-data-dir DIR]
  --store DIR          open the store in DIR (default: storage/, with sample data when it is empty)
  --view NAME          open on a view: chart, storage
  --screenshot FILE    save a picture of the view once it has drawn, then exit
  --user-data-dir DIR  keep window state and settings in DIR`

/**
 * Reads the flags of `npm start`.
 *
 * @param {string[]} argv arguments after the script's name
 * @param {string} from absolute folder that relative paths are relative to
 * @returns {AppFlags}
 * @throws {SetupError} on a flag that doesn't exist or lacks its value
 */
export function parseAppFlags(argv, from) {
  const values = readFlags(argv)
  const args = []
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== 'string') continue
    const absolute = pathFlags.includes(name) && !isAbsolute(value) ? resolve(from, value) : value
    args.push(`--${name}=${absolute}`)
    values[name] = absolute
  }
  return {
    args,
    store: typeof values.store === 'string' ? values.store : null,
    screenshot: typeof values.screenshot === 'string' ? values.screenshot : null,
    help: values.help === true,
  }
}

/**
 * @param {string[]} argv
 * @returns {Record<string, string | boolean | undefined>}
 */
function readFlags(argv) {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        store: { type: 'string' },
        view: { type: 'string' },
        screenshot: { type: 'string' },
        'user-data-dir': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (Object.values(values).includes('')) throw new TypeError('a flag has an empty value')
    return { ...values }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('. ')[0] : String(cause)
    throw new SetupError(`${reason}`, 'npm start -- --help', { cause })
  }
}
