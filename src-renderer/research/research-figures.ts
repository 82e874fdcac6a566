import type { Performance } from '../../schemas/contract/ledger.ts'
import { formatCount } from '../ui/figures.ts'

/** Where there is no figure: nothing was decided, or nothing varies. */
export const NO_FIGURE = '–'

/** A profit or loss with its sign, in the bot's own unit: four figures that count, more where it is large. */
export function formatPnl(value: number | null): string {
  if (value === null) return NO_FIGURE
  const size = Math.abs(value)
  const digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : size === 0 ? 0 : 4
  const text = size.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return `${value > 0 ? '+' : value < 0 ? '−' : ''}${text}`
}

/** A figure that has no sign to mean something: a deviation, a drawdown. */
export function formatSize(value: number | null): string {
  return value === null ? NO_FIGURE : formatPnl(Math.abs(value)).replace('+', '')
}

/** `63.6%`. */
export function formatRate(rate: number | null): string {
  return rate === null ? NO_FIGURE : `${(rate * 100).toFixed(1)}%`
}

/** A ratio without unit: `0.42`, `−1.30`. */
export function formatRatio(value: number | null, digits = 2): string {
  if (value === null) return NO_FIGURE
  return value.toFixed(digits).replace('-', '−')
}

/** `53.1–72.8%`: the 95% interval of a hit rate. */
export function formatInterval({ hitLow, hitHigh }: Performance): string {
  if (hitLow === null || hitHigh === null) return NO_FIGURE
  return `${(hitLow * 100).toFixed(1)}–${(hitHigh * 100).toFixed(1)}%`
}

/** The counts behind a hit rate: `7 hits of 11`. */
export function hitCounts({ hits, judged }: Performance): string {
  return `${formatCount(hits)} hits of ${formatCount(judged)}`
}

/** A group's name: its keys in order; a decision without macro regime has a word for it. */
export function groupName(keys: readonly (string | null)[]): string {
  return keys.map((key) => (key === null ? 'no macro regime' : key === '' ? '(empty)' : key)).join(' · ')
}

/** What a profit or loss is coloured as; the sign says the same. */
export function toneOf(value: number | null): 'up' | 'down' | undefined {
  return value === null || value === 0 ? undefined : value > 0 ? 'up' : 'down'
}
