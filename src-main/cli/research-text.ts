import type {
  HitCalendar,
  Performance,
  PerformanceDimension,
  PerformanceReport,
  StabilityReport,
  StabilitySeries,
} from '../../schemas/contract/ledger.ts'
import type { MarketZone } from '../../schemas/contract/market-time.ts'
import { counted, grouped, type TextColumn, textTable } from './text-table.ts'
import { zoneTime } from './zone-time.ts'

const KEY_NAMES: Readonly<Record<PerformanceDimension, string>> = {
  session_regime: 'SESSION',
  macro_regime: 'MACRO REGIME',
  policy_version: 'POLICY',
  symbol: 'SYMBOL',
  timeframe: 'TIMEFRAME',
  action: 'ACTION',
}

/** Every mean and rate beside the count it is over. */
function figures<Row extends Performance>(): readonly TextColumn<Row>[] {
  const column = (name: string, value: (row: Row) => string): TextColumn<Row> => ({
    name,
    right: true,
    value,
  })
  return [
    column('DECISIONS', ({ count }) => grouped(count)),
    column('WITH PNL', ({ decided }) => grouped(decided)),
    column('PNL SUM', ({ pnlSum }) => number(pnlSum)),
    column('PNL MEAN', ({ pnlMean }) => number(pnlMean)),
    column('PNL DEV', ({ pnlDeviation }) => number(pnlDeviation)),
    column('SHARPE', ({ sharpe }) => number(sharpe)),
    column('MAX DRAWDOWN', ({ maxDrawdown }) => number(maxDrawdown)),
    column('HITS', ({ hits, judged }) => `${grouped(hits)} of ${grouped(judged)}`),
    column('HIT RATE', ({ hitRate }) => percent(hitRate)),
    column('95% INTERVAL', ({ hitLow, hitHigh }) =>
      hitLow === null || hitHigh === null ? '' : `${percent(hitLow)} to ${percent(hitHigh)}`,
    ),
  ]
}

/** Performance by groups for a person; times in the market zone. */
export function performanceText(report: PerformanceReport, zone: MarketZone): string {
  const { total, groups, groupBy } = report
  if (total.count === 0) return nothing('decisions')
  const at = zoneTime(zone)
  const keys = groupBy.map(
    (dimension, index): TextColumn<(typeof groups)[number]> => ({
      name: KEY_NAMES[dimension],
      value: (group) => group.keys[index] ?? '(none)',
    }),
  )
  const span = (name: string, of: 'from' | 'to'): TextColumn<(typeof groups)[number]> => ({
    name,
    value: (group) => (group[of] === null ? '' : at(group[of])),
  })
  const overlap = groupBy.includes('macro_regime')
    ? 'A decision with several macro regimes counts in each of their groups, and once in the total.\n'
    : ''
  return `All together, in the bot's own unit of PnL:\n${textTable(figures<Performance>(), [total])}
${textTable([...keys, ...figures<(typeof groups)[number]>(), span('FIRST', 'from'), span('LAST', 'to')], groups)}${overlap}Times in ${zone.name}.\n`
}

/** Performance by trading date for a person. */
export function calendarText({ days }: HitCalendar, zone: MarketZone): string {
  if (days.length === 0) return nothing('decisions')
  const date: TextColumn<(typeof days)[number]> = { name: 'TRADING DATE', value: ({ day }) => day }
  return `${textTable([date, ...figures<(typeof days)[number]>()], days)}Dates of ${zone.name}.\n`
}

/** The latest figures of each feature and regime for a person; `--json` has all of them. */
export function stabilityText({ series }: StabilityReport, zone: MarketZone): string {
  if (series.length === 0) return nothing('stats')
  const at = zoneTime(zone)
  const last = (
    name: string,
    of: 'stability' | 'sharpe' | 'hitRate' | 'variance',
  ): TextColumn<StabilitySeries> => ({
    name,
    right: true,
    value: (one) => number(one[of].at(-1) ?? null),
  })
  const columns: readonly TextColumn<StabilitySeries>[] = [
    { name: 'FEATURE', value: ({ feature }) => feature },
    { name: 'REGIME', value: ({ regime }) => regime ?? '(all)' },
    { name: 'POINTS', right: true, value: ({ ts }) => grouped(ts.length) },
    last('STABILITY', 'stability'),
    last('SHARPE', 'sharpe'),
    last('HIT RATE', 'hitRate'),
    last('VARIANCE', 'variance'),
    { name: 'LATEST', value: ({ ts }) => at(ts.at(-1) ?? 0) },
    { name: 'RUN', value: ({ runIds }) => runIds.at(-1) ?? '' },
  ]
  return `The latest figures of ${counted(series.length, 'line')}; all points with --json.\n\n${textTable(columns, series)}Times in ${zone.name}.\n`
}

function nothing(table: string): string {
  return `No ${table} meet this. Leave a condition out, or see what is there with: barkeep query ${table}\n`
}

/** Six figures that count; the exact ones are in `--json`. */
function number(value: number | null): string {
  return value === null ? '' : String(Number(value.toPrecision(6)))
}

function percent(rate: number | null): string {
  return rate === null ? '' : `${(rate * 100).toFixed(1)}%`
}
