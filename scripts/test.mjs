// npm test: sets up what is missing, runs every test there is, and ends with one line that counts
// them: `N passed, N failed`. Only Node's own modules here and in ./setup: a fresh clone has no
// node_modules.
import { parseArgs } from 'node:util'
import { prepare } from './setup/prepare.mjs'
import { requireSandbox } from './setup/sandbox.mjs'
import { reportSetupError, SetupError } from './setup/setup-error.mjs'
import { closingLine } from './testing/outcome.mjs'
import { runners } from './testing/runners.mjs'
import { longSuites, soakRunners } from './testing/soak.mjs'

const usage = `npm test -- [--only vitest|electron|e2e]… [--soak] [FILTER]…
  --only RUNNER  run only this runner; may be repeated
  --soak         the fault, damage, random and reading suites in their long form (hours); same as npm run test:soak
  FILTER         part of a test file's path`

try {
  const { only, filters, help, soak } = readFlags(process.argv.slice(2))
  if (help) process.stdout.write(`${usage}\n`)
  else if (soak) await runAll(only.length > 0 ? only : soakRunners, longSuites(filters))
  else await runAll(only, () => filters)
} catch (error) {
  reportSetupError(error)
}

/**
 * @param {string[]} only
 * @param {(runner: string) => string[]} filtersOf parts of test files' paths, by runner
 */
async function runAll(only, filtersOf) {
  const runtime = await prepare()
  await requireSandbox(runtime.folder)
  const chosen = runners.filter((runner) => only.length === 0 || only.includes(runner.name))
  const outcomes = []
  const lines = []
  for (const runner of chosen) {
    process.stdout.write(`\n── ${runner.title}\n`)
    const started = Date.now()
    const outcome = await runner.run(runtime, filtersOf(runner.name))
    const notes = outcome.notes.length > 0 ? ` — ${outcome.notes.join(', ')}` : ''
    lines.push(
      `${runner.title}: ${closingLine([outcome])} (${((Date.now() - started) / 1000).toFixed(1)} s)${notes}`,
    )
    outcomes.push(outcome)
  }
  const total = outcomes.reduce((n, o) => n + o.passed + o.failed + o.skipped, 0)
  if (total === 0)
    throw new SetupError(`no test file matches ${process.argv.slice(2).join(' ')}`, 'npm test -- --help')
  // Told again here: a log is read from its end, and of a long one often only the end is kept.
  const failures = outcomes.flatMap((outcome) => outcome.failures)
  if (failures.length > 0) process.stdout.write(`\n── what failed\n${failures.slice(0, 20).join('\n')}\n`)
  process.stdout.write(`\n${lines.join('\n')}\n\n${closingLine(outcomes)}\n`)
  process.exitCode = outcomes.some((outcome) => outcome.failed > 0) ? 1 : 0
}

/** @param {string[]} argv */
function readFlags(argv) {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        only: { type: 'string', multiple: true },
        soak: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    const only = values.only ?? []
    const unknown = only.find((name) => !runners.some((runner) => runner.name === name))
    if (unknown !== undefined) throw new TypeError(`there is no runner '${unknown}'`)
    return { only, filters: positionals, help: values.help === true, soak: values.soak === true }
  } catch (cause) {
    throw new SetupError(
      cause instanceof Error ? (cause.message.split('. ')[0] ?? '') : String(cause),
      'npm test -- --help',
    )
  }
}
