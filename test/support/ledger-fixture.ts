import { formatUtcIso } from '../../schemas/contract/market-time.ts'
import type { DecisionRow } from '../../schemas/generated/rows.ts'
import { decision } from './ledger-store.ts'

/** So many decisions from an instant on, a minute apart unless told, with ids of their time. */
export function decisions(
  count: number,
  ts: number,
  given: Partial<DecisionRow> & { readonly step?: number } = {},
): DecisionRow[] {
  const { step = 60_000, ...columns } = given
  return Array.from({ length: count }, (_, index) => {
    const time = ts + index * step
    return decision(`d${time}`, formatUtcIso(time), { evaluation_score: index / 8, ...columns })
  })
}
