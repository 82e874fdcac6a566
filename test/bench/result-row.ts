import type { Measured } from './interleaved.ts'

/** A line of the table: a comparison, or a number with a bound of its own. */
export interface ResultRow {
  readonly what: string
  /** What was measured, for a person: `0.21 ms (0.19–0.30)`. */
  readonly ours: string
  readonly against: string
  /** The comparison itself: `× 420`, `+0.8 ms`. */
  readonly ratio: string
  readonly bar: string
  /** Null where there is no bar. */
  readonly met: boolean | null
  /** One line: how it was measured. */
  readonly how: string
  readonly samples: number
}

/** Part of the bench: measures some rows against built stores. */
export interface Suite {
  readonly name: string
  readonly stores: readonly string[]
  run(given: SuiteGiven): Promise<readonly ResultRow[]>
}

export interface SuiteGiven {
  /** Absolute path of this suite's copy of a built store. */
  store(name: string): string
  /** An empty folder of the run's own, on the same file system; gone after it. */
  readonly work: string
  /** Samples of each contender; suites take fewer warm-ups. */
  readonly samples: number
  readonly project: string
  say(text: string): void
}

export type Bar =
  /** At least so many times faster. */
  | { readonly faster: number }
  /** At most so many times as long. */
  | { readonly within: number; readonly orMillis?: number }

/** Compares two contenders of one run by their medians. */
export function comparison(
  given: Omit<ResultRow, 'ours' | 'against' | 'ratio' | 'bar' | 'met' | 'samples'>,
  measured: Measured,
  [ours, against]: readonly [string, string],
  bar: Bar | null,
): ResultRow {
  const [a, b] = [measured.get(ours), measured.get(against)]
  if (a === undefined || b === undefined) throw new Error(`${ours} or ${against} was not measured`)
  const faster = bar !== null && 'faster' in bar
  const ratio = faster ? b.median / a.median : a.median / b.median
  return {
    ...given,
    ours: `${spread(a)}`,
    against: `${against} ${spread(b)}`,
    ratio: faster ? `${number(ratio)}× faster` : `${number(ratio)}×`,
    bar: bar === null ? '' : barText(bar),
    met: bar === null ? null : isMet(bar, ratio, a.median - b.median),
    samples: a.count,
  }
}

function isMet(bar: Bar, ratio: number, moreMillis: number): boolean {
  if ('faster' in bar) return ratio >= bar.faster
  return ratio <= bar.within || (bar.orMillis !== undefined && moreMillis <= bar.orMillis)
}

function barText(bar: Bar): string {
  if ('faster' in bar) return `≥ ${bar.faster.toLocaleString('en')}×`
  return `≤ ${bar.within}×${bar.orMillis === undefined ? '' : `, or ≤ ${bar.orMillis} ms more`}`
}

function spread({ median, p10, p90 }: { median: number; p10: number; p90: number }): string {
  return `${millis(median)} (${millis(p10)}–${millis(p90)})`
}

/** Three figures and a unit that fits. */
export function millis(value: number): string {
  if (value < 1) return `${number(value * 1000)} µs`
  return value < 1000 ? `${number(value)} ms` : `${number(value / 1000)} s`
}

export function number(value: number): string {
  const size = Math.abs(value)
  if (size >= 1000) return Math.round(value).toLocaleString('en')
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)
}
