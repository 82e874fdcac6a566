import type { DuckDBValue } from '@duckdb/node-api'
import type { StabilityReport, StabilitySeries } from '../../../schemas/contract/ledger.ts'
import type { StabilityRequest } from '../../../schemas/generated/requests.ts'
import type { Asking } from '../api.ts'
import { askLedger } from '../query/ledger-scan.ts'
import type { LedgerSources } from '../query/sources.ts'

/**
 * Each feature in each regime over time, from the stats table (SPEC Q33): by feature, then regime (over all of them last),
 * each by time and run. Rows without time or feature stand in none.
 * @throws BAD_REQUEST, CANCELLED
 */
export async function featureStability(
  { context }: LedgerSources,
  { filter }: StabilityRequest,
  { signal }: Asking = {},
): Promise<StabilityReport> {
  return askLedger(
    context,
    'stats',
    filter,
    async ({ sql, problems }): Promise<StabilityReport> => {
      if (sql === null) return { series: [], problems }
      const ordered = `SELECT feature_name, regime, timestamp_utc, stability, sharpe, hit_rate, variance, run_id
        FROM (${sql}) WHERE feature_name IS NOT NULL AND timestamp_utc IS NOT NULL
        ORDER BY feature_name, regime NULLS LAST, timestamp_utc, run_id, window_start, window_end`
      const columns = await context.duck.using(
        async (connection) => (await connection.runAndReadAll(ordered)).getColumns(),
        signal,
      )
      return { series: seriesOf(columns), problems }
    },
    signal,
  )
}

interface GrowingSeries extends StabilitySeries {
  readonly ts: number[]
  readonly stability: (number | null)[]
  readonly sharpe: (number | null)[]
  readonly hitRate: (number | null)[]
  readonly variance: (number | null)[]
  readonly runIds: string[]
}

/** Cuts the ordered rows where feature or regime change. */
function seriesOf(columns: readonly (readonly DuckDBValue[])[]): readonly StabilitySeries[] {
  const [
    features = [],
    regimes = [],
    times = [],
    stability = [],
    sharpe = [],
    hitRate = [],
    variance = [],
    runs = [],
  ] = columns
  const found: GrowingSeries[] = []
  let open: GrowingSeries | undefined
  for (const [row, name] of features.entries()) {
    const feature = String(name)
    const regime = textOf(regimes[row])
    if (open === undefined || open.feature !== feature || open.regime !== regime) {
      open = { feature, regime, ts: [], stability: [], sharpe: [], hitRate: [], variance: [], runIds: [] }
      found.push(open)
    }
    open.ts.push(Date.parse(String(times[row])))
    open.stability.push(numberOf(stability[row]))
    open.sharpe.push(numberOf(sharpe[row]))
    open.hitRate.push(numberOf(hitRate[row]))
    open.variance.push(numberOf(variance[row]))
    open.runIds.push(textOf(runs[row]) ?? '')
  }
  return found
}

function textOf(value: DuckDBValue | undefined): string | null {
  return typeof value === 'string' ? value : null
}

/** What is no finite number is none: a file of another program may hold NaN. */
function numberOf(value: DuckDBValue | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}
