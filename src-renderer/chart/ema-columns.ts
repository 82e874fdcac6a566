import type { EmaColumn } from '../../schemas/contract/viewport.ts'

/** Moving averages and the opens of the bars that they stand beside. */
export interface EmaRows {
  readonly ts: Float64Array
  readonly emas: readonly EmaColumn[]
}

/**
 * The averages of the bars that open at `times`: from `newer` where it has the bar, else from `older`, else none (NaN).
 * Averages are merged by time and after the bars are, so that they stand beside their bars whatever became of these.
 */
export function emasOf(times: Float64Array, older: EmaRows, newer: EmaRows): readonly EmaColumn[] {
  const periods = [...new Set([...older.emas, ...newer.emas].map(({ period }) => period))].sort(
    (a, b) => a - b,
  )
  return periods.map((period) => {
    const values = new Float64Array(times.length).fill(Number.NaN)
    for (const source of [older, newer]) {
      const from = source.emas.find((one) => one.period === period)?.values
      if (from !== undefined) lay(from, source.ts, values, times)
    }
    return { period, values }
  })
}

/** Whether both are of the same periods and say the same, a gap being like a gap. */
export function sameEmas(a: readonly EmaColumn[], b: readonly EmaColumn[]): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  return a.every(({ period, values }, at) => {
    const other = b[at]
    if (other?.period !== period || other.values.length !== values.length) return false
    return values.every((value, row) => Object.is(value, other.values[row]))
  })
}

/** Puts values beside the bars that open when theirs do; both times ascend. */
function lay(from: Float64Array, ts: Float64Array, values: Float64Array, times: Float64Array): void {
  let row = 0
  for (let at = 0; at < times.length && row < ts.length; at++) {
    const time = times[at] ?? 0
    while (row < ts.length && (ts[row] ?? 0) < time) row++
    if (ts[row] === time) values[at] = from[row] ?? Number.NaN
  }
}
