/** Suites that have a long form: what `npm test` samples, they go through, each told in numbers. */
const suites = ['test/fault/', 'test/property/', 'test/contract/reading-beside-compaction']
/** The same in the window. */
const windowSuites = ['test/e2e/live']

/** Hours, not minutes: a bound for what hangs. */
export const soakLimitMillis = 8 * 3_600_000

export function isSoak() {
  return process.env.BARKEEP_SOAK === '1'
}

/** Where suites have a long form. */
export const soakRunners = ['vitest', 'e2e']

/**
 * Makes this run, and all that it starts, a long one.
 *
 * @param {string[]} filters parts of test files' paths; none: every suite that has a long form
 * @returns {(runner: string) => string[]} what of each runner
 */
export function longSuites(filters) {
  process.env.BARKEEP_SOAK = '1'
  if (filters.length > 0) return () => filters
  return (runner) => (runner === 'e2e' ? windowSuites : suites)
}
