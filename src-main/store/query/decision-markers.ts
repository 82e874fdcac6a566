import {
  type DecisionMarker,
  type DecisionMarkers,
  isHit,
  type LedgerEntry,
} from '../../../schemas/contract/ledger.ts'
import type { DecisionMarkersRequest } from '../../../schemas/generated/requests.ts'
import type { DecisionRow } from '../../../schemas/generated/rows.ts'
import type { Asking } from '../api.ts'
import { queryLedger } from './query.ts'
import type { LedgerSources } from './sources.ts'

const SHOWN = [
  'symbol',
  'timeframe',
  'action',
  'evaluation_score',
  'policy_version',
  'outcome_hit',
  'outcome_pnl',
] as const

/**
 * Decisions of a chart window, by time (SPEC Q25). Where there are more than `limit`, the latest.
 * @throws BAD_REQUEST, CANCELLED
 */
export async function decisionMarkers(
  sources: LedgerSources,
  { symbol, timeframe, from, to, asOf, limit }: DecisionMarkersRequest,
  asking: Asking = {},
): Promise<DecisionMarkers> {
  const filter = {
    symbols: [symbol],
    from,
    to,
    ...(timeframe === undefined ? {} : { timeframes: [timeframe] }),
    ...(asOf === undefined ? {} : { asOf }),
  }
  const { entries, total, problems } = await queryLedger(
    sources,
    { table: 'decisions', filter, offset: 0, limit, columns: [...SHOWN] },
    asking,
  )
  const markers = entries.flatMap((entry) => markerOf(entry as LedgerEntry<Partial<DecisionRow>>)).reverse()
  return { markers, total, problems }
}

/** A row without id or time can't be pointed at: only the table shows it. */
export function markerOf({ row }: LedgerEntry<Partial<DecisionRow>>): readonly DecisionMarker[] {
  const { run_id: runId, decision_id: decisionId, timestamp_utc: time, symbol } = row
  if (!runId || !decisionId || !time || !symbol) return []
  return [
    {
      runId,
      decisionId,
      ts: Date.parse(time),
      symbol,
      timeframe: row.timeframe ?? '',
      action: row.action ?? '',
      score: row.evaluation_score ?? null,
      policyVersion: row.policy_version ?? '',
      hit: isHit(row),
      pnl: row.outcome_pnl ?? null,
    },
  ]
}
