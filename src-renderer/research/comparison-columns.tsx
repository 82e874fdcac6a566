import type { PerformanceGroup } from '../../schemas/contract/ledger.ts'
import type { TableColumn } from '../ui/data-table.tsx'
import { formatCount } from '../ui/figures.ts'
import type { ComparedFigure, ComparedRegime } from './comparison-model.ts'
import { Pnl } from './performance-columns.tsx'
import { formatRate, groupName, hitCounts, NO_FIGURE } from './research-figures.ts'
import { RowsLink } from './rows-link.tsx'

/** A line a figure; the counts open their decisions. */
export function figureColumns(
  [first, second]: readonly [string, string],
  a: PerformanceGroup | undefined,
  b: PerformanceGroup | undefined,
): readonly TableColumn<ComparedFigure>[] {
  const side = (
    id: 'a' | 'b',
    version: string,
    group: PerformanceGroup | undefined,
  ): TableColumn<ComparedFigure> => ({
    id,
    name: version,
    width: '92px',
    numeric: true,
    value: (row) => row[id],
    show: (row) => {
      const filter = group && filterOf(row.id, group)
      if (filter === undefined) return row[id]
      return (
        <RowsLink filter={filter} of={`${row.name}, ${row[id]}, of ${version}`}>
          {row[id]}
        </RowsLink>
      )
    },
  })
  return [
    { id: 'name', name: 'Figure', width: '118px', value: ({ name }) => name },
    side('a', first, a),
    side('b', second, b),
    {
      id: 'change',
      name: 'Change',
      width: '92px',
      numeric: true,
      value: ({ change }) => change,
      show: ({ change, tone }) => <span data-tone={tone}>{change}</span>,
    },
  ]
}

/** Counts are of rows that a filter shows; other figures are made of those. */
function filterOf(id: string, { filter }: PerformanceGroup): PerformanceGroup['filter'] | undefined {
  if (id === 'count') return filter
  if (id === 'decided') return { ...filter, hasOutcome: true }
  return id === 'hits' ? { ...filter, outcome: 'hit' } : undefined
}

/** A line a session regime. */
export function regimeColumns([first, second]: readonly [
  string,
  string,
]): readonly TableColumn<ComparedRegime>[] {
  const sides = [
    { id: 'a', version: first },
    { id: 'b', version: second },
  ] as const
  return [
    {
      id: 'regime',
      name: 'Session',
      width: 'minmax(110px, 190px)',
      value: ({ regime }) => groupName([regime]),
    },
    ...sides.map(({ id, version }) => decisionsOf(id, version)),
    ...sides.map(({ id, version }) => ratesOf(id, version)),
    {
      id: 'change',
      name: 'Hit rate change',
      width: '112px',
      numeric: true,
      value: (row) => rateChange(row) ?? Number.NEGATIVE_INFINITY,
      show: (row) => {
        const change = rateChange(row)
        if (change === null) return NO_FIGURE
        const tone = change > 0 ? 'up' : change < 0 ? 'down' : undefined
        const sign = change > 0 ? '+' : change < 0 ? '−' : ''
        return <span data-tone={tone}>{`${sign}${Math.abs(change * 100).toFixed(1)} pp`}</span>
      },
    },
    ...sides.map(({ id, version }) => meansOf(id, version)),
  ]
}

function decisionsOf(id: 'a' | 'b', version: string): TableColumn<ComparedRegime> {
  return {
    id: `count-${id}`,
    name: `Decisions ${version}`,
    width: '112px',
    numeric: true,
    value: (row) => row[id]?.count ?? 0,
    show: (row) => {
      const group = row[id]
      if (group === null) return '0'
      return (
        <RowsLink
          filter={group.filter}
          of={`the ${formatCount(group.count, 'decision')} of ${groupName(group.keys)}`}
        >
          {formatCount(group.count)}
        </RowsLink>
      )
    },
  }
}

function ratesOf(id: 'a' | 'b', version: string): TableColumn<ComparedRegime> {
  return {
    id: `rate-${id}`,
    name: `Hit rate ${version}`,
    width: '112px',
    numeric: true,
    value: (row) => row[id]?.hitRate ?? Number.NEGATIVE_INFINITY,
    show: (row) => {
      const group = row[id]
      if (group === null) return NO_FIGURE
      return <span title={hitCounts(group)}>{formatRate(group.hitRate)}</span>
    },
  }
}

function meansOf(id: 'a' | 'b', version: string): TableColumn<ComparedRegime> {
  return {
    id: `mean-${id}`,
    name: `PnL mean ${version}`,
    width: '112px',
    numeric: true,
    value: (row) => row[id]?.pnlMean ?? Number.NEGATIVE_INFINITY,
    show: (row) => <Pnl value={row[id]?.pnlMean ?? null} />,
  }
}

function rateChange({ a, b }: ComparedRegime): number | null {
  if (a === null || b === null || a.hitRate === null || b.hitRate === null) return null
  return b.hitRate - a.hitRate
}
