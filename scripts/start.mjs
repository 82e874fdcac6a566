// npm start: sets up what is missing, writes sample data into an empty default store, and opens
// the window. Only Node's own modules here and in ./setup: a fresh clone has no node_modules.
import { parseAppFlags, usage } from './setup/app-flags.mjs'
import { launchApp } from './setup/launch.mjs'
import { prepare } from './setup/prepare.mjs'
import { callerFolder } from './setup/project.mjs'
import { ensureSampleStore } from './setup/sample-store.mjs'
import { requireSandbox } from './setup/sandbox.mjs'
import { reportSetupError } from './setup/setup-error.mjs'

/** A picture takes a second or two; whatever takes this long hangs. */
const screenshotLimitMillis = 120_000

try {
  const flags = parseAppFlags(process.argv.slice(2), callerFolder())
  if (flags.help) {
    process.stdout.write(`${usage}\n`)
  } else {
    const runtime = await prepare()
    if (flags.store === null) await ensureSampleStore()
    await requireSandbox(runtime.folder)
    process.exitCode = await launchApp(runtime, flags.args, {
      limitMillis: flags.screenshot === null ? 0 : screenshotLimitMillis,
    })
  }
} catch (error) {
  reportSetupError(error)
}
