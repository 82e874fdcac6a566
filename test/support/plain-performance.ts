import type { Performance, PerformanceDimension } from '../../schemas/contract/ledger.ts'
import type { DecisionRow } from '../../schemas/generated/rows.ts'

/**
 * Research figures worked out a second time, in plain TypeScript from the formulas of the contract: no SQL, nothing of the
 * engine's, and sums that are exact.
 */
export function plainPerformance(rows: readonly DecisionRow[]): Performance {
  const ordered = [...rows].sort(
    (a, b) =>
      compare(a.timestamp_utc, b.timestamp_utc) ||
      compare(a.run_id, b.run_id) ||
      compare(a.decision_id, b.decision_id),
  )
  const pnls = ordered.map((row) => row.outcome_pnl).filter((pnl) => pnl !== null && pnl !== undefined)
  const judged = ordered.map(isHit).filter((hit) => hit !== null)
  const hits = judged.filter((hit) => hit).length
  const pnlSum = pnls.length === 0 ? null : exactSum(pnls)
  const pnlMean = pnlSum === null ? null : pnlSum / pnls.length
  const pnlDeviation =
    pnlMean === null ? null : Math.sqrt(exactSum(pnls.map((pnl) => (pnl - pnlMean) ** 2)) / pnls.length)
  const interval = scoreInterval(hits, judged.length)
  return {
    count: rows.length,
    decided: pnls.length,
    pnlSum,
    pnlMean,
    pnlDeviation,
    sharpe: pnlMean === null || pnlDeviation === null || pnlDeviation === 0 ? null : pnlMean / pnlDeviation,
    judged: judged.length,
    hits,
    hitRate: judged.length === 0 ? null : hits / judged.length,
    hitLow: interval?.[0] ?? null,
    hitHigh: interval?.[1] ?? null,
    maxDrawdown: pnls.length === 0 ? null : drawdown(pnls),
  }
}

export function isHit(row: DecisionRow): boolean | null {
  if (row.outcome_hit !== null && row.outcome_hit !== undefined) return row.outcome_hit
  return row.outcome_pnl === null || row.outcome_pnl === undefined ? null : row.outcome_pnl > 0
}

/** A group's rows by its keys; a row with several macro regimes is in each of theirs. */
export function plainGroups(
  rows: readonly DecisionRow[],
  groupBy: readonly PerformanceDimension[],
): Map<string, DecisionRow[]> {
  const groups = new Map<string, DecisionRow[]>()
  for (const row of rows) {
    let keys: (string | null)[][] = [[]]
    for (const dimension of groupBy) {
      const values = valuesOf(row, dimension)
      keys = keys.flatMap((before) => values.map((value) => [...before, value]))
    }
    for (const key of keys) {
      const name = JSON.stringify(key)
      const group = groups.get(name)
      if (group === undefined) groups.set(name, [row])
      else group.push(row)
    }
  }
  return groups
}

const SPELLINGS: Readonly<Record<string, string>> = { M5: '5m', '5M': '5m', H1: '1h' }

function valuesOf(row: DecisionRow, dimension: PerformanceDimension): (string | null)[] {
  if (dimension === 'macro_regime')
    return row.macro_regimes.length === 0 ? [null] : [...new Set(row.macro_regimes)]
  if (dimension === 'timeframe') return [SPELLINGS[row.timeframe] ?? row.timeframe]
  return [row[dimension]]
}

/** From the highest point before, which is at least the start's 0. */
function drawdown(pnls: readonly number[]): number {
  let peak = 0
  let worst = 0
  const partials: number[] = []
  for (const pnl of pnls) {
    add(partials, pnl)
    const equity = total(partials)
    peak = Math.max(peak, equity)
    worst = Math.max(worst, peak - equity)
  }
  return worst
}

/** Solves (p̂ − p)² = z²·p(1 − p)/n for p: where the score test stops rejecting. */
function scoreInterval(hits: number, trials: number): readonly [number, number] | null {
  if (trials === 0) return null
  const z2 = 1.959963984540054 ** 2
  const rate = hits / trials
  const [a, b, c] = [1 + z2 / trials, -(2 * rate + z2 / trials), rate * rate]
  const root = Math.sqrt(Math.max(0, b * b - 4 * a * c))
  return [(-b - root) / (2 * a), (-b + root) / (2 * a)]
}

/** The sum rounded once, by partial sums that don't overlap. */
export function exactSum(values: readonly number[]): number {
  const partials: number[] = []
  for (const value of values) add(partials, value)
  return total(partials)
}

/** Keeps the sum as numbers that don't overlap; nothing is lost. */
function add(partials: number[], value: number): void {
  let kept = 0
  let x = value
  for (let y of partials) {
    if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x]
    const high = x + y
    const low = y - (high - x)
    if (low !== 0) partials[kept++] = low
    x = high
  }
  partials.length = kept
  partials.push(x)
}

function total(partials: readonly number[]): number {
  return partials.reduce((sum, part) => sum + part, 0)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
