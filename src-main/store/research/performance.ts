import type {
  PerformanceDimension,
  PerformanceGroup,
  PerformanceReport,
} from '../../../schemas/contract/ledger.ts'
import { chartTimeframe } from '../../../schemas/contract/timeframe.ts'
import type { LedgerFilter, PerformanceRequest } from '../../../schemas/generated/requests.ts'
import type { Asking } from '../api.ts'
import type { StoreContext } from '../context.ts'
import { textList } from '../query/drift.ts'
import { askLedger } from '../query/ledger-scan.ts'
import { performanceFrom, performanceSql } from '../query/performance-sql.ts'
import type { LedgerSources } from '../query/sources.ts'
import { literal } from '../read/duckdb.ts'

/**
 * How decisions ended, by any of the dimensions (SPEC Q30, Q31): each group with the filter that shows exactly its rows.
 * Sums are compensated within a thread and joined over threads in any order: they agree with the exact sum to about
 * 1e-12 of the sum of the magnitudes, far below what a figure shows.
 * @throws BAD_REQUEST, CANCELLED
 */
export async function performanceReport(
  { context }: LedgerSources,
  { filter, groupBy }: PerformanceRequest,
  { signal }: Asking = {},
): Promise<PerformanceReport> {
  const dimensions = [...new Set(groupBy)]
  return askLedger(
    context,
    'decisions',
    filter,
    async ({ sql, problems }) => {
      if (sql === null) return { groupBy: dimensions, total: performanceFrom({}), groups: [], problems }
      const [whole] = await context.duck.rows(performanceSql(sql), [], signal)
      const groups = await groupsOf(context, sql, filter, dimensions, signal)
      return { groupBy: dimensions, total: performanceFrom(whole ?? {}), groups, problems }
    },
    signal,
  )
}

async function groupsOf(
  context: StoreContext,
  sql: string,
  filter: LedgerFilter,
  dimensions: readonly PerformanceDimension[],
  signal: AbortSignal | undefined,
): Promise<readonly PerformanceGroup[]> {
  if (dimensions.length === 0) return []
  const spelled = dimensions.includes('timeframe') ? await timeframesIn(context, sql, signal) : new Map()
  const keys = dimensions.map((_, index) => `__key${index}`)
  const relation = groupedRelation(sql, filter, dimensions, spelled)
  const rows = await context.duck.rows(performanceSql(relation, keys), [], signal)
  const spans = await spansOf(context, relation, keys, signal)
  return rows
    .map((row) => {
      const values = keys.map((key) => row[key] as string | null)
      return {
        ...performanceFrom(row),
        keys: values,
        ...(spans.get(JSON.stringify(values)) ?? { from: null, to: null }),
        filter: values.reduce((narrowed, value, index) => {
          const dimension = dimensions[index]
          return dimension === undefined ? narrowed : narrowedTo(narrowed, dimension, value)
        }, filter),
      }
    })
    .sort((a, b) => b.count - a.count || compareKeys(a.keys, b.keys))
}

interface Span {
  readonly from: number | null
  readonly to: number | null
}

/** First and last decision of each group, by its keys. */
async function spansOf(
  context: StoreContext,
  relation: string,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Span>> {
  const rows = await context.duck.rows(
    `SELECT ${keys.join(', ')}, min(timestamp_utc) AS __from, max(timestamp_utc) AS __to
      FROM (${relation}) GROUP BY ${keys.join(', ')}`,
    [],
    signal,
  )
  const instant = (text: unknown): number | null => (typeof text === 'string' ? Date.parse(text) : null)
  return new Map(
    rows.map((row) => [
      JSON.stringify(keys.map((key) => row[key])),
      { from: instant(row.__from), to: instant(row.__to) },
    ]),
  )
}

/**
 * The rows with their keys: one a macro regime of a row that has several. A row without a value that every decision must
 * have stands in no group, because no filter could show it, but in the total.
 */
function groupedRelation(
  sql: string,
  filter: LedgerFilter,
  dimensions: readonly PerformanceDimension[],
  spelled: ReadonlyMap<string, string>,
): string {
  const keys = dimensions.map((dimension, index) => `${keyExpression(dimension, spelled)} AS __key${index}`)
  const wanted = dimensions.flatMap((dimension, index) => {
    if (dimension !== 'macro_regime') return [`__key${index} IS NOT NULL`]
    // Asked for some macro regimes, a row's others are not the question, and no filter could show both at once.
    const asked = filter.macroRegimes ?? []
    return asked.length === 0 ? [] : [`__key${index} IN (${textList(asked)})`]
  })
  return `SELECT * FROM (
      SELECT ${keys.join(', ')}, timestamp_utc, run_id, decision_id, outcome_pnl, outcome_hit FROM (${sql}))
    ${wanted.length === 0 ? '' : `WHERE ${wanted.join(' AND ')}`}`
}

function keyExpression(dimension: PerformanceDimension, spelled: ReadonlyMap<string, string>): string {
  switch (dimension) {
    case 'macro_regime':
      // Named twice by one row it is still one decision.
      return `unnest(CASE WHEN coalesce(len(macro_regimes), 0) = 0 THEN [NULL::VARCHAR] ELSE list_distinct(macro_regimes) END)`
    case 'timeframe': {
      const cases = [...spelled].map(([raw, joined]) => `WHEN ${literal(raw)} THEN ${literal(joined)}`)
      return cases.length === 0 ? 'timeframe' : `CASE timeframe ${cases.join(' ')} ELSE timeframe END`
    }
    default:
      return dimension
  }
}

/** Spellings that differ from what they mean: `M5` → `5m`. One timeframe is one group, as it is one to the filter. */
async function timeframesIn(
  context: StoreContext,
  sql: string,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string>> {
  const rows = await context.duck.rows(`SELECT DISTINCT timeframe FROM (${sql})`, [], signal)
  const spelled = new Map<string, string>()
  for (const { timeframe } of rows) {
    if (typeof timeframe !== 'string') continue
    const joined = chartTimeframe(timeframe)
    if (joined !== null && joined !== timeframe) spelled.set(timeframe, joined)
  }
  return spelled
}

/** The filter of those of its rows that have a value. */
function narrowedTo(
  filter: LedgerFilter,
  dimension: PerformanceDimension,
  value: string | null,
): LedgerFilter {
  if (value === null) return { ...filter, noMacroRegime: true }
  switch (dimension) {
    case 'session_regime':
      return { ...filter, sessionRegimes: [value] }
    case 'macro_regime':
      return { ...filter, macroRegimes: [value] }
    case 'policy_version':
      return { ...filter, policyVersions: [value] }
    case 'symbol':
      return { ...filter, symbols: [value] }
    case 'timeframe':
      return { ...filter, timeframes: [value] }
    case 'action':
      return { ...filter, actions: [value] }
  }
}

/** By code units, key after key; none comes last. */
function compareKeys(a: readonly (string | null)[], b: readonly (string | null)[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index] ?? null
    if (left === right) continue
    if (left === null) return 1
    if (right === null) return -1
    return left < right ? -1 : 1
  }
  return 0
}
