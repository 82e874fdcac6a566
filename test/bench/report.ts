import type { ResultRow } from './result-row.ts'

export interface ReportGiven {
  readonly machine: readonly string[]
  readonly startedAt: Date
  readonly loadBefore: string
  readonly seconds: number
  readonly samples: number
  /** Suites that were left out by `--only`. */
  readonly leftOut: readonly string[]
  /** Suites that came to no result, each with why. */
  readonly failures: readonly string[]
  readonly rows: readonly ResultRow[]
}

const INTRODUCTION = `Written by \`npm run bench\`. Each line's contenders are timed in turn within one run, in an order that turns round from
sample to sample, after warm-up; a figure is the median, with the 10th and 90th percentile in brackets. Files lie in the
system's page cache for both sides. Where two contenders answer the same question, their answers are compared first.`

/** The whole of RESULTS.md. */
export function report(given: ReportGiven): string {
  const { rows } = given
  const barred = rows.filter(({ met }) => met !== null)
  const missed = barred.filter(({ met }) => met === false)
  const lines = [
    '# Bench results',
    '',
    INTRODUCTION,
    '',
    `- Date: ${given.startedAt.toISOString().slice(0, 16).replace('T', ' ')} UTC, ${given.seconds.toFixed(0)} s in all, ${given.samples} samples where a line says nothing else`,
    ...given.machine.map((line) => `- ${line}`),
    `- Load average before: ${given.loadBefore}`,
    `- Bars met: ${barred.length - missed.length} of ${barred.length}`,
    ...(given.leftOut.length > 0 ? [`- Not measured in this run: ${given.leftOut.join(', ')}`] : []),
    ...given.failures.map((failure) => `- **Failed**: ${failure.split('\n')[0]}`),
    '',
    '| | what | Barkeep | against | ratio | bar | met |',
    '|---|---|---|---|---|---|---|',
    ...rows.map(
      ({ what, ours, against, ratio, bar, met }, index) =>
        `| ${index + 1} | ${[what, ours, against, ratio, bar, met === null ? '' : met ? 'yes' : '**no**'].join(' | ')} |`,
    ),
    '',
    '## How each was measured',
    '',
    ...rows.map(({ what, how, samples }, index) => `${index + 1}. ${what}: ${how}; ${samples} samples.`),
    '',
  ]
  return lines.join('\n')
}
