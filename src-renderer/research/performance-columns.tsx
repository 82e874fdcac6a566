import type { ReactNode } from 'react'
import type { Performance, PerformanceDimension, PerformanceGroup } from '../../schemas/contract/ledger.ts'
import type { TableColumn } from '../ui/data-table.tsx'
import { formatCount } from '../ui/figures.ts'
import {
  formatInterval,
  formatPnl,
  formatRate,
  formatRatio,
  formatSize,
  groupName,
  toneOf,
} from './research-figures.ts'
import { DIMENSIONS } from './research-state.ts'
import { RowsLink } from './rows-link.tsx'

type Column = TableColumn<PerformanceGroup>

/** A column a key, then every figure with the count it is over; counts open their rows. */
export function performanceColumns(
  groupBy: readonly PerformanceDimension[],
  groups: readonly PerformanceGroup[],
): readonly Column[] {
  const keys = groupBy.map((dimension, index): Column => {
    const name = DIMENSIONS.find(({ value }) => value === dimension)?.label ?? dimension
    return {
      id: dimension,
      name,
      width: keyWidth(name, groups, index),
      value: (group) => group.keys[index] ?? '',
      show: (group) => groupName([group.keys[index] ?? null]),
    }
  })
  return [...keys, ...FIGURES]
}

/** As wide as its longest name, within reason: rows are grids of their own and can't agree on it. */
function keyWidth(name: string, groups: readonly PerformanceGroup[], index: number): string {
  let longest = name.length
  for (const { keys } of groups) longest = Math.max(longest, groupName([keys[index] ?? null]).length)
  return `${Math.min(300, Math.max(90, longest * 9.4 + 26))}px`
}

function figure(
  id: string,
  name: string,
  of: (group: Performance) => number | null,
  show: (group: PerformanceGroup) => ReactNode,
  width = '92px',
): Column {
  // What has no figure sorts below all that have one.
  return { id, name, width, numeric: true, value: (group) => of(group) ?? Number.NEGATIVE_INFINITY, show }
}

const FIGURES: readonly Column[] = [
  figure(
    'count',
    'Decisions',
    ({ count }) => count,
    ({ filter, count, keys }) => (
      <RowsLink filter={filter} of={`the ${formatCount(count, 'decision')} of ${groupName(keys)}`}>
        {formatCount(count)}
      </RowsLink>
    ),
  ),
  figure(
    'decided',
    'With PnL',
    ({ decided }) => decided,
    (group) => decidedLink(group, formatCount(group.decided), false),
  ),
  figure(
    'sum',
    'PnL sum',
    ({ pnlSum }) => pnlSum,
    (group) => decidedLink(group, <Pnl value={group.pnlSum} />),
  ),
  figure(
    'mean',
    'PnL mean',
    ({ pnlMean }) => pnlMean,
    (group) => decidedLink(group, <Pnl value={group.pnlMean} />),
  ),
  figure(
    'deviation',
    'PnL dev.',
    ({ pnlDeviation }) => pnlDeviation,
    (group) => decidedLink(group, formatSize(group.pnlDeviation)),
  ),
  figure(
    'sharpe',
    'Sharpe',
    ({ sharpe }) => sharpe,
    (group) => decidedLink(group, formatRatio(group.sharpe)),
  ),
  figure(
    'drawdown',
    'Max drawdown',
    ({ maxDrawdown }) => maxDrawdown,
    (group) => decidedLink(group, formatSize(group.maxDrawdown)),
    '118px',
  ),
  figure(
    'hits',
    'Hits',
    ({ hits }) => hits,
    ({ filter, hits, keys }) => (
      <RowsLink
        filter={{ ...filter, outcome: 'hit' }}
        of={`the ${formatCount(hits, 'hit')} of ${groupName(keys)}`}
      >
        {formatCount(hits)}
      </RowsLink>
    ),
    '76px',
  ),
  figure(
    'misses',
    'Misses',
    ({ judged, hits }) => judged - hits,
    ({ filter, judged, hits, keys }) => (
      <RowsLink
        filter={{ ...filter, outcome: 'miss' }}
        of={`the ${judged - hits === 1 ? '1 miss' : `${formatCount(judged - hits)} misses`} of ${groupName(keys)}`}
      >
        {formatCount(judged - hits)}
      </RowsLink>
    ),
    '76px',
  ),
  figure(
    'rate',
    'Hit rate',
    ({ hitRate }) => hitRate,
    (group) => judgedLink(group, formatRate(group.hitRate)),
  ),
  figure(
    'interval',
    '95% interval',
    ({ hitLow }) => hitLow,
    (group) => judgedLink(group, formatInterval(group), true),
    '120px',
  ),
]

/** Opens the rows that every figure of PnL is made of. */
function decidedLink(group: PerformanceGroup, children: ReactNode, again = true): ReactNode {
  const { filter, decided, keys } = group
  return (
    <RowsLink
      filter={{ ...filter, hasOutcome: true }}
      of={`the ${formatCount(decided, 'decision')} with a PnL of ${groupName(keys)}`}
      again={again}
    >
      {children}
    </RowsLink>
  )
}

/** Opens the rows that a hit rate is made of. */
function judgedLink(group: PerformanceGroup, children: ReactNode, again = false): ReactNode {
  const { filter, judged, keys } = group
  return (
    <RowsLink
      filter={{ ...filter, outcome: 'known' }}
      of={`the ${formatCount(judged, 'decision')} with a known outcome of ${groupName(keys)}`}
      again={again}
    >
      {children}
    </RowsLink>
  )
}

/** With its sign; the colour says the same again. */
export function Pnl({ value }: { readonly value: number | null }) {
  return <span data-tone={toneOf(value)}>{formatPnl(value)}</span>
}
