/** Periods that are drawn and stored unless the store's settings say otherwise, in bars (store.md §1). */
export const DEFAULT_PERIODS: readonly number[] = [13, 48, 200]
