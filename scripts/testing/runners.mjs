import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onSomeDisplay } from '../setup/display.mjs'
import { runtimeEnvironment } from '../setup/launch.mjs'
import { runGroup } from '../setup/process-group.mjs'
import { projectRoot } from '../setup/project.mjs'
import { sandboxSwitches } from '../setup/sandbox.mjs'
import { countPlaywright, countVitest, readOutcome } from './outcome.mjs'
import { isSoak, soakLimitMillis } from './soak.mjs'

/**
 * @typedef {import('../setup/electron-runtime.mjs').ElectronRuntime} ElectronRuntime
 * @typedef {import('./outcome.mjs').Outcome} Outcome
 * @typedef {{ name: string, title: string, run: (runtime: ElectronRuntime, filters: string[]) => Promise<Outcome> }} Runner
 */

const reports = join(projectRoot, 'test-results', 'reports')
const minutes = 60_000

/** @type {Runner[]} in the order in which they run: what fails fastest comes first */
export const runners = [
  { name: 'vitest', title: 'vitest on Node', run: runVitest },
  { name: 'electron', title: 'store tests inside Electron', run: runVitestInElectron },
  { name: 'e2e', title: 'the app end to end', run: runEndToEnd },
]

/** @type {Runner['run']} */
async function runVitest(_runtime, filters) {
  const report = freshReport('vitest')
  const vitest = join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs')
  const args = [vitest, 'run', ...vitestReporters(report), ...passWhenFiltered('--passWithNoTests', filters)]
  const ended = await runGroup(process.execPath, [...args, ...filters], {
    cwd: projectRoot,
    env: { ...process.env, BARKEEP_TEST_RUNTIME: 'node' },
    what: 'vitest',
    limitMillis: isSoak() ? soakLimitMillis : 20 * minutes,
  })
  return readOutcome('vitest', report, countVitest, { exitCode: ended.code, filtered: filters.length > 0 })
}

/** @type {Runner['run']} */
async function runVitestInElectron(runtime, filters) {
  const report = freshReport('electron')
  const userData = mkdtempSync(join(tmpdir(), 'barkeep-electron-tests-'))
  const host = join(projectRoot, 'scripts', 'testing', 'vitest-in-electron.mjs')
  const electronArgs = [...sandboxSwitches(), `--user-data-dir=${userData}`, host]
  const { command, args } = onSomeDisplay(runtime.executable, electronArgs)
  const ended = await runGroup(command, args, {
    cwd: projectRoot,
    env: {
      ...runtimeEnvironment(runtime),
      BARKEEP_TEST_RUNTIME: 'electron',
      BARKEEP_VITEST: JSON.stringify({ filters, report }),
    },
    what: 'vitest inside Electron',
    limitMillis: 20 * minutes,
  })
  rmSync(userData, { recursive: true, force: true })
  return readOutcome('electron', report, countVitest, { exitCode: ended.code, filtered: filters.length > 0 })
}

/** @type {Runner['run']} */
async function runEndToEnd(runtime, filters) {
  const report = freshReport('e2e')
  const playwright = join(projectRoot, 'node_modules', '@playwright', 'test', 'cli.js')
  const playwrightArgs = [
    playwright,
    'test',
    ...passWhenFiltered('--pass-with-no-tests', filters),
    ...filters,
  ]
  const { command, args } = onSomeDisplay(process.execPath, playwrightArgs)
  const ended = await runGroup(command, args, {
    cwd: projectRoot,
    env: { ...runtimeEnvironment(runtime), PLAYWRIGHT_JSON_OUTPUT_FILE: report },
    what: 'Playwright',
    limitMillis: isSoak() ? soakLimitMillis : 30 * minutes,
  })
  return readOutcome('e2e', report, countPlaywright, { exitCode: ended.code, filtered: filters.length > 0 })
}

/** @param {string} name */
function freshReport(name) {
  mkdirSync(reports, { recursive: true })
  const file = join(reports, `${name}.json`)
  // A report of an earlier run must never be counted for this one.
  rmSync(file, { force: true })
  return file
}

/** @param {string} report */
function vitestReporters(report) {
  return ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
}

/**
 * @param {string} flag
 * @param {string[]} filters
 */
function passWhenFiltered(flag, filters) {
  return filters.length > 0 ? [flag] : []
}
