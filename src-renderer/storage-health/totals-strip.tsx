import type { ReactNode } from 'react'
import type { StorageOverview } from '../../schemas/contract/health.ts'
import type { StoreTable } from '../../schemas/tables/index.ts'
import { STORE_TABLES, TABLE_NAMES } from '../state/table-names.ts'
import { formatBytes, formatCount } from '../ui/figures.ts'
import { type DaySeries, isLedger, totalsOf } from './calendar-model.ts'
import './totals-strip.css'

/** What the store holds in all, whatever the calendar is filtered to. */
export function TotalsStrip({
  series,
  overview,
}: {
  series: readonly DaySeries[]
  overview: StorageOverview
}) {
  const { policies } = overview
  const all = totalsOf(series.flatMap((one) => [...one.days.values()]))
  const parts = all.partsWaiting
  const problems = all.problems + (policies?.problem ? 1 : 0)
  return (
    <div className="bk-totals">
      <dl>
        {STORE_TABLES.filter((table) => ALWAYS.has(table) || series.some((one) => one.table === table)).map(
          (table) => (
            <Figure key={table} name={TABLE_NAMES[table]}>
              {formatCount(rowsOf(series, table))}
            </Figure>
          ),
        )}
        {policies !== undefined && (
          <Figure name="Policies" tone={policies.problem === null ? undefined : 'problem'}>
            {policies.versions === null ? 'can’t be read' : formatCount(policies.versions)}
          </Figure>
        )}
        <Figure name="Objects">
          {overview.snapshot?.objects === null || overview.snapshot === null
            ? 'no snapshot'
            : formatCount(overview.snapshot.objects)}
        </Figure>
        <Figure name="On disk">{formatBytes(all.bytes + (policies?.bytes ?? 0))}</Figure>
        <Figure name="Parts waiting" tone={parts > 0 ? 'waiting' : undefined}>
          {parts === 0 ? 'none' : `${formatCount(parts)} in ${formatCount(all.daysWaiting, 'day')}`}
        </Figure>
        <Figure name="Problems" tone={problems > 0 ? 'problem' : undefined}>
          {problems === 0 ? 'none seen' : formatCount(problems)}
        </Figure>
      </dl>
    </div>
  )
}

/** Shown at zero, too: without them there is nothing to look at. */
const ALWAYS: ReadonlySet<StoreTable> = new Set(['candles', 'object_events'])

function rowsOf(series: readonly DaySeries[], table: StoreTable): number {
  const days = series.filter((one) => one.table === table).flatMap((one) => [...one.days.values()])
  return totalsOf(days, isLedger({ table }) ? 0 : 1).rows
}

interface FigureProps {
  readonly name: string
  readonly children: ReactNode
  readonly tone?: 'waiting' | 'problem' | undefined
}

function Figure({ name, children, tone }: FigureProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd data-tone={tone}>{children}</dd>
    </div>
  )
}
