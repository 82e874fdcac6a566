import path from 'node:path'
import type { LaunchInfo } from '../../schemas/contract/engine.ts'
import { BarkeepError } from '../../schemas/contract/errors.ts'

export type ViewName = NonNullable<LaunchInfo['view']>

/** The views of this version, in the order of the rail. */
export const VIEW_NAMES: readonly ViewName[] = [
  'chart',
  'decisions',
  'audits',
  'research',
  'policies',
  'storage',
]

/** What the command line asks of the window. Paths are absolute. */
export interface LaunchArguments {
  readonly store: string | null
  readonly view: ViewName | null
  /** Draw, save the picture here, end. */
  readonly screenshot: string | null
  readonly userDataDir: string | null
}

const FLAGS = ['--store', '--view', '--screenshot', '--user-data-dir'] as const

/**
 * Reads our flags, as `--flag VALUE` or `--flag=VALUE`; the last of a repeated one counts. Everything else is left
 * alone, for the same line carries Chromium's and the debugger's switches and, in development, the app's folder.
 * @param folder what relative paths start from
 * @throws BAD_REQUEST for a flag without its value or an unknown view.
 */
export function parseLaunchArguments(argv: readonly string[], folder: string): LaunchArguments {
  const values = new Map<string, string>()
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? ''
    const flag = FLAGS.find((known) => argument === known || argument.startsWith(`${known}=`))
    if (flag === undefined) continue
    const value = argument === flag ? argv[++index] : argument.slice(flag.length + 1)
    if (value === undefined || value === '' || (argument === flag && value.startsWith('--'))) {
      throw new BarkeepError('BAD_REQUEST', `${flag} needs a value: ${flag} ${placeholder(flag)}.`)
    }
    values.set(flag, value)
  }
  const pathOf = (flag: string) => {
    const value = values.get(flag)
    return value === undefined ? null : path.resolve(folder, value)
  }
  return {
    store: pathOf('--store'),
    view: viewOf(values.get('--view')),
    screenshot: pathOf('--screenshot'),
    userDataDir: pathOf('--user-data-dir'),
  }
}

function viewOf(value: string | undefined): ViewName | null {
  if (value === undefined) return null
  const view = VIEW_NAMES.find((name) => name === value)
  if (view === undefined) {
    throw new BarkeepError(
      'BAD_REQUEST',
      `There is no view "${value}". Use one of: ${VIEW_NAMES.join(', ')}.`,
    )
  }
  return view
}

function placeholder(flag: (typeof FLAGS)[number]): string {
  if (flag === '--view') return VIEW_NAMES.join('|')
  return flag === '--screenshot' ? 'FILE.png' : 'DIR'
}
