import type { ReactNode } from 'react'
import type { StorageOverview } from '../../schemas/contract/health.ts'
import { formatBytes, formatCount } from '../ui/figures.ts'
import { type DaySeries, totalsOf } from './calendar-model.ts'
import './totals-strip.css'

/** What the store holds in all, whatever the calendar is filtered to. */
export function TotalsStrip({
  series,
  overview,
}: {
  series: readonly DaySeries[]
  overview: StorageOverview
}) {
  const candles = totalsOf(
    series.filter((one) => one.table === 'candles').flatMap((one) => [...one.days.values()]),
  )
  const events = totalsOf(
    series.filter((one) => one.table !== 'candles').flatMap((one) => [...one.days.values()]),
  )
  const parts = candles.partsWaiting + events.partsWaiting
  const problems = candles.problems + events.problems
  return (
    <div className="bk-totals">
      <dl>
        <Figure name="Candles">{formatCount(candles.rows, 'row')}</Figure>
        <Figure name="Object events">{formatCount(events.rows, 'row')}</Figure>
        <Figure name="Objects">
          {overview.snapshot?.objects === null || overview.snapshot === null
            ? 'no snapshot'
            : formatCount(overview.snapshot.objects)}
        </Figure>
        <Figure name="On disk">{formatBytes(candles.bytes + events.bytes)}</Figure>
        <Figure name="Parts waiting" tone={parts > 0 ? 'waiting' : undefined}>
          {parts === 0
            ? 'none'
            : `${formatCount(parts)} in ${formatCount(candles.daysWaiting + events.daysWaiting, 'day')}`}
        </Figure>
        <Figure name="Problems" tone={problems > 0 ? 'problem' : undefined}>
          {problems === 0 ? 'none seen' : formatCount(problems, 'day')}
        </Figure>
      </dl>
      <p>Days are UTC days; times are Chicago time.</p>
    </div>
  )
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
