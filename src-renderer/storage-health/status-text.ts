import { utcDayStart } from '../../schemas/contract/market-time.ts'
import type { UtcDay } from '../../schemas/contract/units.ts'
import { formatCount, formatMarketTime } from '../ui/figures.ts'
import { type DaySeries, type DayStatus, dayStatus, isLedger } from './calendar-model.ts'

/** What a status means, in a few words. */
export const STATUS_TEXT: Readonly<Record<DayStatus, string>> = {
  compacted: 'Compacted',
  waiting: 'Parts waiting',
  both: 'Compacted, newer parts waiting',
  problem: 'Problem',
  gap: 'Nothing stored (a trading day)',
  empty: 'Nothing stored',
}

/** What stands there of a day, in a few words; a ledger's day is a file from the start and never compacted. */
export function statusText(series: DaySeries, day: string): string {
  const status = dayStatus(series, day)
  return status === 'compacted' && isLedger(series) ? 'Stored' : STATUS_TEXT[status]
}

/** One sentence on a day: a cell's name for a screen reader. */
export function dayText(series: DaySeries, day: string): string {
  const state = series.days.get(day)
  const figures = [
    state?.dayfile
      ? state.dayfile.rows === null
        ? 'rows unknown'
        : formatCount(state.dayfile.rows, 'row')
      : '',
    state && state.partsWaiting > 0 ? formatCount(state.partsWaiting, 'part') : '',
    state?.problem ?? '',
  ].filter(Boolean)
  return `${series.label} ${day}: ${[statusText(series, day), ...figures].join(', ')}`
}

/** The instants that a UTC day runs between, in market time. */
export function dayInMarketTime(day: string, zone: string): string {
  const start = utcDayStart(day as UtcDay)
  return `${formatMarketTime(start, zone)} to ${formatMarketTime(start + 86_400_000, zone)}`
}
