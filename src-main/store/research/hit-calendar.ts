import type { HitCalendar, HitDay } from '../../../schemas/contract/ledger.ts'
import { formatUtcIso, type MarketZone, parseInstant } from '../../../schemas/contract/market-time.ts'
import type { HitCalendarRequest } from '../../../schemas/generated/requests.ts'
import type { Asking } from '../api.ts'
import { askLedger } from '../query/ledger-scan.ts'
import { performanceFrom, performanceSql } from '../query/performance-sql.ts'
import type { LedgerSources } from '../query/sources.ts'
import { literal } from '../read/duckdb.ts'

/**
 * How the decisions of each trading date of the market zone ended (SPEC Q32): days without any are absent. The filter
 * with `tradingDays: [day]` shows exactly a day's rows.
 * @throws BAD_REQUEST, CANCELLED
 */
export async function hitCalendar(
  { context }: LedgerSources,
  { filter }: HitCalendarRequest,
  { signal }: Asking = {},
): Promise<HitCalendar> {
  return askLedger(
    context,
    'decisions',
    filter,
    async ({ sql, problems }): Promise<HitCalendar> => {
      if (sql === null) return { days: [], problems }
      const present = await context.duck.rows(
        `SELECT DISTINCT substr(timestamp_utc, 1, 10) AS day FROM (${sql}) WHERE timestamp_utc IS NOT NULL`,
        [],
        signal,
      )
      const dates = tradingDates(
        present.map(({ day }) => String(day)),
        context.zone,
      )
      if (dates.length === 0) return { days: [], problems }
      const rows = await context.duck.rows(performanceSql(datedRelation(sql, dates), ['__day']), [], signal)
      const days = rows.map((row): HitDay => ({ ...performanceFrom(row), day: String(row.__day) }))
      return { days: days.sort((a, b) => (a.day < b.day ? -1 : 1)), problems }
    },
    signal,
  )
}

/** A date of the zone with its first and last instant in the stored form. */
interface TradingDate {
  readonly day: string
  readonly from: string
  readonly to: string
}

/** The zone's dates that the given UTC days touch, two or three a day: a day begins at the zone's midnight, DST or not. */
function tradingDates(utcDays: readonly string[], zone: MarketZone): readonly TradingDate[] {
  const dates = new Set<string>()
  for (const day of utcDays) {
    const first = Date.parse(`${day}T00:00:00Z`)
    if (Number.isNaN(first)) continue
    for (const instant of [first, first + 43_200_000, first + 86_399_999]) dates.add(zone.dateOf(instant))
  }
  return [...dates].sort().map((day) => ({
    day,
    // The very bounds that the filter by trading day compares with.
    from: formatUtcIso(parseInstant(day, zone, 'start')),
    to: formatUtcIso(parseInstant(day, zone, 'end')),
  }))
}

/** Each row with its date: the last one that had begun by then. */
function datedRelation(sql: string, dates: readonly TradingDate[]): string {
  const values = dates.map(({ day, from, to }) => `(${[day, from, to].map(literal).join(', ')})`)
  return `SELECT dates.day AS __day, entries.timestamp_utc, run_id, decision_id, outcome_pnl, outcome_hit
    FROM (SELECT timestamp_utc, run_id, decision_id, outcome_pnl, outcome_hit FROM (${sql})) AS entries
    ASOF JOIN (VALUES ${values.join(', ')}) AS dates(day, begins, ends) ON entries.timestamp_utc >= dates.begins
    WHERE entries.timestamp_utc <= dates.ends`
}
