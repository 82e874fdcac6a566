import { chartTimeframe, timeframeMillis } from '../../../schemas/contract/timeframe.ts'
import type { DecisionRow } from '../../../schemas/generated/rows.ts'

/**
 * When the outcome of a decision was known: after its holding period (SPEC Q4). Null while it is open, or its holding
 * period or timeframe isn't known.
 * @param ts its time, ms UTC
 */
export function outcomeKnownAt(
  row: Pick<DecisionRow, 'timeframe' | 'outcome_hit' | 'outcome_pnl' | 'outcome_holding_period_bars'>,
  ts: number,
): number | null {
  const timeframe = chartTimeframe(row.timeframe ?? '')
  const bars = row.outcome_holding_period_bars
  const isOpen = row.outcome_hit === null && row.outcome_pnl === null
  return isOpen || bars === null || timeframe === null ? null : ts + bars * timeframeMillis(timeframe)
}
