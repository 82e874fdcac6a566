import type { Timeframe, UtcDay, UtcMonth } from '../../../schemas/contract/units.ts'
import type { LedgerTable } from '../../../schemas/tables/index.ts'

/**
 * Where something may have changed. A hint is never the truth: whoever gets one looks. `null` where the system told no
 * more than the folder above.
 */
export type Hint =
  /** Anything: a periodic look, a clock that was set, events that were dropped. */
  | { readonly kind: 'all' }
  | { readonly kind: 'candles'; readonly timeframe: Timeframe; readonly day: UtcDay | null }
  | { readonly kind: 'events'; readonly month: UtcMonth | null }
  | { readonly kind: 'ledger'; readonly table: LedgerTable }
  | { readonly kind: 'settings' }

/** One text for equal hints: a burst ends in one look a place. */
export function hintKey(hint: Hint): string {
  return JSON.stringify(hint)
}
