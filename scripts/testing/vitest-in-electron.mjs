// Runs the store's tests inside a real Electron main process: its V8 forbids what Node's allows
// (array buffers over foreign memory), and its file system is patched for asar archives.
import { app } from 'electron'
import { startVitest } from 'vitest/node'

const { filters, report } = JSON.parse(process.env.BARKEEP_VITEST ?? '{}')

app.whenReady().then(run)

async function run() {
  try {
    const vitest = await startVitest('test', filters, {
      run: true,
      watch: false,
      project: ['store'],
      // A forked pool would leave Electron's main process; threads stay in it.
      pool: 'threads',
      // Tests that fork a writer in order to kill it start this same executable, which has to
      // behave like Node then. Threads have an environment of their own: Chromium's don't see it.
      env: { ELECTRON_RUN_AS_NODE: '1' },
      passWithNoTests: filters.length > 0,
      reporters: ['default', 'json'],
      outputFile: { json: report },
    })
    await vitest.close()
    app.exit(Number(process.exitCode ?? 0))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
    app.exit(1)
  }
}
