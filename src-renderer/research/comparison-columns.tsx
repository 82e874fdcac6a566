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
      if (group === undefined) return row[id]
      return (
        <RowsLink
          filter={filterOf(row.id, group)}
          of={`the decisions behind ${row.name} of ${version}`}
          again={!STOPS.includes(row.id)}
        >
          {row[id]}
        </RowsLink>
      )
    },
  })
  return [
    { id: 'name', name: 'Figure', width: '130px', value: ({ name }) => name },
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

/** The rows that a figure is made of. */
function filterOf(id: ComparedFigure['id'], { filter }: PerformanceGroup): PerformanceGroup['filter'] {
  if (id === 'count') return filter
  if (id === 'hits') return { ...filter, outcome: 'hit' }
  return id === 'judged' || id === 'rate' ? { ...filter, outcome: 'known' } : { ...filter, hasOutcome: true }
}

/** One stop by key for each set of rows: the others are for the mouse. */
const STOPS: readonly ComparedFigure['id'][] = ['count', 'decided', 'judged', 'hits']

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
      width: 'minmax(110px, 170px)',
      value: ({ regime }) => groupName([regime]),
    },
    ...sides.map(({ id, version }) => decisionsOf(id, version)),
    ...sides.map(({ id, version }) => ratesOf(id, version)),
    {
      id: 'change',
      name: 'Change',
      width: '110px',
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
    width: '110px',
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
    width: '110px',
    numeric: true,
    value: (row) => row[id]?.hitRate ?? Number.NEGATIVE_INFINITY,
    show: (row) => {
      const group = row[id]
      if (group === null) return NO_FIGURE
      return (
        <RowsLink
          filter={{ ...group.filter, outcome: 'known' }}
          of={`the decisions behind ${hitCounts(group)}`}
        >
          {formatRate(group.hitRate)}
        </RowsLink>
      )
    },
  }
}

function meansOf(id: 'a' | 'b', version: string): TableColumn<ComparedRegime> {
  return {
    id: `mean-${id}`,
    name: `PnL mean ${version}`,
    width: '110px',
    numeric: true,
    value: (row) => row[id]?.pnlMean ?? Number.NEGATIVE_INFINITY,
    show: (row) => {
      const group = row[id]
      if (group === null) return NO_FIGURE
      return (
        <RowsLink
          filter={{ ...group.filter, hasOutcome: true }}
          of={`the ${formatCount(group.decided)} with a PnL of ${groupName(group.keys)}`}
        >
          <Pnl value={group.pnlMean} />
        </RowsLink>
      )
    },
  }
}

function rateChange({ a, b }: ComparedRegime): number | null {
  if (a === null || b === null || a.hitRate === null || b.hitRate === null) return null
  return b.hitRate - a.hitRate
}
