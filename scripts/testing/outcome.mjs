import { existsSync, readFileSync } from 'node:fs'

/**
 * @typedef {object} Outcome
 * @property {string} runner
 * @property {number} passed
 * @property {number} failed at least 1 whenever the run as a whole was not good
 * @property {number} skipped
 * @property {string[]} notes what the counts alone don't say
 */

/**
 * Reads what a runner itself reported, and believes it only as far as it agrees with the way the
 * runner ended: no report, a crash, or no test at all is a failure.
 *
 * @param {string} runner name to show
 * @param {string} reportFile the runner's JSON report
 * @param {(report: any) => { passed: number, failed: number, skipped: number }} count
 * @param {{ exitCode: number, filtered: boolean }} run filtered: a run that was asked for part of
 *   the tests may rightly find none
 * @returns {Outcome}
 */
export function readOutcome(runner, reportFile, count, { exitCode, filtered }) {
  const notes = []
  let counts = { passed: 0, failed: 0, skipped: 0 }
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
 */
export function countVitest(report) {
  // A file that fails before its first test has no test to count, so the file counts.
  const brokenFiles = report.testResults.filter(
    (/** @type {any} */ file) =>
      file.status === 'failed' &&
      !file.assertionResults.some((/** @type {any} */ test) => test.status === 'failed'),
  ).length
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
  }
}

/**
 * @param {any} report of Playwright's json reporter
 */
export function countPlaywright(report) {
  const { expected, unexpected, flaky, skipped } = report.stats
  return { passed: expected, failed: unexpected + flaky + report.errors.length, skipped }
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
