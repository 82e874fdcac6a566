import type { Performance } from '../../../schemas/contract/ledger.ts'
import type { LedgerSummaryRequest } from '../../../schemas/generated/requests.ts'
import type { Asking } from '../api.ts'
import { askLedger } from './ledger-scan.ts'
import { PERFORMANCE_COLUMNS, performanceFrom, performanceSql } from './performance-sql.ts'
import type { LedgerSources } from './sources.ts'

/** How the decisions of a filter ended, each once (SPEC Q9). @throws BAD_REQUEST, CANCELLED */
export async function ledgerSummary(
  { context }: LedgerSources,
  { filter }: LedgerSummaryRequest,
  { signal }: Asking = {},
): Promise<Performance> {
  return askLedger(
    context,
    'decisions',
    filter,
    async (scan) => {
      const sql = scan.only(PERFORMANCE_COLUMNS)
      if (sql === null) return performanceFrom({})
      const [row] = await context.duck.rows(performanceSql(sql), [], signal)
      return performanceFrom(row ?? {})
    },
    signal,
  )
}
