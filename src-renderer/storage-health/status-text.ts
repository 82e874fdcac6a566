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

/** The same of a ledger: its days are files from the start, and what waits are those beside their month's file. */
const LEDGER_STATUS_TEXT: Readonly<Record<DayStatus, string>> = {
  ...STATUS_TEXT,
  compacted: 'Stored',
  waiting: 'Stored',
  both: 'In the month’s file, with a day file beside it',
}

/** What stands there of a day, in a few words. */
export function statusText(series: DaySeries, day: string): string {
  return (isLedger(series) ? LEDGER_STATUS_TEXT : STATUS_TEXT)[dayStatus(series, day)]
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
    state && state.partsWaiting > 0 ? formatCount(state.partsWaiting, waitingNoun(series)) : '',
    state?.problem ?? '',
  ].filter(Boolean)
  return `${series.label} ${day}: ${[statusText(series, day), ...figures].join(', ')}`
}

/** What waits of a series. */
export function waitingNoun(series: DaySeries): string {
  return isLedger(series) ? 'day file' : 'part'
}

/** The instants that a UTC day runs between, in market time. */
export function dayInMarketTime(day: string, zone: string): string {
  const start = utcDayStart(day as UtcDay)
  return `${formatMarketTime(start, zone)} to ${formatMarketTime(start + 86_400_000, zone)}`
}
