/** Figures of a row of measurements. */
export interface Spread {
  readonly count: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) }
}

/** Least squares: by how much y rises with one x. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const count = points.length
  if (count < 2) return Number.NaN
  const mean = (pick: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + pick(point), 0) / count
  const [x, y] = [mean(([at]) => at), mean(([, value]) => value)]
  const over = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0)
  const under = points.reduce((sum, [at]) => sum + (at - x) ** 2, 0)
  return over / under
}

/** `12.3`: one digit after the point. */
export function tenths(value: number): string {
  return value.toFixed(1)
}

export function told({ count, p50, p95, p99, max }: Spread): string {
  return `p50 ${tenths(p50)}, p95 ${tenths(p95)}, p99 ${tenths(p99)}, max ${tenths(max)} ms (${count})`
}
