import type { UtcDay } from '../../../schemas/contract/units.ts'
import type {
  AuditRow,
  DecisionRow,
  ObjectEventRow,
  PolicyRow,
  StatRow,
} from '../../../schemas/generated/rows.ts'
import type { StoreTable } from '../../../schemas/tables/index.ts'
import { outcomeKnownAt } from '../../store/query/outcome-time.ts'

/** A bar as bots hand it in. */
export interface FedBar {
  readonly symbol: string
  readonly timeframe: string
  /** Open, ms UTC. */
  readonly ts: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}

/** What a store holds of the day that is played, and what stood already when it began. */
export interface StoredDay {
  readonly day: UtcDay
  /** Open of the first bar that is played, ms UTC: nothing comes before. */
  readonly start: number
  /** With the length of each one's timeframe, ms. */
  readonly bars: readonly (FedBar & { readonly millis: number })[]
  /** In the order of the fold; earlier ones are of objects that still matter on the day. */
  readonly events: readonly ObjectEventRow[]
  readonly decisions: readonly DecisionRow[]
  readonly audits: readonly AuditRow[]
  readonly stats: readonly StatRow[]
  /** Published up to the day's end. */
  readonly policies: readonly PolicyRow[]
}

/** A document and when it is handed in. */
export interface PlannedDocument {
  /** In the time of the day that is played, ms UTC. */
  readonly due: number
  readonly table: StoreTable
  readonly document: object
}

/** Of one instant: what others name or build on comes first. */
const RANK = {
  policies: 0,
  candles: 1,
  object_events: 2,
  audits: 3,
  decisions: 4,
  stats: 5,
} as const satisfies Record<StoreTable, number>

/** Columns of a decision that are learned after it. */
const OPEN = {
  outcome_pnl: null,
  outcome_hit: null,
  outcome_max_drawdown: null,
  outcome_holding_period_bars: null,
} as const

/**
 * A stored day as its bot would have handed it in (SPEC F70): each bar when it closes, everything else at its own time, a
 * decision first without its outcome and again with it once that was known. What is older than the first bar stands
 * already and comes with it. An outcome of which nobody can say when it was known comes last of all. Ascending by time.
 */
export function planOf(day: StoredDay): readonly PlannedDocument[] {
  const plan: PlannedDocument[] = []
  const add = (table: StoreTable, at: number, document: object): void => {
    plan.push({ due: Math.max(at, day.start), table, document })
  }
  for (const row of day.policies) add('policies', Date.parse(row.timestamp_utc), row)
  for (const { millis, ...bar } of day.bars) add('candles', bar.ts + millis, bar)
  for (const row of day.events) add('object_events', row.ts, row)
  for (const row of day.audits) add('audits', Date.parse(row.timestamp_utc), row)
  for (const row of day.stats) add('stats', Date.parse(row.timestamp_utc), row)
  const timeless: DecisionRow[] = []
  for (const row of day.decisions) {
    const ts = Date.parse(row.timestamp_utc)
    const known = outcomeKnownAt(row, ts)
    const hasOutcome = Object.keys(OPEN).some((name) => row[name as keyof typeof OPEN] !== null)
    add('decisions', ts, known !== null && known <= ts ? row : { ...row, ...OPEN })
    if (known === null && hasOutcome) timeless.push(row)
    else if (known !== null && known > ts) add('decisions', known, row)
  }
  const end = plan.reduce((latest, { due }) => Math.max(latest, due), day.start)
  for (const row of timeless) plan.push({ due: end, table: 'decisions', document: row })
  // The sort is stable: of one instant and table the order is the given one, decisions before their completions.
  return plan.sort((a, b) => a.due - b.due || RANK[a.table] - RANK[b.table])
}

/**
 * When each document of a plan is due in real time, ms after the first. Between two of them passes at most the shortest
 * bar: hours in which nothing happens are cut.
 * @param speed so many times real time
 */
export function paceOf(
  plan: readonly PlannedDocument[],
  speed: number,
  shortestBar: number,
): readonly number[] {
  let elapsed = 0
  let before = plan[0]?.due ?? 0
  return plan.map(({ due }) => {
    elapsed += Math.min(due - before, shortestBar) / speed
    before = due
    return elapsed
  })
}
