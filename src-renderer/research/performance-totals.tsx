import type { ReactNode } from 'react'
import type { Performance } from '../../schemas/contract/ledger.ts'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import { formatCount } from '../ui/figures.ts'
import { Pnl } from './performance-columns.tsx'
import { formatInterval, formatRate, formatRatio, formatSize, hitCounts } from './research-figures.ts'
import { RowsLink } from './rows-link.tsx'

/** All rows together, each mean beside its count. */
export function PerformanceTotals({
  total,
  filter,
}: {
  readonly total: Performance
  readonly filter: LedgerFilter
}) {
  return (
    <dl className="bk-research-totals" aria-label="All together">
      <Figure name="Decisions">
        <RowsLink filter={filter} of={`all ${formatCount(total.count, 'decision')}`}>
          {formatCount(total.count)}
        </RowsLink>
      </Figure>
      <Figure name="With PnL">
        <RowsLink
          filter={{ ...filter, hasOutcome: true }}
          of={`the ${formatCount(total.decided)} with a PnL`}
        >
          {formatCount(total.decided)}
        </RowsLink>
      </Figure>
      {total.decided === 0 && total.judged === 0 ? (
        <Figure name="Outcomes">none known yet: they come when the bot hands in a decision’s outcome</Figure>
      ) : (
        <>
          <Figure name="PnL sum">
            <Pnl value={total.pnlSum} />
          </Figure>
          <Figure name="PnL mean">
            <Pnl value={total.pnlMean} /> <span className="muted">± {formatSize(total.pnlDeviation)}</span>
          </Figure>
          <Figure name="Sharpe">{formatRatio(total.sharpe)}</Figure>
          <Figure name="Max drawdown">{formatSize(total.maxDrawdown)}</Figure>
          <Figure name="Hit rate">
            <RowsLink
              filter={{ ...filter, outcome: 'known' }}
              of={`the ${formatCount(total.judged)} with a known outcome`}
            >
              {formatRate(total.hitRate)}
            </RowsLink>{' '}
            <span className="muted">
              ({formatInterval(total)}, {hitCounts(total)})
            </span>
          </Figure>
        </>
      )}
    </dl>
  )
}

function Figure({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
