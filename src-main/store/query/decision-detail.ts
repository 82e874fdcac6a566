import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { DecisionDetail, LedgerEntry } from '../../../schemas/contract/ledger.ts'
import { chartTimeframe } from '../../../schemas/contract/timeframe.ts'
import type { Problem, ViewportObject } from '../../../schemas/contract/viewport.ts'
import type { DecisionDetailRequest } from '../../../schemas/generated/requests.ts'
import type { AuditRow, DecisionRow, PolicyRow } from '../../../schemas/generated/rows.ts'
import type { Asking } from '../api.ts'
import { barsAround } from './bars-around.ts'
import { outcomeKnownAt } from './outcome-time.ts'
import { queryLedger } from './query.ts'
import { rowOrigin } from './row-origin.ts'
import type { LedgerSources } from './sources.ts'

const AUDITS_SHOWN = 200
/** Objects are asked for through a timeframe, though they stand on every one. */
const ANY_TIMEFRAME = '15m'

/**
 * All that is known around one decision (SPEC Q20–Q24): its row, where that stands and whether the bytes are those that
 * were recorded, the bars around it, the objects and the policy of its moment, and the run's audits.
 * @throws NOT_FOUND when no readable file holds it, or it was not made yet as of then; BAD_REQUEST, CANCELLED
 */
export async function decisionDetail(
  sources: LedgerSources,
  request: DecisionDetailRequest,
  asking: Asking = {},
): Promise<DecisionDetail> {
  const { runId, decisionId, ts, asOf } = request
  const known = asOf === undefined ? {} : { asOf }
  const filter = { runIds: [runId], decisionIds: [decisionId], from: ts, to: ts, ...known }
  const found = await queryLedger(sources, { table: 'decisions', filter, offset: 0, limit: 1 }, asking)
  const entry = found.entries[0] as LedgerEntry<DecisionRow> | undefined
  if (entry === undefined) throw notFound(request)
  const { row } = entry
  const timeframe = chartTimeframe(row.timeframe ?? '')
  const [origin, policy, standing, bars, audits] = await Promise.all([
    rowOrigin(sources.context, entry.file, entry.place, asking.signal),
    policyOf(sources, row.policy_version, asking),
    objectsStanding(sources, row.symbol, ts, asking),
    timeframe === null
      ? NO_BARS
      : barsAround(sources, { symbol: row.symbol, timeframe, ts, ...known }, asking),
    queryLedger(
      sources,
      { table: 'audits', filter: { runIds: [runId], ...known }, offset: 0, limit: AUDITS_SHOWN },
      asking,
    ),
  ])
  return {
    entry,
    ts,
    timeframe,
    outcomeKnownAt: outcomeKnownAt(row, ts),
    origin: { file: entry.file, ...origin },
    policy: policy.row,
    objects: standing.objects,
    candles: bars.candles,
    barTs: bars.barTs,
    audits: audits.entries.map((each) => each.row as unknown as AuditRow),
    auditsTotal: audits.total,
    problems: once([
      ...found.problems,
      ...policy.problems,
      ...standing.problems,
      ...bars.problems,
      ...audits.problems,
    ]),
  }
}

const NO_BARS = {
  candles: {
    ts: new Float64Array(),
    open: new Float64Array(),
    high: new Float64Array(),
    low: new Float64Array(),
    close: new Float64Array(),
    volume: new Float64Array(),
  },
  barTs: null,
  problems: [],
}

/** The policy of the row's own version, whenever it was written down (SPEC Q22). */
async function policyOf(
  sources: LedgerSources,
  version: string | null,
  asking: Asking,
): Promise<{ readonly row: PolicyRow | null; readonly problems: readonly Problem[] }> {
  if (version === null) return { row: null, problems: [] }
  const filter = { policyVersions: [version] }
  const { entries, problems } = await queryLedger(
    sources,
    { table: 'policies', filter, offset: 0, limit: 1 },
    asking,
  )
  return { row: (entries[0]?.row as unknown as PolicyRow | undefined) ?? null, problems }
}

/** As they were known then, and not as later events made them (SPEC Q21). */
async function objectsStanding(
  { viewport }: LedgerSources,
  symbol: string | null,
  ts: number,
  { signal }: Asking,
): Promise<{ readonly objects: readonly ViewportObject[]; readonly problems: readonly Problem[] }> {
  if (symbol === null) return { objects: [], problems: [] }
  const moment = { symbol, timeframe: ANY_TIMEFRAME, from: ts, to: ts, asOf: ts }
  const { objects, problems } = await viewport(moment, signal)
  return { objects, problems }
}

function notFound({ runId, decisionId, ts, asOf }: DecisionDetailRequest): BarkeepError {
  const when = new Date(ts).toISOString()
  const why =
    asOf !== undefined && asOf < ts
      ? `was not made yet at ${new Date(asOf).toISOString()}`
      : `is in no file of ${when.slice(0, 10)} that can be read`
  return new BarkeepError('NOT_FOUND', `Decision "${decisionId}" of run "${runId}" at ${when} ${why}.`)
}

function once(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()]
}
