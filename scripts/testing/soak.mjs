/** Suites that have a long form: what `npm test` samples, they go through, each told in numbers. */
const suites = ['test/fault/', 'test/property/', 'test/contract/reading-beside-compaction']

/** Hours, not minutes: a bound for what hangs. */
export const soakLimitMillis = 8 * 3_600_000

export function isSoak() {
  return process.env.BARKEEP_SOAK === '1'
}

/**
 * Makes this run, and all that it starts, a long one.
 *
 * @param {string[]} filters parts of test files' paths; none: every suite that has a long form
 */
export function longSuites(filters) {
  process.env.BARKEEP_SOAK = '1'
  return filters.length > 0 ? filters : suites
}
