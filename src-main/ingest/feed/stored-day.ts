import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { Series } from '../../../schemas/contract/health.ts'
import { formatUtcIso, utcDayOf, utcDayStart } from '../../../schemas/contract/market-time.ts'
import { chartTimeframe, parseTimeframe, timeframeMillis } from '../../../schemas/contract/timeframe.ts'
import type { UtcDay } from '../../../schemas/contract/units.ts'
import type { CandleColumns, Problem } from '../../../schemas/contract/viewport.ts'
import type {
  AuditRow,
  DecisionRow,
  ObjectEventRow,
  PolicyRow,
  StatRow,
} from '../../../schemas/generated/rows.ts'
import type { LedgerTable } from '../../../schemas/tables/index.ts'
import type { StoreReader } from '../../store/api.ts'
import type { FedBar, StoredDay } from './plan.ts'

export interface FeedRange {
  /** ms UTC */
  readonly from: number
  /** Only this symbol, of what has one. */
  readonly symbol?: string | undefined
  /** Only this timeframe, of bars and decisions. */
  readonly timeframe?: string | undefined
}

const DAY = 86_400_000
/** Rows asked for at once. */
const PAGE = 10_000

/**
 * Reads what is played: from the first bar at or after an instant to the end of that bar's UTC day.
 * @returns with the problems met on the way: what they name is not played
 * @throws NOT_FOUND when there is no such bar, and what the reader throws
 */
export async function readStoredDay(
  reader: StoreReader,
  range: FeedRange,
): Promise<StoredDay & { readonly problems: readonly Problem[] }> {
  const { series } = await reader.info()
  const wanted = series.filter((each) => isWanted(each, range))
  const day = await dayToPlay(reader, wanted, range)
  const [from, to] = [Math.max(range.from, utcDayStart(day)), utcDayStart(day) + DAY - 1]
  const problems = new Map<string, Problem>()
  const noted = (found: readonly Problem[]): void => {
    for (const problem of found) problems.set(`${problem.file} ${problem.detail}`, problem)
  }
  const bars: (FedBar & { readonly millis: number })[] = []
  const standing = new Set<string>()
  for (const { symbol, timeframe } of wanted) {
    const millis = timeframeMillis(parseTimeframe(timeframe))
    const shown = await reader.viewport({ symbol, timeframe, from, to, includeRemoved: true })
    noted(shown.problems)
    for (const bar of barsOf(symbol, timeframe, shown.candles)) bars.push({ ...bar, millis })
    for (const { id } of shown.objects) standing.add(id)
  }
  const start = bars.reduce((first, { ts }) => Math.min(first, ts), Number.POSITIVE_INFINITY)
  const { rows: events, problems: ofEvents } = await reader.events(to)
  noted(ofEvents)
  const rows = async <Row>(table: LedgerTable, bounds: object): Promise<readonly Row[]> => {
    const found = await allRows<Row>(reader, table, bounds)
    noted(found.problems)
    return found.rows
  }
  const symbols = range.symbol === undefined ? {} : { symbols: [range.symbol] }
  const timeframes = range.timeframe === undefined ? {} : { timeframes: [range.timeframe] }
  return {
    day,
    start,
    bars,
    events: eventsToPlay(events, { from, standing, symbol: range.symbol }),
    decisions: await rows<DecisionRow>('decisions', { from, to, ...symbols, ...timeframes }),
    audits: await rows<AuditRow>('audits', { from, to }),
    stats: await rows<StatRow>('stats', { from, to }),
    policies: await rows<PolicyRow>('policies', { to }),
    problems: [...problems.values()],
  }
}

function isWanted(series: Series, { from, symbol, timeframe }: FeedRange): boolean {
  if (symbol !== undefined && series.symbol !== symbol) return false
  if (timeframe !== undefined && chartTimeframe(series.timeframe) !== chartTimeframe(timeframe)) return false
  return series.lastTs >= from
}

/** The day of the first bar from an instant on; weekends and holidays are passed in growing steps. */
async function dayToPlay(reader: StoreReader, wanted: readonly Series[], range: FeedRange): Promise<UtcDay> {
  let first = Number.POSITIVE_INFINITY
  for (const { symbol, timeframe, firstTs, lastTs } of wanted) {
    const begin = Math.max(range.from, firstTs)
    for (let [from, span] = [begin, DAY]; from <= Math.min(lastTs, first); from += span, span *= 2) {
      const { candles } = await reader.viewport({ symbol, timeframe, from, to: from + span - 1 })
      const [ts] = candles.ts
      if (ts === undefined) continue
      first = Math.min(first, ts)
      break
    }
  }
  if (first !== Number.POSITIVE_INFINITY) return utcDayOf(first)
  const what = [range.timeframe, range.symbol].filter((each) => each !== undefined).join(' of ')
  throw new BarkeepError(
    'NOT_FOUND',
    `The store holds no bar${what === '' ? '' : ` (${what})`} at or after ${formatUtcIso(range.from)}. Choose an earlier --from.`,
  )
}

function* barsOf(symbol: string, timeframe: string, columns: CandleColumns): Generator<FedBar> {
  const { ts, open, high, low, close, volume } = columns
  const at = (column: Float64Array, index: number): number => column[index] ?? Number.NaN
  for (let index = 0; index < ts.length; index++)
    yield {
      symbol,
      timeframe,
      ts: at(ts, index),
      open: at(open, index),
      high: at(high, index),
      low: at(low, index),
      close: at(close, index),
      volume: at(volume, index),
    }
}

/** The day's events, and the earlier life of every object that shows on the day or changes on it. */
function eventsToPlay(
  events: readonly ObjectEventRow[],
  of: { readonly from: number; readonly standing: ReadonlySet<string>; readonly symbol: string | undefined },
): readonly ObjectEventRow[] {
  const mattering = new Set(of.standing)
  for (const { ts, object_id: id } of events) if (ts >= of.from) mattering.add(id)
  return events.filter(
    ({ object_id: id, symbol }) => mattering.has(id) && (of.symbol === undefined || symbol === of.symbol),
  )
}

async function allRows<Row>(
  reader: StoreReader,
  table: LedgerTable,
  filter: object,
): Promise<{ readonly rows: readonly Row[]; readonly problems: readonly Problem[] }> {
  const rows: Row[] = []
  const problems: Problem[] = []
  const sort = { column: 'timestamp_utc', descending: false }
  for (;;) {
    const page = await reader.ledger.query({ table, filter, sort, offset: rows.length, limit: PAGE })
    problems.push(...page.problems)
    // A row that breaks its schema is refused by the target, with the reason.
    for (const { row } of page.entries) rows.push(row as Row)
    if (page.entries.length === 0 || rows.length >= page.total) return { rows, problems }
  }
}
