/** What repeated measurements of one thing say, in the unit they came in. */
export interface Spread {
  readonly count: number
  readonly median: number
  readonly p10: number
  readonly p90: number
}

/** Linear between the two nearest ranks. @throws RangeError without samples */
export function quantile(samples: readonly number[], part: number): number {
  if (samples.length === 0) throw new RangeError('no samples')
  const sorted = [...samples].sort((a, b) => a - b)
  const place = (sorted.length - 1) * part
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  if (below === undefined || above === undefined) throw new RangeError(`no quantile ${part}`)
  return below + (above - below) * (place - Math.floor(place))
}

export function spreadOf(samples: readonly number[]): Spread {
  return {
    count: samples.length,
    median: quantile(samples, 0.5),
    p10: quantile(samples, 0.1),
    p90: quantile(samples, 0.9),
  }
}

/** Least squares through (0, y0), (1, y1), …: the rise from one sample to the next. */
export function slopeOf(samples: readonly number[]): number {
  const meanX = (samples.length - 1) / 2
  const meanY = samples.reduce((sum, y) => sum + y, 0) / samples.length
  let [over, under] = [0, 0]
  for (const [x, y] of samples.entries()) {
    over += (x - meanX) * (y - meanY)
    under += (x - meanX) ** 2
  }
  return under === 0 ? 0 : over / under
}
