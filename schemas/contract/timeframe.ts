import { BarkeepError } from './errors.ts'
import type { Timeframe } from './units.ts'

const UNIT_MILLIS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** `15M` → `15m`. @throws BAD_REQUEST for anything that is not a count and m, h or d. */
export function parseTimeframe(text: string): Timeframe {
  if (!isTimeframe(text)) {
    throw new BarkeepError(
      'BAD_REQUEST',
      `"${text}" is not a timeframe. Write a count and m, h or d: 2m, 15m, 1h.`,
    )
  }
  return text.toLowerCase() as Timeframe
}

export function isTimeframe(text: string): boolean {
  return /^[1-9][0-9]{0,3}[mhd]$/i.test(text)
}

/** Length of one bar in milliseconds; a `d` is 24 hours of UTC, as in the folder layout. */
export function timeframeMillis(timeframe: Timeframe): number {
  const unit = timeframe.at(-1) as keyof typeof UNIT_MILLIS
  return Number(timeframe.slice(0, -1)) * UNIT_MILLIS[unit]
}

/** Shorter bars first: the order of every list and switch. */
export function compareTimeframes(a: Timeframe, b: Timeframe): number {
  return timeframeMillis(a) - timeframeMillis(b)
}

/**
 * The chart's timeframe that a ledger's free text means: `5m`, `5M` and `M5` are `5m`, `H1` is `1h` (store.md §1). Null
 * for any other text.
 */
export function chartTimeframe(text: string): Timeframe | null {
  const [, unit, count] = /^([mhd])([0-9]+)$/i.exec(text) ?? []
  const named = unit === undefined ? text : `${count}${unit}`
  return isTimeframe(named) ? parseTimeframe(named) : null
}
