import type { FacetValue, LedgerFacets } from '../../../schemas/contract/ledger.ts'
import { parseInstant } from '../../../schemas/contract/market-time.ts'
import type { LedgerFacetsRequest } from '../../../schemas/generated/requests.ts'
import { LEDGER, type LedgerTable } from '../../../schemas/tables/index.ts'
import type { Asking } from '../api.ts'
import { identifier } from '../read/duckdb.ts'
import { askLedger } from './ledger-scan.ts'
import type { LedgerSources } from './sources.ts'

/** Columns whose values a person picks from. */
const FACETS: Readonly<Record<LedgerTable, readonly string[]>> = {
  decisions: [
    'symbol',
    'timeframe',
    'session_regime',
    'macro_regimes',
    'action',
    'policy_version',
    'engine_version',
    'run_id',
  ],
  audits: [
    'feature_name',
    'session_regime',
    'macro_regimes',
    'issues',
    'policy_version',
    'engine_version',
    'run_id',
  ],
  stats: ['regime', 'feature_name', 'run_id'],
  policies: ['policy_version'],
}

/** As many values of a column as a person can look through. */
const LIMIT = 1000

/** What a table's filters can be set to, with counts (SPEC Q10). @throws CANCELLED */
export async function ledgerFacets(
  { context }: LedgerSources,
  { table, from, to }: LedgerFacetsRequest,
  { signal }: Asking = {},
): Promise<LedgerFacets> {
  const filter = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
  return askLedger(
    context,
    table,
    filter,
    async (scan) => {
      const { problems } = scan
      const times = scan.only(['timestamp_utc'])
      if (times === null) return { columns: {}, features: [], from: null, to: null, problems }
      /** @param value what is counted, of the one column that is read for it */
      const counted = async (column: string, value: string): Promise<readonly FacetValue[]> => {
        const rows = await context.duck.rows(
          `SELECT value, count(*) AS count FROM (SELECT ${value} AS value FROM (${scan.only([column])})) WHERE value IS NOT NULL
            GROUP BY value ORDER BY count DESC, value LIMIT ${LIMIT}`,
          [],
          signal,
        )
        return rows.map((row) => ({ value: String(row.value), count: Number(row.count) }))
      }
      const columns: Record<string, readonly FacetValue[]> = {}
      for (const name of FACETS[table]) {
        const isList = LEDGER[table].columns.some(
          (column) => column.name === name && column.type === 'VARCHAR[]',
        )
        columns[name] = await counted(
          name,
          isList ? `unnest(list_distinct(${identifier(name)}))` : identifier(name),
        )
      }
      const features =
        table === 'decisions' ? await counted('key_features', 'unnest(map_keys(key_features))') : []
      const [span] = await context.duck.rows(
        `SELECT min(timestamp_utc) AS first, max(timestamp_utc) AS last FROM (${times})`,
        [],
        signal,
      )
      const instant = (text: unknown): number | null =>
        typeof text === 'string' ? parseInstant(text, context.zone) : null
      return { columns, features, from: instant(span?.first), to: instant(span?.last), problems }
    },
    signal,
  )
}
