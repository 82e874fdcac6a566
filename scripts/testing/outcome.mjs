import { existsSync, readFileSync } from 'node:fs'

/**
 * @typedef {object} Outcome
 * @property {string} runner
 * @property {number} passed
 * @property {number} failed at least 1 whenever the run as a whole was not good
 * @property {number} skipped
 * @property {string[]} failures each failed test: where, which, and the first lines of why
 * @property {string[]} notes what the counts alone don't say
 */

/** @typedef {{ passed: number, failed: number, skipped: number, failures: string[] }} Counted */

/**
 * Reads what a runner itself reported, and believes it only as far as it agrees with the way the
 * runner ended: no report, a crash, or no test at all is a failure.
 *
 * @param {string} runner name to show
 * @param {string} reportFile the runner's JSON report
 * @param {(report: any) => Counted} count
 * @param {{ exitCode: number, filtered: boolean }} run filtered: a run that was asked for part of
 *   the tests may rightly find none
 * @returns {Outcome}
 */
export function readOutcome(runner, reportFile, count, { exitCode, filtered }) {
  const notes = []
  /** @type {Counted} */
  let counts = { passed: 0, failed: 0, skipped: 0, failures: [] }
  let report = null
  try {
    if (existsSync(reportFile)) report = JSON.parse(readFileSync(reportFile, 'utf8'))
  } catch {
    notes.push('its report is torn')
  }
  if (report) counts = count(report)
  else if (notes.length === 0) notes.push('it left no report')

  if (exitCode !== 0) notes.push(`exit code ${exitCode}`)
  const total = counts.passed + counts.failed + counts.skipped
  if (report && total === 0) notes.push('no test ran')
  const bad = !report || exitCode !== 0 || (total === 0 && !filtered)
  if (bad && counts.failed === 0) counts = { ...counts, failed: 1 }
  return { runner, ...counts, notes }
}

/**
 * @param {any} report of vitest's json reporter
 * @returns {Counted}
 */
export function countVitest(report) {
  // A file that fails before its first test has no test to count, so the file counts.
  const brokenFiles = report.testResults.filter(
    (/** @type {any} */ file) =>
      file.status === 'failed' &&
      !file.assertionResults.some((/** @type {any} */ test) => test.status === 'failed'),
  )
  const failedTests = report.testResults.flatMap((/** @type {any} */ file) =>
    file.assertionResults
      .filter((/** @type {any} */ test) => test.status === 'failed')
      .map((/** @type {any} */ test) => describeFailure(file.name, test.fullName, test.failureMessages[0])),
  )
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles.length,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
    failures: [
      ...failedTests,
      ...brokenFiles.map((/** @type {any} */ file) => describeFailure(file.name, '', file.message)),
    ],
  }
}

/**
 * @param {any} report of Playwright's json reporter
 * @returns {Counted}
 */
export function countPlaywright(report) {
  const { expected, unexpected, flaky, skipped } = report.stats
  const failures = [
    ...playwrightSpecs(report.suites ?? [])
      .filter((spec) => !spec.ok || spec.tests.some((/** @type {any} */ test) => test.status === 'flaky'))
      .map((spec) => {
        const results = spec.tests.flatMap((/** @type {any} */ test) => test.results)
        const bad = results.find((/** @type {any} */ result) => result.error !== undefined)
        return describeFailure(spec.file, spec.title, bad?.error.message)
      }),
    ...report.errors.map((/** @type {any} */ error) => describeFailure('', '', error.message)),
  ]
  return { passed: expected, failed: unexpected + flaky + report.errors.length, skipped, failures }
}

/**
 * @param {any[]} suites
 * @returns {any[]}
 */
function playwrightSpecs(suites) {
  return suites.flatMap((suite) => [...(suite.specs ?? []), ...playwrightSpecs(suite.suites ?? [])])
}

/**
 * One failed test, short enough to stand at the end of a log of which only the end is kept.
 *
 * @param {string} file
 * @param {string} title
 * @param {string | undefined} message
 */
function describeFailure(file, title, message) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: runners colour their messages
  const plain = (message ?? 'no message').replace(/\u001b\[[0-9;]*m/g, '')
  const why = plain.split('\n').slice(0, 12).join('\n    ')
  return `${[file, title].filter((part) => part !== '').join(' › ')}\n    ${why}`
}

/**
 * The line that CI reads: `N passed, N failed`, and `, N skipped` when there are some.
 *
 * @param {Pick<Outcome, 'passed' | 'failed' | 'skipped'>[]} outcomes
 */
export function closingLine(outcomes) {
  const sum = (/** @type {'passed' | 'failed' | 'skipped'} */ key) => outcomes.reduce((n, o) => n + o[key], 0)
  const skipped = sum('skipped')
  return `${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
