// npm run package: builds the app and packs it with electron-builder. With `--dir` into an unpacked
// folder, offline, around the runtime that `npm start` uses; else into the targets of
// electron-builder.yml, around the official runtime only.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { prepare } from './setup/prepare.mjs'
import { runGroup } from './setup/process-group.mjs'
import { projectRoot } from './setup/project.mjs'
import { reportSetupError, SetupError, say } from './setup/setup-error.mjs'

const usage = `npm run package -- [--dir] [--output DIR] [--under-test] [-- ELECTRON_BUILDER_ARG…]
  --dir         an unpacked folder instead of installers; needs no network
  --output DIR  where to put it (default: release/)
  --under-test  let Playwright attach to the packaged app; never for users`

try {
  const flags = readFlags(process.argv.slice(2))
  if (flags.help) process.stdout.write(`${usage}\n`)
  else process.exitCode = await packageApp(flags)
} catch (error) {
  reportSetupError(error)
}

/** @param {ReturnType<typeof readFlags>} flags */
async function packageApp(flags) {
  const runtime = await prepare()
  const official = runtime.source === 'package' || runtime.source === 'download'
  const args = ['--publish', 'never', ...flags.rest]
  if (flags.dir) args.push('--dir')
  if (flags.dir || official) args.push(`-c.electronDist=${runtime.folder}`)
  else say('installers get the official Electron runtime, which electron-builder now downloads')
  if (flags.output) args.push(`-c.directories.output=${flags.output}`)
  if (flags.underTest) args.push('-c.electronFuses.enableNodeCliInspectArguments=true')

  const builder = join(projectRoot, 'node_modules', 'electron-builder', 'cli.js')
  const ended = await runGroup(process.execPath, [builder, ...args], {
    cwd: projectRoot,
    env: process.env,
    what: 'electron-builder',
  })
  return ended.code
}

/** @param {string[]} argv */
function readFlags(argv) {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        dir: { type: 'boolean', default: false },
        output: { type: 'string' },
        'under-test': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    return {
      dir: values.dir,
      output: values.output,
      underTest: values['under-test'],
      help: values.help,
      rest: positionals,
    }
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('. ')[0] ?? '') : String(cause)
    throw new SetupError(reason, 'npm run package -- --help', { cause })
  }
}
