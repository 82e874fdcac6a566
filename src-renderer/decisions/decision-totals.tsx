import type { ReactNode } from 'react'
import type { Performance } from '../../schemas/contract/ledger.ts'
import { formatCount } from '../ui/figures.ts'
import '../storage-health/totals-strip.css'
import { formatNumber, formatShare, formatSigned } from './decision-text.ts'

/** How the decisions in the table ended, all together; every average beside the count it is over. */
export function DecisionTotals({
  total,
  totals,
  zone,
}: {
  /** Rows of the table; null until they are known. */
  readonly total: number | null
  /** Null until they are known. */
  readonly totals: Performance | null
  readonly zone: string
}) {
  return (
    <div className="bk-totals" aria-live="polite">
      <dl>
        <Figure name="Decisions">{total === null ? '…' : formatCount(total)}</Figure>
        {totals !== null && (
          <>
            <Figure name="PnL sum" side={totals.pnlSum}>
              {totals.pnlSum === null ? 'none' : formatSigned(totals.pnlSum)}
            </Figure>
            <Figure name="PnL mean" side={totals.pnlMean} over={`of ${formatCount(totals.decided)}`}>
              {totals.pnlMean === null ? 'none' : formatSigned(totals.pnlMean)}
            </Figure>
            <Figure name="Hit rate" over={hitsText(totals)}>
              {totals.hitRate === null ? 'none' : formatShare(totals.hitRate)}
            </Figure>
            <Figure name="Sharpe" over={`of ${formatCount(totals.decided)}`}>
              {totals.sharpe === null ? 'none' : formatNumber(Number(totals.sharpe.toFixed(3)))}
            </Figure>
            <Figure name="Max drawdown">
              {totals.maxDrawdown === null ? 'none' : formatNumber(totals.maxDrawdown)}
            </Figure>
            <Figure name="Open">{formatCount(totals.count - totals.judged)}</Figure>
          </>
        )}
      </dl>
      <p>Times are {zone} time.</p>
    </div>
  )
}

function hitsText({ hits, judged, hitLow, hitHigh }: Performance): string {
  const counts = `${formatCount(hits)} of ${formatCount(judged)}`
  return hitLow === null || hitHigh === null
    ? counts
    : `${counts}, 95%: ${formatShare(hitLow)} to ${formatShare(hitHigh)}`
}

interface FigureProps {
  readonly name: string
  readonly children: ReactNode
  /** Coloured as profit or loss by its sign. */
  readonly side?: number | null
  /** What it is over. */
  readonly over?: string
}

function Figure({ name, children, side = null, over }: FigureProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd data-side={side === null || side === 0 ? undefined : side > 0 ? 'up' : 'down'}>
        {children}
        {over !== undefined && <span className="muted"> {over}</span>}
      </dd>
    </div>
  )
}
