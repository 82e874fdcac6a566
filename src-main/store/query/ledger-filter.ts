import { BarkeepError } from '../../../schemas/contract/errors.ts'
import { formatUtcIso, type MarketZone, parseInstant } from '../../../schemas/contract/market-time.ts'
import { chartTimeframe } from '../../../schemas/contract/timeframe.ts'
import type { LedgerFilter } from '../../../schemas/generated/requests.ts'
import type { TableSchema } from '../../../schemas/tables/index.ts'
import { identifier, literal } from '../read/duckdb.ts'
import { textList } from './drift.ts'
import { FEATURE, featureColumn } from './file-relation.ts'

/** Instants, both inclusive. */
export interface TimeRange {
  readonly from: number
  readonly to: number
}

/** A filter as SQL over a table's columns in its own types, and the times outside of which no row can meet it. */
export interface LedgerConditions {
  /** All must hold. */
  readonly where: readonly string[]
  /** Columns that they are about. */
  readonly columns: ReadonlySet<string>
  /** Ascending, apart from each other; null when any time will do. */
  readonly ranges: readonly TimeRange[] | null
  /** Of outcomes those that were known then. */
  readonly asOf?: number | undefined
}

/** Columns that each field of a filter needs; the first that the table has. */
const COLUMN_OF = {
  symbols: ['symbol'],
  timeframes: ['timeframe'],
  sessionRegimes: ['session_regime', 'regime'],
  macroRegimes: ['macro_regimes'],
  noMacroRegime: ['macro_regimes'],
  actions: ['action'],
  policyVersions: ['policy_version'],
  engineVersions: ['engine_version'],
  runIds: ['run_id'],
  decisionIds: ['decision_id'],
  outcome: ['outcome_hit'],
  hasOutcome: ['outcome_pnl'],
  features: ['key_features'],
  featureNames: ['feature_name'],
  issues: ['issues'],
  clean: ['issues'],
} as const satisfies Partial<Record<keyof LedgerFilter, readonly string[]>>

/** Hit or miss of a decision, null while it isn't known (SPEC Q6). */
export const HIT = 'coalesce(outcome_hit, outcome_pnl > 0)'

const OUTCOMES = {
  hit: HIT,
  miss: `NOT ${HIT}`,
  known: `${HIT} IS NOT NULL`,
  open: `${HIT} IS NULL`,
} as const satisfies Record<NonNullable<LedgerFilter['outcome']>, string>

/**
 * @throws BAD_REQUEST for a field that the table has no column for, or a bound that is no time
 */
export function ledgerConditions(
  table: TableSchema,
  filter: LedgerFilter,
  zone: MarketZone,
): LedgerConditions {
  const column = (field: keyof typeof COLUMN_OF): string => {
    const found = COLUMN_OF[field].find((name) => table.columns.some((each) => each.name === name))
    if (found === undefined)
      throw new BarkeepError(
        'BAD_REQUEST',
        `${table.name} can't be filtered by ${field}: they have no such column.`,
      )
    // Of features only their numbers are asked for.
    if (field !== 'features') columns.add(found)
    return identifier(found)
  }
  const columns = new Set<string>()
  const where: string[] = []
  const oneOf = (
    field:
      | 'symbols'
      | 'actions'
      | 'policyVersions'
      | 'engineVersions'
      | 'runIds'
      | 'decisionIds'
      | 'sessionRegimes'
      | 'featureNames',
  ): void => {
    const values = filter[field]
    if (values === undefined) return
    const name = column(field)
    if (values.length > 0) where.push(`${name} IN (${textList(values)})`)
  }
  for (const field of [
    'symbols',
    'actions',
    'policyVersions',
    'engineVersions',
    'runIds',
    'decisionIds',
    'sessionRegimes',
    'featureNames',
  ] as const)
    oneOf(field)
  if (filter.timeframes !== undefined) {
    const name = column('timeframes')
    if (filter.timeframes.length > 0)
      where.push(`${name} IN (${textList(filter.timeframes.flatMap(spellings))})`)
  }
  for (const field of ['macroRegimes', 'issues'] as const) {
    const values = filter[field]
    if (values === undefined) continue
    const name = column(field)
    if (values.length > 0) where.push(`list_has_any(${name}, [${textList(values)}])`)
  }
  if (filter.noMacroRegime !== undefined) {
    const name = column('noMacroRegime')
    if (filter.noMacroRegime) where.push(`coalesce(len(${name}), 0) = 0`)
  }
  if (filter.clean !== undefined)
    where.push(`coalesce(len(${column('clean')}), 0) ${filter.clean ? '=' : '>'} 0`)
  if (filter.outcome !== undefined) {
    column('outcome')
    columns.add('outcome_pnl')
    where.push(OUTCOMES[filter.outcome])
  }
  if (filter.hasOutcome !== undefined)
    where.push(`${column('hasOutcome')} IS ${filter.hasOutcome ? 'NOT ' : ''}NULL`)
  if (filter.text !== undefined && filter.text !== '') {
    for (const name of idColumns(table)) columns.add(name)
    const ids = idColumns(table).map(
      (name) => `contains(lower(${identifier(name)}), lower(${literal(filter.text ?? '')}))`,
    )
    where.push(`(${ids.join(' OR ')})`)
  }
  if (filter.features !== undefined) column('features')
  for (const { name, op, value } of filter.features ?? []) {
    columns.add(`${FEATURE}${name}`)
    where.push(`${featureColumn(name)} ${op} ${doubleLiteral(value)}`)
  }
  const ranges = timeRanges(filter, zone)
  if (ranges !== null) {
    columns.add('timestamp_utc')
    const inside = ranges.map(({ from, to }) =>
      [
        ...(from > -Infinity ? [`timestamp_utc >= ${literal(formatUtcIso(from))}`] : []),
        ...(to < Infinity ? [`timestamp_utc <= ${literal(formatUtcIso(to))}`] : []),
      ].join(' AND '),
    )
    where.push(
      inside.length === 0
        ? 'false'
        : inside.length === 1
          ? (inside[0] ?? 'true')
          : `(${inside.map((each) => `(${each})`).join(' OR ')})`,
    )
  }
  return { where, columns, ranges, asOf: filter.asOf }
}

/** Text columns of the stable key: what free text is looked for in (SPEC Q5). */
export function idColumns(table: TableSchema): readonly string[] {
  return table.key.filter((name) =>
    table.columns.some((each) => each.name === name && each.type === 'VARCHAR' && each.format !== 'time'),
  )
}

/** Every spelling that joins to the same timeframe: 5m, 5M, m5, M5. */
function spellings(text: string): readonly string[] {
  const joined = chartTimeframe(text)
  if (joined === null) return [text]
  const [count, unit] = [joined.slice(0, -1), joined.slice(-1)]
  const both = [unit, unit.toUpperCase()]
  return both.flatMap((each) => [`${count}${each}`, `${each}${count}`])
}

/** With an exponent it is a DOUBLE: 0.1 alone would be a DECIMAL, and compare as one. */
function doubleLiteral(value: number): string {
  if (!Number.isFinite(value))
    throw new BarkeepError('BAD_REQUEST', `A feature can't be compared with ${value}.`)
  const text = String(value)
  return `(${text.includes('e') ? text : `${text}e0`})`
}

/** Beyond these no text of the fixed form stands. */
const EARLIEST = Date.parse('0000-01-01T00:00:00Z')
const LATEST = Date.parse('9999-12-31T23:59:59.999Z')

/** The times that all of from, to, asOf and the trading days leave. */
function timeRanges(filter: LedgerFilter, zone: MarketZone): readonly TimeRange[] | null {
  const { from, to, asOf, tradingDays } = filter
  const days = tradingDays !== undefined && tradingDays.length > 0 ? tradingDays : null
  if (from === undefined && to === undefined && asOf === undefined && days === null) return null
  const first = from ?? -Infinity
  const last = Math.min(to ?? Infinity, asOf ?? Infinity)
  const spans = days === null ? [{ from: -Infinity, to: Infinity }] : daySpans(days, zone)
  return spans
    .map((span) => ({ from: Math.max(span.from, first), to: Math.min(span.to, last) }))
    .filter((span) => span.from <= span.to && span.from <= LATEST && span.to >= EARLIEST)
    .map((span) => ({
      from: span.from < EARLIEST ? -Infinity : span.from,
      to: span.to > LATEST ? Infinity : span.to,
    }))
}

/** Dates of the market zone as instants, neighbours joined. */
function daySpans(days: readonly string[], zone: MarketZone): readonly TimeRange[] {
  const spans: TimeRange[] = []
  for (const day of [...new Set(days)].sort()) {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(day))
      throw new BarkeepError('BAD_REQUEST', `"${day}" is not a day. Write YYYY-MM-DD.`)
    const span = { from: parseInstant(day, zone, 'start'), to: parseInstant(day, zone, 'end') }
    const before = spans.at(-1)
    if (before !== undefined && before.to + 1 >= span.from)
      spans[spans.length - 1] = { from: before.from, to: span.to }
    else spans.push(span)
  }
  return spans
}
