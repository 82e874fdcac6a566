import type { AuditDay, AuditTimeline } from '../../../schemas/contract/ledger.ts'
import { type MarketZone, parseInstant } from '../../../schemas/contract/market-time.ts'
import type { AuditTimelineRequest } from '../../../schemas/generated/requests.ts'
import type { Asking } from '../api.ts'
import { askLedger } from '../query/ledger-scan.ts'
import type { LedgerSources } from '../query/sources.ts'

type Counts = Readonly<Record<string, number>>
type Answer = readonly Readonly<Record<string, unknown>>[]

/** A row's issues one by one; what another program left null in the list is none. */
const ISSUES = 'list_filter(coalesce(issues, []::VARCHAR[]), issue -> issue IS NOT NULL)'
/** The audit that a row is of: rows of one document end in their number. */
const AUDIT = `regexp_replace(audit_id, '#[0-9]+$', '')`

/**
 * Audits by trading date of the market zone, by run and by feature (SPEC N10). Each issue of a row counts; a row without
 * any is clean.
 * @throws BAD_REQUEST, CANCELLED
 */
export async function auditTimeline(
  { context }: LedgerSources,
  { filter }: AuditTimelineRequest,
  { signal }: Asking = {},
): Promise<AuditTimeline> {
  return askLedger(
    context,
    'audits',
    filter,
    async ({ only, problems }): Promise<AuditTimeline> => {
      const sql = only(['run_id', 'audit_id', 'timestamp_utc', 'feature_name', 'issues'])
      if (sql === null) return { days: [], runs: [], features: [], problems }
      const ask = (query: string): Promise<Answer> => context.duck.rows(query, [], signal)
      const [clean, issues, features, runs, runIssues] = [
        await ask(`SELECT substr(timestamp_utc, 1, 16) AS minute, count(*) AS count FROM (${sql})
          WHERE timestamp_utc IS NOT NULL AND len(${ISSUES}) = 0 GROUP BY ALL`),
        await ask(`SELECT minute, issue, count(*) AS count
          FROM (SELECT substr(timestamp_utc, 1, 16) AS minute, unnest(${ISSUES}) AS issue FROM (${sql})
            WHERE timestamp_utc IS NOT NULL)
          GROUP BY ALL`),
        await ask(`SELECT feature_name, issue, count(*) AS count
          FROM (SELECT feature_name, unnest(${ISSUES}) AS issue FROM (${sql}) WHERE feature_name IS NOT NULL)
          GROUP BY ALL`),
        await ask(`SELECT run_id, min(timestamp_utc) AS first, max(timestamp_utc) AS last,
            count(DISTINCT ${AUDIT}) AS audits,
            count(DISTINCT CASE WHEN len(${ISSUES}) = 0 THEN ${AUDIT} END) AS clean
          FROM (${sql}) WHERE run_id IS NOT NULL AND timestamp_utc IS NOT NULL GROUP BY run_id`),
        await ask(`SELECT run_id, issue, count(*) AS count
          FROM (SELECT run_id, unnest(${ISSUES}) AS issue FROM (${sql})
            WHERE run_id IS NOT NULL AND timestamp_utc IS NOT NULL)
          GROUP BY ALL`),
      ]
      const ofRun = countsBy(runIssues, 'run_id')
      return {
        days: daysOf(clean, issues, context.zone),
        runs: runs
          .map((row) => ({
            runId: String(row.run_id),
            from: parseInstant(String(row.first), context.zone),
            to: parseInstant(String(row.last), context.zone),
            audits: Number(row.audits),
            clean: Number(row.clean),
            issues: ofRun.get(String(row.run_id)) ?? {},
          }))
          .sort((a, b) => b.to - a.to || b.from - a.from || (a.runId < b.runId ? -1 : 1)),
        features: [...countsBy(features, 'feature_name')]
          .map(([feature, counts]) => ({ feature, issues: counts }))
          .sort((a, b) => sum(b.issues) - sum(a.issues) || (a.feature < b.feature ? -1 : 1)),
        problems,
      }
    },
    signal,
  )
}

/** Issues by type for each value of a column; in order of name, so that one set of rows gives one answer. */
function countsBy(rows: Answer, column: string): ReadonlyMap<string, Counts> {
  const found = new Map<string, [string, number][]>()
  for (const row of rows) {
    const key = String(row[column])
    const counts = found.get(key) ?? []
    counts.push([String(row.issue), Number(row.count)])
    found.set(key, counts)
  }
  return new Map([...found].map(([key, counts]) => [key, ordered(counts)]))
}

/** An issue may be called like something that every object has. */
function ordered(counts: readonly (readonly [string, number])[]): Counts {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function sum(counts: Counts): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}

/** Minutes gathered to the zone's dates: an offset is whole minutes, so that a minute lies in one date. */
function daysOf(clean: Answer, issues: Answer, zone: MarketZone): readonly AuditDay[] {
  const days = new Map<string, { clean: number; issues: Map<string, number> }>()
  const dayOf = (minute: unknown) => {
    const day = zone.dateOf(parseInstant(`${String(minute)}Z`, zone))
    const found = days.get(day) ?? { clean: 0, issues: new Map<string, number>() }
    days.set(day, found)
    return found
  }
  for (const row of clean) dayOf(row.minute).clean += Number(row.count)
  for (const row of issues) {
    const counts = dayOf(row.minute).issues
    counts.set(String(row.issue), (counts.get(String(row.issue)) ?? 0) + Number(row.count))
  }
  return [...days]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([day, found]) => ({ day, clean: found.clean, issues: ordered([...found.issues]) }))
}
