import type { Bar } from './market.ts'

export interface SampleOutcome {
  /** Dollars. */
  readonly pnl: number
  readonly hit: boolean
  /** Dollars that it was under water at most, 0 or more. */
  readonly max_drawdown: number
  readonly holding_period_bars: number
}

export interface Position {
  readonly direction: 1 | -1
  readonly shares: number
  /** Distance of the stop from the entry, in price. */
  readonly stop: number
  readonly target: number
}

const cents = (value: number): number => Math.round(value * 100) / 100 + 0

/**
 * How a position ends that is entered at the first bar's open: at its stop, at its target, or at the close of the last
 * bar. A bar that touches both counts as stopped, for nobody knows which came first.
 */
export function outcomeOf(
  { direction, shares, stop, target }: Position,
  bars: readonly Bar[],
): SampleOutcome | null {
  const [first] = bars
  if (first === undefined) return null
  const entry = first.open
  let worst = 0
  const ended = (move: number, held: number): SampleOutcome => ({
    pnl: cents(move * shares),
    hit: cents(move * shares) > 0,
    max_drawdown: cents(worst * shares),
    holding_period_bars: held,
  })
  for (const [index, bar] of bars.entries()) {
    const against = direction === 1 ? entry - bar.low : bar.high - entry
    const along = direction === 1 ? bar.high - entry : entry - bar.low
    worst = Math.max(worst, Math.min(stop, against))
    if (against >= stop) return ended(-stop, index + 1)
    if (along >= target) return ended(target, index + 1)
  }
  const last = bars.at(-1) ?? first
  return ended(direction * (last.close - entry), bars.length)
}
