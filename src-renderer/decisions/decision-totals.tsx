import type { ReactNode } from 'react'
import type { Performance } from '../../schemas/contract/ledger.ts'
import { formatCount } from '../ui/figures.ts'
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
    <div className="bk-decisions-totals" aria-live="polite">
      <dl>
        <Figure name="Decisions">{total === null ? '…' : formatCount(total)}</Figure>
        {totals === null ? (
          <Figure name="Outcomes">…</Figure>
        ) : (
          <>
            <Figure name="PnL sum" hint="In the bot’s own unit" side={totals.pnlSum}>
              {totals.pnlSum === null ? 'none' : formatSigned(totals.pnlSum)}
            </Figure>
            <Figure name="PnL mean" side={totals.pnlMean} over={`of ${formatCount(totals.decided)}`}>
              {totals.pnlMean === null ? 'none' : formatSigned(totals.pnlMean)}
            </Figure>
            <Figure name="Hit rate" over={hitsText(totals)} hint="In brackets: Wilson score interval, 95%">
              {totals.hitRate === null ? 'none' : formatShare(totals.hitRate)}
            </Figure>
            <Figure
              name="Sharpe"
              hint="Mean by population deviation of PnL, per decision"
              over={`of ${formatCount(totals.decided)}`}
            >
              {totals.sharpe === null ? 'none' : formatNumber(Number(totals.sharpe.toFixed(3)))}
            </Figure>
            <Figure name="Max drawdown">
              {totals.maxDrawdown === null ? 'none' : formatNumber(totals.maxDrawdown)}
            </Figure>
            <Figure name="Open">{formatCount(totals.count - totals.judged)}</Figure>
          </>
        )}
      </dl>
      <p>{zone} time</p>
    </div>
  )
}

/** `1,494 of 2,687`, and the interval that its true rate lies in 95 times of 100. */
function hitsText({ hits, judged, hitLow, hitHigh }: Performance): string {
  const counts = `${formatCount(hits)} of ${formatCount(judged)}`
  if (hitLow === null || hitHigh === null) return counts
  return `${counts} (${(hitLow * 100).toFixed(1)} to ${formatShare(hitHigh)})`
}

interface FigureProps {
  readonly name: string
  readonly children: ReactNode
  /** Coloured as profit or loss by its sign. */
  readonly side?: number | null
  /** What it is over. */
  readonly over?: string
  readonly hint?: string
}

function Figure({ name, children, side = null, over, hint }: FigureProps) {
  return (
    <div title={hint}>
      <dt>{name}</dt>
      <dd data-side={side === null || side === 0 ? undefined : side > 0 ? 'up' : 'down'}>
        {children}
        {over !== undefined && <span className="muted"> {over}</span>}
      </dd>
    </div>
  )
}
