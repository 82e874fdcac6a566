const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Session regime of an instant, by UTC hours (store.md §2); before 07:00 Asia wins over the pre-session. */
export function sessionRegime(ts: number): string {
  const weekday = new Date(ts).getUTCDay()
  if (weekday === 0 || weekday === 6) return 'NONE'
  const hour = Math.floor((ts % DAY) / HOUR)
  if (hour < 7) return 'ASIA'
  if (hour < 8) return 'PRE_SESSION'
  if (hour < 12) return 'LONDON'
  if (hour < 17) return 'LONDON_NY_OVERLAP'
  if (hour < 22) return 'NY'
  return 'POST_SESSION'
}

/** A trading day in short. */
export interface DaySummary {
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

/**
 * What the larger market is doing, as known at a day's open: of the days before it, and its opening price. None to three
 * at a time.
 */
export function macroRegimes(before: readonly DaySummary[], open: number): readonly string[] {
  const last = before.at(-1)
  if (last === undefined) return []
  const found: string[] = []
  const recent = before.slice(-5)
  const range = (days: readonly DaySummary[]): number =>
    mean(days.map(({ high, low, close }) => (high - low) / close))
  const ratio = range(recent) / range(before.slice(-20))
  if (before.length >= 8 && ratio > 1.1) found.push('HIGH_VOLATILITY')
  else if (before.length >= 8 && ratio < 0.92) found.push('LOW_VOLATILITY')
  const first = recent[0] ?? last
  const move = (last.close - first.open) / first.open
  if (recent.length === 5 && Math.abs(move) > 0.008) found.push(move > 0 ? 'TREND_UP' : 'TREND_DOWN')
  if (Math.abs(open / last.close - 1) > 0.003) found.push('GAP_OPEN')
  return found
}
