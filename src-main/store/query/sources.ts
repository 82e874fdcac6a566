import type { Viewport } from '../../../schemas/contract/viewport.ts'
import type { ViewportRequest } from '../../../schemas/generated/requests.ts'
import type { StoreContext } from '../context.ts'

/** What questions about the ledger are answered from. Built in index.ts alone. */
export interface LedgerSources {
  readonly context: StoreContext
  /** Bars and objects around a decision. */
  readonly viewport: (request: ViewportRequest, signal?: AbortSignal) => Promise<Viewport>
}
