import { MarketZone } from '../../schemas/contract/market-time.ts'
import type { LedgerFilter, LedgerQuery } from '../../schemas/generated/requests.ts'
import type { DecisionRow } from '../../schemas/generated/rows.ts'
import type { Random } from './seeded.ts'

/** Questions to decisions answered over rows in memory, by other means than the engine's. */

const zone = new MarketZone()
const MINUTES: Readonly<Record<string, number>> = { '5m': 5, M5: 5, '5M': 5, '1h': 60, H1: 60, '2d': 2880 }
const JOINED: Readonly<Record<string, string>> = {
  '5m': '5m',
  M5: '5m',
  '5M': '5m',
  '1h': '1h',
  H1: '1h',
  '2d': '2d',
}

export const timeOf = (row: DecisionRow): number => Date.parse(row.timestamp_utc)

/** Outcomes that weren't known by then taken away. */
export function asKnown(row: DecisionRow, asOf: number | undefined): DecisionRow {
  if (asOf === undefined) return row
  const bars = row.outcome_holding_period_bars
  const minutes = MINUTES[row.timeframe]
  if (bars !== null && minutes !== undefined && timeOf(row) + bars * minutes * 60_000 <= asOf) return row
  return {
    ...row,
    outcome_pnl: null,
    outcome_hit: null,
    outcome_max_drawdown: null,
    outcome_holding_period_bars: null,
  }
}

export function isHit(row: DecisionRow): boolean | null {
  if (row.outcome_hit !== null) return row.outcome_hit
  return row.outcome_pnl === null ? null : row.outcome_pnl > 0
}

export function featureOf(row: DecisionRow, name: string): number | null {
  const value = Object.hasOwn(row.key_features, name) ? row.key_features[name] : null
  return typeof value === 'number' ? value : null
}

/** Whether a row, as it was known, meets a filter. */
export function meets(row: DecisionRow, filter: LedgerFilter): boolean {
  const ts = timeOf(row)
  const oneOf = (list: readonly string[] | undefined, value: string): boolean =>
    list === undefined || list.length === 0 || list.includes(value)
  const joined = (text: string): string => JOINED[text] ?? text
  const hit = isHit(row)
  return (
    ts >= (filter.from ?? -Infinity) &&
    ts <= (filter.to ?? Infinity) &&
    ts <= (filter.asOf ?? Infinity) &&
    oneOf(filter.symbols, row.symbol) &&
    oneOf(filter.timeframes?.map(joined), joined(row.timeframe)) &&
    oneOf(filter.sessionRegimes, row.session_regime) &&
    oneOf(filter.actions, row.action) &&
    oneOf(filter.policyVersions, row.policy_version) &&
    oneOf(filter.engineVersions, row.engine_version) &&
    oneOf(filter.runIds, row.run_id) &&
    oneOf(filter.decisionIds, row.decision_id) &&
    (!filter.macroRegimes?.length ||
      row.macro_regimes.some((label) => filter.macroRegimes?.includes(label))) &&
    (filter.noMacroRegime !== true || row.macro_regimes.length === 0) &&
    (filter.hasOutcome === undefined || (row.outcome_pnl !== null) === filter.hasOutcome) &&
    (filter.outcome === undefined ||
      { hit: hit === true, miss: hit === false, known: hit !== null, open: hit === null }[filter.outcome]) &&
    (!filter.text ||
      [row.run_id, row.decision_id].some((id) =>
        id.toLowerCase().includes((filter.text ?? '').toLowerCase()),
      )) &&
    (!filter.tradingDays?.length || filter.tradingDays.includes(zone.dateOf(ts))) &&
    (filter.features ?? []).every(({ name, op, value }) => {
      const found = featureOf(row, name)
      if (found === null) return false
      return {
        '<': found < value,
        '<=': found <= value,
        '>': found > value,
        '>=': found >= value,
        '=': found === value,
        '!=': found !== value,
      }[op]
    })
  )
}

function sortValue(row: DecisionRow, column: string): unknown {
  return column.startsWith('feature:')
    ? featureOf(row, column.slice('feature:'.length))
    : row[column as keyof DecisionRow]
}

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b))
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let index = 0; index < Math.min(a.length, b.length); index++) {
      const order = compareValues(a[index], b[index])
      if (order !== 0) return order
    }
    return a.length - b.length
  }
  return Number(a) - Number(b)
}

/** All rows of a question in its order. */
export function answer(
  rows: readonly DecisionRow[],
  { filter, sort = { column: 'timestamp_utc', descending: true } }: Pick<LedgerQuery, 'filter' | 'sort'>,
): readonly DecisionRow[] {
  return rows
    .map((row) => asKnown(row, filter.asOf))
    .filter((row) => meets(row, filter))
    .sort((a, b) => {
      const [left, right] = [sortValue(a, sort.column), sortValue(b, sort.column)]
      if (left === null || right === null) {
        if (left !== right) return left === null ? 1 : -1
      } else {
        const order = compareValues(left, right)
        if (order !== 0) return sort.descending ? -order : order
      }
      return (
        compareValues(a.timestamp_utc, b.timestamp_utc) ||
        compareValues(a.run_id, b.run_id) ||
        compareValues(a.decision_id, b.decision_id)
      )
    })
}

export const SYMBOLS = ['SPY', 'QQQ', 'BRK.B', 'ES=F']
export const FEATURES = ['rsi_14', 'RSI_14', "it's", 'ключ', 'absent']
const REGIMES = ['NY', 'LONDON', '']
const LABELS = ['risk_on', 'risk_off', 'a "b"', 'ü']

/** A decision within a UTC day, with ties of times and values likely. */
export function randomDecision(random: Random, day: string, id: number): DecisionRow {
  const minute = random.pick([0, 299, 300, 359, 360, 480, 870, 1020, 1439, random.int(0, 1439)])
  const feature = (): number | string | boolean | null =>
    random.pick([random.int(-3, 3), random.next() * 100, '70', 'up', true, null, 1e-9, 0])
  const features = FEATURES.slice(0, 4).filter(() => random.chance(0.7))
  const maybe = <T>(value: T): T | null => (random.chance(0.6) ? value : null)
  return {
    run_id: random.pick(['run-1', 'RUN-2', "it's", 'прогон']),
    decision_id: `d${id}`,
    timestamp_utc: `${new Date(Date.parse(`${day}T00:00:00Z`) + minute * 60_000).toISOString().slice(0, 23)}+00:00`,
    symbol: random.pick(SYMBOLS),
    timeframe: random.pick(['5m', 'M5', '5M', '1h', 'H1', '2d', 'weird']),
    session_regime: random.pick(REGIMES),
    macro_regimes: LABELS.filter(() => random.chance(0.3)),
    key_features: Object.fromEntries(features.map((name) => [name, feature()])),
    evaluation_score: random.int(-4, 4) / 4,
    action: random.pick(['long', 'short', 'hold']),
    outcome_pnl: maybe(random.int(-3, 3)),
    outcome_hit: maybe(random.chance(0.5)),
    outcome_max_drawdown: maybe(random.next()),
    outcome_holding_period_bars: maybe(random.int(0, 300)),
    policy_version: random.pick(['v1', 'v2']),
    engine_version: random.pick(['e1', 'e2']),
    provenance: maybe({ policy_version: 'v1' }),
    position_size: maybe(random.int(0, 3)),
    effective_weights: maybe({ rsi_14: random.next() }),
    policy_components: maybe({ base_weights: { a: 1 } }),
  }
}

export function randomFilter(
  random: Random,
  days: readonly string[],
  rows: readonly DecisionRow[],
): LedgerFilter {
  const instant = (): number =>
    Date.parse(`${random.pick(days)}T00:00:00Z`) + random.int(-1, 25) * 3_600_000 + random.int(-1, 1)
  const some = <T>(items: readonly T[]): T[] => items.filter(() => random.chance(0.4))
  const choices: (() => LedgerFilter)[] = [
    () => ({ from: instant() }),
    () => ({ to: instant() }),
    () => ({ asOf: instant() + random.pick([0, 86_400_000]) }),
    () => ({ symbols: some(SYMBOLS) }),
    () => ({ timeframes: some(['5m', 'H1', 'weird', '2d']) }),
    () => ({ sessionRegimes: some(REGIMES) }),
    () => ({ macroRegimes: some(LABELS) }),
    () => ({ noMacroRegime: true }),
    () => ({ actions: some(['long', 'short']) }),
    () => ({ policyVersions: ['v2'] }),
    () => ({ engineVersions: ['e1'] }),
    () => ({ runIds: some(['run-1', "it's", 'прогон']) }),
    () => ({ decisionIds: some(rows.map(({ decision_id }) => decision_id)).slice(0, 20) }),
    () => ({ outcome: random.pick(['hit', 'miss', 'known', 'open'] as const) }),
    () => ({ hasOutcome: random.chance(0.5) }),
    () => ({ text: random.pick(['RUN', 'D1', "'", 'ПРОГ', '%', '_']) }),
    () => ({ tradingDays: some(days) }),
    () => ({
      features: [
        {
          name: random.pick(FEATURES),
          op: random.pick(['<', '<=', '>', '>=', '=', '!='] as const),
          value: random.pick([0, 1, -2, 50.5, 1e-9]),
        },
      ],
    }),
  ]
  const count = random.pick([0, 1, 1, 2, 3])
  return Object.assign({}, ...Array.from({ length: count }, () => random.pick(choices)())) as LedgerFilter
}
