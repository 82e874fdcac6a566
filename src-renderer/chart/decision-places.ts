import type { DecisionMarker } from '../../schemas/contract/ledger.ts'
import type { CandleColumns } from '../../schemas/contract/viewport.ts'
import { barAt } from './bar-columns.ts'
import type { Side } from './object-meaning.ts'

/** A decision among the loaded bars. */
export interface PlacedDecision {
  readonly marker: DecisionMarker
  /** Place on the time axis: that of the bar that contains it, between two bars where none does. */
  readonly place: number
  /** The price it points at. */
  readonly price: number
  readonly side: Side
  /** How many stand between it and its price. */
  readonly stack: number
}

/** Which way an action bets: `ENTER_LONG` is demand, `sell` supply, `hold` neither. */
export function sideOfAction(action: string): Side {
  const words = action.toLowerCase()
  if (/long|buy|bull/.test(words)) return 'demand'
  return /short|sell|bear/.test(words) ? 'supply' : 'neutral'
}

/**
 * Decisions that stand among these bars, by place; those of one bar and side are stacked.
 * @param markers by time
 * @param step milliseconds of a candle
 */
export function placeDecisions(
  markers: readonly DecisionMarker[],
  bars: CandleColumns,
  step: number,
): readonly PlacedDecision[] {
  const placed: PlacedDecision[] = []
  const stacks = new Map<string, number>()
  for (const marker of markers) {
    const bar = barAt(bars.ts, marker.ts)
    if (bar < 0) continue
    const open = bars.ts[bar] ?? 0
    const isInside = marker.ts < open + step
    if (!isInside && bar === bars.ts.length - 1) continue
    const side = sideOfAction(marker.action)
    const place = isInside ? bar : bar + 0.5
    const key = `${place} ${side === 'demand'}`
    const stack = stacks.get(key) ?? 0
    stacks.set(key, stack + 1)
    const price = (side === 'demand' ? bars.low[bar] : bars.high[bar]) ?? 0
    placed.push({ marker, place, price, side, stack })
  }
  return placed
}
